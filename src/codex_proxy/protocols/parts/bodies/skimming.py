"""Chunks of a passed stream that hold nothing but more of the answer, told without reading them.

Rules of this file: whoever is in doubt says 0, and the chunk is read.  JSON holds no line break, so that lines can be
counted; a member's name in quotes cannot stand within a text, where its quotes are escaped.
"""

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


def plain_frames(chunk: bytes, *, each: bytes, none: tuple[bytes, ...]) -> int:
    """How many frames ``chunk`` is, if each is a line of data with ``each`` in it once, and nowhere one of ``none``."""
    count = chunk.count(_BORDER)
    if chunk.count(b"\n") != 2 * count or chunk.count(each) != count:
        return 0
    if not chunk.startswith(_PLAIN) or not chunk.endswith(_END):
        return 0
    if count > 1 and chunk.count(_BORDER + _PLAIN) != count - 1:
        return 0
    return 0 if any(word in chunk for word in none) else count
