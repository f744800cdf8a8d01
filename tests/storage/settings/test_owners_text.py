"""The owner's text in a file."""

import os
from pathlib import Path

from codex_proxy.storage.settings.owners_text import LONGEST_BYTES, OwnersText


def text_in(path: Path) -> tuple[OwnersText, list[str]]:
    told: list[str] = []
    return OwnersText(path, complain=lambda words, error: told.append(f"{words}: {error}")), told


def test_the_text_is_that_of_the_file_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "context.md"
    text, told = text_in(path)
    assert text.get() == ""
    path.write_text("\ufeff\n one \n\n")
    assert text.get() == text.get() == "one"
    changed = tmp_path / "new.md"
    changed.write_text("two")
    os.utime(changed, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    changed.replace(path)
    assert text.get() == "two"
    path.unlink()
    assert (text.get(), told) == ("", [])


def test_what_cannot_be_used_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "context.md"
    text, told = text_in(path)
    path.write_bytes(b"x" * (LONGEST_BYTES + 1))
    assert (text.get(), text.get(), len(told)) == ("", "", 1)
    assert str(LONGEST_BYTES) in told[0]
    path.write_bytes(b"\xff\xfe\x00")
    assert (text.get(), text.get(), len(told)) == ("", "", 2)
    path.write_bytes(b"x" * LONGEST_BYTES)
    assert (len(text.get()), len(told)) == (LONGEST_BYTES, 2)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "context.md"
    text, told = text_in(path)
    os.mkfifo(path)
    assert (text.get(), len(told)) == ("", 1)
