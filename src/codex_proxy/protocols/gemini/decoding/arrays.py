"""Whole JSON objects out of a stream that is a JSON array, or one object alone.

Rules of this file: incremental and in linear time; what stands between the objects means nothing here.  Vendors answer
so where ``alt=sse`` was not understood.
"""

import re
from typing import Final

from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES, Frame, FrameTooLarge

_OUTSIDE: Final = re.compile(rb"\{")
_INSIDE: Final = re.compile(rb'["{}]')
_QUOTED: Final = re.compile(rb'["\\]')


class ObjectDecoder:
    """Bytes in, objects out.  Feed any split; an object that never closes is none."""

    __slots__ = ("_depth", "_escaped", "_limit_bytes", "_pieces", "_quoted", "_size_bytes")

    def __init__(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._size_bytes = 0
        self._depth = 0
        self._quoted = False
        self._escaped = False

    def feed(self, chunk: bytes) -> list[Frame]:
        """The objects that this chunk completes.

        Raises:
            FrameTooLarge: an object grew beyond the limit.
        """
        frames: list[Frame] = []
        place = 0
        while place < len(chunk):
            if self._depth == 0:
                found = _OUTSIDE.search(chunk, place)
                if found is None:
                    break
                place = found.start()
            end = self._object_end(chunk, place)
            self._keep(chunk[place:end])
            place = end
            if self._depth == 0:
                frames.append(Frame(None, b"".join(self._pieces)))
                self._pieces, self._size_bytes = [], 0
        return frames

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size_bytes += len(piece)
        if self._size_bytes > self._limit_bytes:
            raise FrameTooLarge(self._limit_bytes)

    def _object_end(self, chunk: bytes, place: int) -> int:
        """Where the open object closes, or the end of the chunk."""
        while place < len(chunk):
            if self._escaped:
                self._escaped = False
                place += 1
                continue
            found = (_QUOTED if self._quoted else _INSIDE).search(chunk, place)
            if found is None:
                return len(chunk)
            place = found.end()
            self._take(found.group())
            if self._depth == 0:
                return place
        return place

    def _take(self, mark: bytes) -> None:
        if mark == b"\\":
            self._escaped = True
        elif mark == b'"':
            self._quoted = not self._quoted
        else:
            self._depth += 1 if mark == b"{" else -1
