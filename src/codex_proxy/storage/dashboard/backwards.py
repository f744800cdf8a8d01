"""The lines of a file from its end, however large it is."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PIECE_BYTES: Final = 64 * 1024


def lines_backwards(path: Path, *, keep_unfinished: bool = False) -> Iterator[bytes]:
    """Lines without their ends, the last first; what follows the last line end only if ``keep_unfinished``.

    Raises ``OSError``.
    """
    with path.open("rb") as file:
        place = file.seek(0, os.SEEK_END)
        held, is_last = b"", True
        while place:
            step = min(PIECE_BYTES, place)
            place -= step
            file.seek(place)
            first, *lines = (file.read(step) + held).split(b"\n")
            held = first
            for line in reversed(lines):
                if is_last:
                    is_last = False
                    if not line or not keep_unfinished:
                        continue
                yield line
        if held and (not is_last or keep_unfinished):
            yield held
