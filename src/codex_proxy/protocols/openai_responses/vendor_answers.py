"""Answers of vendors: a stream, or the whole response that some of them send where a stream was asked for.

Rules of this file: what the answer says is the business of the decoder inside.
"""

from collections.abc import Callable

from codex_proxy.canonical.events import Event
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import ClientStream, Step
from codex_proxy.protocols.parts.answers.frames_or_body import FramesOrBody


class VendorDecoder:
    """Decodes one answer; implements ``ClientStream``.  ``decode_whole`` reads a whole response."""

    def __init__(self, inner: ClientStream, decode_whole: Callable[[bytes], list[Event]]) -> None:
        self._inner = inner
        self._decode_whole = decode_whole
        self._frames = FramesOrBody()

    def feed(self, chunk: bytes) -> list[Step]:
        """See ``ClientStream``."""
        return [self._inner.feed_frame(frame) for frame in self._frames.feed(chunk)]

    def feed_frame(self, frame: Frame) -> Step:
        """See ``ClientStream``."""
        return self._inner.feed_frame(frame)

    def end(self) -> list[Step]:
        """See ``ClientStream``."""
        body = self._frames.body
        if body is not None:
            return [Step(None, tuple(self._decode_whole(body)))]
        return [*(self._inner.feed_frame(frame) for frame in self._frames.end()), *self._inner.end()]
