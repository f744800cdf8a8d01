"""Server-sent events: bytes to frames and back, incremental and in linear time.

Rules of this file: no I/O.  Lines end with LF or CRLF; ``data:`` lines of one frame are joined with LF; comments,
``id:`` and ``retry:`` are read over; a frame without data is no frame.  Source: WHATWG HTML, section 9.2.
"""

from typing import Final

import msgspec

DEFAULT_LIMIT_BYTES: Final = 64 * 1024 * 1024  # one generated picture in base64 is several megabytes

_BOM: Final = b"\xef\xbb\xbf"
_FRAME_END: Final = b"\n\n"
_MAX_NAMES: Final = 64  # a stream repeats a handful of event names; a hostile one must not fill the memory


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One framed unit: the ``event:`` name, if there was one, and the joined ``data:`` bytes."""

    event: str | None
    data: bytes


class FrameTooLarge(Exception):
    """A frame exceeded the limit; the rest of the stream cannot be trusted."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"a frame exceeds {limit_bytes} bytes")
        self.limit_bytes = limit_bytes


class SseDecoder:
    """Bytes in, whole frames out.  Feed any split of the stream, then call ``end`` once."""

    __slots__ = ("_data", "_data_bytes", "_event", "_limit_bytes", "_names", "_pieces", "_pieces_bytes", "_started")

    def __init__(self, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._data: list[bytes] = []
        self._event: str | None = None
        self._names: dict[bytes, str] = {}
        self._pieces_bytes = 0
        self._data_bytes = 0
        self._started = False

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that this chunk completes.

        Raises:
            FrameTooLarge: a frame grew beyond the limit.
        """
        if not self._started and not self._pieces and chunk and not chunk.startswith(_BOM[:1]):
            self._started = True
        between_frames = self._started and not self._pieces and not self._data
        if between_frames and chunk.endswith(_FRAME_END) and len(chunk) <= self._limit_bytes:
            return self._feed_whole(chunk)
        return self._feed_lines(chunk)

    def _feed_whole(self, chunk: bytes) -> list[Frame]:
        """The common case: the chunk is a run of whole frames, most of them an ``event:`` and a ``data:`` line."""
        if b"\r" in chunk:
            return self._feed_lines(chunk)
        frames: list[Frame] = []
        names = self._names
        for block in chunk[:-2].split(_FRAME_END):
            head, middle, data = block.partition(b"\ndata: ")
            if middle and b"\n" not in data and head.startswith(b"event: ") and b"\n" not in head:
                raw = head[7:]
                frames.append(Frame(names.get(raw) or self._name(raw), data))
            else:
                frames += self._feed_lines(block + _FRAME_END)
        return frames

    def _name(self, raw: bytes) -> str | None:
        name = self._names.get(raw)
        if name is None:
            name = raw.strip().decode("utf-8", "replace")
            if len(self._names) < _MAX_NAMES:
                self._names[raw] = name
        return name or None

    def _feed_lines(self, chunk: bytes) -> list[Frame]:
        lines = chunk.split(b"\n")
        if len(lines) == 1:
            self._keep(chunk)
            return []
        if self._pieces:
            self._pieces.append(lines[0])
            lines[0] = b"".join(self._pieces)
            self._pieces, self._pieces_bytes = [], 0
        tail = lines.pop()
        frames: list[Frame] = []
        for line in lines:
            self._take_line(line, frames)
        self._keep(tail)
        return frames

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._pieces_bytes += len(piece)
        if self._pieces_bytes + self._data_bytes > self._limit_bytes:
            raise FrameTooLarge(self._limit_bytes)

    def end(self) -> list[Frame]:
        """The frame left unterminated at the end of the stream, if it is whole but for its blank line."""
        frames: list[Frame] = []
        if self._pieces:
            self._take_line(b"".join(self._pieces), frames)
            self._pieces = []
        self._dispatch(frames)
        return frames

    def _take_line(self, line: bytes, frames: list[Frame]) -> None:
        if not self._started:
            self._started = True
            line = line.removeprefix(_BOM)
        if line.endswith(b"\r"):
            line = line[:-1]
        if not line:
            self._dispatch(frames)
        elif line.startswith(b"data:"):
            self._data.append(line[6:] if line[5:6] == b" " else line[5:])
            self._data_bytes += len(line)
        elif line.startswith(b"event:"):
            self._event = self._name(line[6:])
        elif line == b"data":
            self._data.append(b"")

    def _dispatch(self, frames: list[Frame]) -> None:
        if self._data:
            data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
            frames.append(Frame(self._event, data))
            self._data, self._data_bytes = [], 0
        self._event = None


def encode_frame(data: bytes, event: str | None = None) -> bytes:
    """One frame on the wire.  ``data`` must hold no line break, which compact JSON never does."""
    if event is None:
        return b"data: " + data + b"\n\n"
    return b"event: " + event.encode() + b"\ndata: " + data + b"\n\n"


def encode_comment(text: str) -> bytes:
    """A comment line, which clients read over."""
    return b": " + text.encode() + b"\n\n"
