"""Newline-delimited JSON: bytes to lines and back, incremental and in linear time.

Rules of this file: no I/O and no JSON; a blank line is no frame.
"""

from typing import Final

from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES, Frame, FrameTooLarge

_LINE_END: Final = b"\n"


class NdjsonDecoder:
    """Bytes in, whole lines out as frames without event name.  Feed any split, then call ``end`` once."""

    __slots__ = ("_limit_bytes", "_pieces", "_size_bytes")

    def __init__(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._size_bytes = 0

    def feed(self, chunk: bytes) -> list[Frame]:
        """The lines that this chunk completes.

        Raises:
            FrameTooLarge: a line grew beyond the limit.
        """
        *lines, tail = chunk.split(_LINE_END)
        if not lines:
            self._keep(chunk)
            return []
        self._pieces.append(lines[0])
        lines[0] = b"".join(self._pieces)
        self._pieces, self._size_bytes = [], 0
        self._keep(tail)
        return [Frame(None, line) for line in map(bytes.strip, lines) if line]

    def end(self) -> list[Frame]:
        """The last line, if the stream ended without a line break."""
        line = b"".join(self._pieces).strip()
        self._pieces, self._size_bytes = [], 0
        return [Frame(None, line)] if line else []

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._size_bytes += len(piece)
        if self._size_bytes > self._limit_bytes:
            raise FrameTooLarge(self._limit_bytes)


def encode_line(data: bytes) -> bytes:
    """One line on the wire."""
    return data + _LINE_END
