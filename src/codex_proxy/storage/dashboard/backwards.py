"""The lines of a file from its end, however large it is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

PIECE_BYTES: Final = 64 * 1024


def lines_backwards(path: Path, *, keep_unfinished: bool = False) -> Iterator[bytes]:
    """Lines without their ends, the last first; what follows the last line end only if ``keep_unfinished``.

    Raises ``OSError``.
    """
    with path.open("rb") as file:
        lines = _pieces_backwards(file)
        unfinished = next(lines, b"")
        if unfinished and keep_unfinished:
            yield unfinished
        yield from lines


def _pieces_backwards(file: BinaryIO) -> Iterator[bytes]:
    """What stands between line ends, the last first: what follows the last line end, which may be nothing, begins."""
    place, held = file.seek(0, os.SEEK_END), b""
    while place:
        step = min(PIECE_BYTES, place)
        place -= step
        file.seek(place)
        held, *whole = (file.read(step) + held).split(b"\n")
        yield from reversed(whole)
    yield held
