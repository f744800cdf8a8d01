"""A reply in one body, read like a stream: nothing is told before its end.

Rules of this file: bounded; a body that is cut short is the transport's to notice, what is in it is ``read``'s.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import Step, UpstreamError

ReadBody: TypeAlias = Callable[[bytes], Sequence[Event]]

MAX_BODY_BYTES: Final = 64 * 1024 * 1024


class WholeBody:
    """Collects one body; implements ``ClientStream``.  ``read`` tells its events."""

    def __init__(self, read: ReadBody, *, limit_bytes: int = MAX_BODY_BYTES) -> None:
        self._read = read
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._size_bytes = 0

    def feed(self, chunk: bytes) -> list[Step]:
        """See ``ClientStream``; there is never a step."""
        self._size_bytes += len(chunk)
        if self._size_bytes > self._limit_bytes:
            words = f"the upstream's reply is larger than {self._limit_bytes} bytes"
            raise UpstreamError(Failure(kind=FailureKind.GARBLED, message=words))
        self._pieces.append(chunk)
        return []

    def feed_frame(self, frame: Frame) -> Step:
        """See ``ClientStream``; a frame is a piece of the body."""
        self.feed(frame.data)
        return Step(None, ())

    def end(self) -> list[Step]:
        """See ``ClientStream``; one step with all there is."""
        return [Step(None, tuple(self._read(b"".join(self._pieces))))]
