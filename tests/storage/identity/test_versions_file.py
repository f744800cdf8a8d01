"""Versions come back after a restart."""

import stat
from pathlib import Path

import pytest

from codex_proxy.operations.updates.versions import TrackedVersions
from codex_proxy.operations.updates.watch import VersionsUnreadable
from codex_proxy.storage.identity.versions_file import VERSIONS_FILE, VersionsFile

FOUND = TrackedVersions(engine="0.170.0", desktop="26.1201.5", desktop_build="9100")


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    file = VersionsFile(tmp_path)
    assert file.load() is None
    file.keep(FOUND)
    assert VersionsFile(tmp_path).load() == FOUND
    assert stat.S_IMODE((tmp_path / VERSIONS_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"engine": 5, "desktop": "1.0"}', b"\xff", b"x" * 10_000])
def test_what_holds_something_else_is_said_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / VERSIONS_FILE).write_bytes(content)
    with pytest.raises(VersionsUnreadable):
        VersionsFile(tmp_path).load()
    assert (tmp_path / VERSIONS_FILE).read_bytes() == content
    VersionsFile(tmp_path).keep(FOUND)
    assert VersionsFile(tmp_path).load() == FOUND


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / VERSIONS_FILE).mkdir()
    with pytest.raises(VersionsUnreadable, match="cannot be read"):
        VersionsFile(tmp_path).load()
    with pytest.raises(VersionsUnreadable, match="cannot be written"):
        VersionsFile(tmp_path / "nowhere").keep(FOUND)
