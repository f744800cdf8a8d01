"""Marks of files."""

import os
from pathlib import Path

from codex_proxy.storage.file_marks import mark_of


def test_every_change_of_a_file_changes_its_mark(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    assert mark_of(path) is None
    path.write_text("one")
    first = mark_of(path)
    assert first is not None
    assert mark_of(path) == first
    other.write_text("two")
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    assert mark_of(path) != first
    assert mark_of(path / "c") is None
