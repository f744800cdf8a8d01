"""Chunks of a passed stream that hold nothing but more of the answer, told without reading them.

Rules of this file: whoever is in doubt says 0, and the chunk is read.  JSON holds no line break, so that lines can be
counted; a member's name in quotes cannot stand within a text, where its quotes are escaped.
"""

import re
from typing import Final

_BORDER: Final = b"\n\n"
_END: Final = b"}\n\n"
_NAMED: Final = b"event: "
_PLAIN: Final = b"data: {"


def named_frames(chunk: bytes, opening: bytes) -> int:
    """How many frames ``chunk`` is, if each has a line ``event``, and ``opening`` between its name and its data."""
    count = chunk.count(_BORDER)
    if chunk.count(b"\n") != 3 * count or chunk.count(opening) != count:
        return 0
    return count if chunk.startswith(_NAMED) and chunk.endswith(_END) else 0


def plain_frames(chunk: bytes, *, each: bytes, none: re.Pattern[bytes]) -> int:
    """How many frames ``chunk`` is, if each is a line of data with ``each`` in it once, and ``none`` is nowhere."""
    if not chunk.startswith(_PLAIN) or not chunk.endswith(_END):
        return 0
    lines_count = chunk.count(b"\n")
    if lines_count == 2:
        count = 1  # the two at its end
    else:
        count = lines_count // 2
        if 2 * count != lines_count or chunk.count(_BORDER) != count or chunk.count(_BORDER + _PLAIN) != count - 1:
            return 0
    return count if chunk.count(each) == count and none.search(chunk) is None else 0
