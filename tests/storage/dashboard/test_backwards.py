"""A file's lines from its end."""

from pathlib import Path

import pytest

from codex_proxy.storage.dashboard.backwards import PIECE_BYTES, lines_backwards


@pytest.mark.parametrize(
    ("content", "whole", "with_rest"),
    [
        (b"", [], []),
        (b"a\n", [b"a"], [b"a"]),
        (b"a\nb\n", [b"b", b"a"], [b"b", b"a"]),
        (b"a\nb", [b"a"], [b"b", b"a"]),
        (b"b", [], [b"b"]),
        (b"\n\n", [b"", b""], [b"", b""]),
    ],
)
def test_lines_come_from_the_end(tmp_path: Path, content: bytes, whole: list[bytes], with_rest: list[bytes]) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert list(lines_backwards(path)) == whole
    assert list(lines_backwards(path, keep_unfinished=True)) == with_rest


def test_lines_longer_than_a_piece_are_whole(tmp_path: Path) -> None:
    lines = [b"%d" % number * (PIECE_BYTES // 3) for number in range(12)]
    path = tmp_path / "file"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    assert list(lines_backwards(path)) == lines[::-1]
