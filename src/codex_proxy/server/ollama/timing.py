"""The dialect's codec for one request, told what time it is: durations are part of every answer.

Rules of this file: it adds time and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import AnswerIds, ParsedRequest, WireReply
from codex_proxy.protocols.ollama.encoder import OllamaEncoder
from codex_proxy.protocols.ollama.schema import Durations
from codex_proxy.protocols.ollama.server import OllamaServer

_NANOSECONDS: Final = 1_000_000_000


class TimedCodec:
    """A ``ServerCodec`` for one request, which began when this was made; ``monotonic`` gives seconds."""

    dialect = Dialect.OLLAMA

    def __init__(self, codec: OllamaServer, monotonic: Callable[[], float]) -> None:
        self._codec = codec
        self._monotonic = monotonic
        self._began = monotonic()

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """See ``ServerCodec``."""
        return self._codec.parse_request(body, headers=headers)

    def open_stream(self, request: Request, ids: AnswerIds) -> "TimedStream":
        """See ``ServerCodec``."""
        return TimedStream(self._codec.open_stream(request, ids), self._elapsed)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``; when its first content came is not known of a whole answer."""
        durations = Durations(eval_ns=int(self._elapsed() * _NANOSECONDS))
        return self._codec.encode_response(request, response, ids, durations=durations)

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """See ``ServerCodec``."""
        return self._codec.encode_failure(failure, request_id=request_id, request=request)

    def _elapsed(self) -> float:
        return self._monotonic() - self._began


class TimedStream:
    """A ``ServerStream`` whose every line says when it was written."""

    def __init__(self, stream: OllamaEncoder, elapsed: Callable[[], float]) -> None:
        self._stream = stream
        self._elapsed = elapsed

    @property
    def content_type(self) -> str:
        return self._stream.content_type

    @property
    def notes(self) -> tuple[Note, ...]:
        return self._stream.notes

    @property
    def repairs(self) -> int:
        return self._stream.repairs

    def encode(self, events: Sequence[Event], frame: Frame | None = None) -> bytes:
        self._stream.tell_time(self._elapsed())
        return self._stream.encode(events, frame)

    def finish(self) -> bytes:
        return self._stream.finish()

    def fail(self, failure: Failure) -> bytes:
        return self._stream.fail(failure)

    def heartbeat(self) -> bytes:
        self._stream.tell_time(self._elapsed())
        return self._stream.heartbeat()
