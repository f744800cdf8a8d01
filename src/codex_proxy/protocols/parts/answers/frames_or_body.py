"""A stream's frames, or the one JSON body that some servers send where a stream was asked for.

Rules of this file: the first byte that is no space decides; a body is kept up to the limit of a frame.
"""

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES, Frame, FrameTooLarge, SseDecoder
from codex_proxy.protocols.base import UpstreamError


class FramesOrBody:
    """Fed with the bytes of one answer."""

    __slots__ = ("_began", "_body", "_body_bytes", "_frames")

    def __init__(self) -> None:
        self._frames = SseDecoder()
        self._body: list[bytes] | None = None
        self._body_bytes = 0
        self._began = False

    @property
    def body(self) -> bytes | None:
        """What came of a whole body; None for a stream."""
        return None if self._body is None else b"".join(self._body)

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that this chunk completes, none of a whole body.

        Raises:
            UpstreamError: a frame, or the body, grew beyond the limit.
        """
        if not self._began and (start := chunk.lstrip()):
            self._began = True
            self._body = [] if start.startswith(b"{") else None
        try:
            if self._body is None:
                return self._frames.feed(chunk)
            self._keep(self._body, chunk)
        except FrameTooLarge as error:
            raise UpstreamError(Failure(kind=FailureKind.GARBLED, message=str(error))) from None
        return []

    def end(self) -> list[Frame]:
        """The frame that the end of a stream completes."""
        return [] if self._body is not None else list(self._frames.end())

    def _keep(self, body: list[bytes], chunk: bytes) -> None:
        self._body_bytes += len(chunk)
        if self._body_bytes > DEFAULT_LIMIT_BYTES:
            raise FrameTooLarge(DEFAULT_LIMIT_BYTES)
        body.append(chunk)
