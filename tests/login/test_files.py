"""The Codex CLI's file on disk."""

import os
from pathlib import Path

import pytest

from codex_proxy.login.files import MAX_FILE_BYTES, CliFiles
from codex_proxy.operations.login.ports import FileUnreadable


def files(home: Path, **environ: str) -> CliFiles:
    return CliFiles(environ=environ, home=home)


def test_the_clis_file_lies_in_its_home(tmp_path: Path) -> None:
    assert files(tmp_path).default_path() == tmp_path / ".codex" / "auth.json"
    assert files(tmp_path, CODEX_HOME="").default_path() == tmp_path / ".codex" / "auth.json"
    assert files(tmp_path, CODEX_HOME="/elsewhere").default_path() == Path("/elsewhere/auth.json")


async def test_a_file_is_read_with_its_version(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_bytes(b'{"tokens":{}}')
    seen = await files(tmp_path).read(path)
    assert (seen.path, seen.content) == (str(path), b'{"tokens":{}}')
    assert seen.changed_at_ns == await files(tmp_path).changed_at_ns(path) == path.stat().st_mtime_ns
    assert "tokens" not in repr(seen)


async def test_another_version_has_another_number(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_bytes(b"1")
    before = await files(tmp_path).changed_at_ns(path)
    os.utime(path, ns=(before + 1_000_000, before + 1_000_000))
    assert await files(tmp_path).changed_at_ns(path) == before + 1_000_000


async def test_b_14_reading_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    path.write_bytes(b"content")
    path.chmod(0o600)
    before = path.stat()
    await files(tmp_path).read(path)
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino, after.st_mode) == (before.st_mtime_ns, before.st_ino, before.st_mode)


async def test_what_is_not_there_or_no_file_of_credentials_is_told_by_its_path(tmp_path: Path) -> None:
    big, pipe = tmp_path / "big", tmp_path / "pipe"
    big.write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    os.mkfifo(pipe)
    for path, words in (
        (tmp_path / "missing", "cannot be read: No such file"),
        (tmp_path, "is no plain file"),
        (pipe, "is no plain file"),
        (big, "is too long"),
    ):
        with pytest.raises(FileUnreadable, match=words) as caught:
            await files(tmp_path).read(path)
        assert str(path) in str(caught.value)
    with pytest.raises(FileUnreadable):
        await files(tmp_path).changed_at_ns(tmp_path / "missing")
