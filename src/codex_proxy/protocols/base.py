"""The codec verbs: what every dialect offers in the server role and in the client role.

Rules of this file: codecs are fed, they do not fetch; time, ids and randomness are arguments.  A codec object is
stateless and shared; a stream object lives for one answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest, Embeddings
from codex_proxy.canonical.events import Event
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.target import Target
from codex_proxy.canonical.tools import Tool
from codex_proxy.framing.sse import Frame

HeaderPairs: TypeAlias = tuple[tuple[str, str], ...]

EVENT_STREAM: Final = "text/event-stream; charset=utf-8"


class InvalidRequest(Exception):
    """The client's body is wrong at ``path`` (its own spelling, ``messages[0].content``) for ``reason``."""

    def __init__(self, path: str, reason: str, *, code: str | None = None) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason
        self.code = code

    def failure(self) -> Failure:
        """The same as a value."""
        return Failure(
            kind=FailureKind.INVALID_REQUEST, message=str(self), param=self.path or None, code=self.code, status=400
        )


class Unsupported(Exception):
    """The upstream's dialect cannot say ``path``, and leaving it out would change the answer."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason

    def failure(self) -> Failure:
        """The same as a value."""
        return Failure(
            kind=FailureKind.INVALID_REQUEST,
            message=str(self),
            param=self.path,
            code="unsupported_parameter",
            status=400,
        )


class UpstreamError(Exception):
    """The upstream failed; carries the classified failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class ParsedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A canonical request and what was lost on the way to it.

    ``passable`` says that a vendor of the dialect can be sent the body itself, and the client reads the vendor's bytes.
    """

    request: Request
    notes: tuple[Note, ...] = ()
    passable: bool = False


class AnswerIds(msgspec.Struct, frozen=True, kw_only=True):
    """What an encoder may need beside the request.

    ``token`` is 24 or more random URL-safe characters that the dialect puts behind its prefix (``chatcmpl-``,
    ``resp_``); ``created_at`` epoch seconds UTC; ``request_id`` ours.  ``input_tokens_estimate`` is what the prompt is
    expected to count, for streams that begin with it; without one the encoder goes by the request's size.
    """

    token: str
    created_at: int
    request_id: str
    input_tokens_estimate: int | None = None


class WireReply(msgspec.Struct, frozen=True, kw_only=True):
    """A whole HTTP answer."""

    status: int
    body: bytes
    headers: HeaderPairs = (("content-type", "application/json"),)


class ServerStream(Protocol):
    """Encodes one answer's events as the dialect's stream."""

    @property
    def content_type(self) -> str:
        """The media type of the whole stream."""
        ...

    def encode(self, events: Sequence[Event], frame: Frame | None = None) -> bytes:
        """Wire bytes for these events, possibly none.

        ``frame`` is the upstream's raw frame that brought exactly these events, unchanged; an encoder of the same
        family may emit it instead of its own wording.
        """
        ...

    def finish(self) -> bytes:
        """Closing bytes; call once when no event follows.  Without a ``ResponseEnded`` it ends as disconnected."""
        ...

    def fail(self, failure: Failure) -> bytes:
        """The dialect's mid-stream error and its closing bytes; nothing may follow."""
        ...

    def heartbeat(self) -> bytes:
        """A frame that keeps the connection alive and means nothing; empty where the dialect has none."""
        ...

    @property
    def notes(self) -> tuple[Note, ...]:
        """What this dialect could not say, so far."""
        ...

    @property
    def repairs(self) -> int:
        """How often the legality machine refused what the encoder was about to say; 0 unless we have a defect."""
        ...


class ServerCodec(Protocol):
    """A dialect in the server role: a client calls us."""

    @property
    def dialect(self) -> Dialect:
        """Which one."""
        ...

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """The client's body as a canonical request.  ``headers`` have lower-case names.

        Raises:
            InvalidRequest: the body is not a legal request; names the field.
        """
        ...

    def open_stream(self, request: Request, ids: AnswerIds) -> ServerStream:
        """An encoder for the answer to this request."""
        ...

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """The whole answer; a failed ending becomes an HTTP error."""
        ...

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """A failure before the stream began; ``request`` is known where it could be parsed."""
        ...


class CallContext(msgspec.Struct, frozen=True, kw_only=True):
    """What the answer needs undone: upstream tool names and call ids to the client's, and a changed schema.

    ``unwrap_key`` is the member that the answer stands under; ``loose_schema`` the client's own schema, where members
    that it left optional were made nullable.  Without ``relays`` nobody can use the answer's raw frames, and its steps
    have none.
    """

    model: str = ""
    tool_names: dict[str, str] = {}
    call_ids: dict[str, str] = {}
    custom_tools: frozenset[str] = frozenset()
    unwrap_key: str | None = None
    loose_schema: JsonObject | None = None
    relays: bool = True


class UpstreamCall(msgspec.Struct, frozen=True, kw_only=True):
    """One HTTP call, ready to send.

    ``path`` is relative to the upstream's base URL and begins with ``/``; ``headers`` are in wire order, lower-case.
    ``sent_fields`` are the body's top-level keys, for the learned-rejects rule.  Where a client's own body was sent,
    ``left_out`` tells the frames, by their data, that it did not ask for, and ``deltas_count`` how many whole frames a
    chunk is that hold nothing but more of an answer that has begun; 0 where that is not certain.
    """

    method: str
    path: str
    headers: HeaderPairs
    body: bytes = b""
    context: CallContext = CallContext()
    notes: tuple[Note, ...] = ()
    sent_fields: frozenset[str] = frozenset()
    left_out: Callable[[bytes], bool] | None = None
    deltas_count: Callable[[bytes], int] | None = None


class ReplyFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an upstream's reply headers say.  ``relay`` are headers that a client of the same family may see."""

    rate_limits: tuple[RateLimitSnapshot, ...] = ()
    turn_state: str | None = None
    served_model: str | None = None
    models_etag: str | None = None
    request_id: str | None = None
    relay: HeaderPairs = ()


class Step(msgspec.Struct, frozen=True, gc=False):
    """One upstream frame and the events it means; ``frame`` is None where events were made or changed here."""

    frame: Frame | None
    events: tuple[Event, ...]


class PassedStep(msgspec.Struct, frozen=True, gc=False):
    """Whole frames, or a whole body, as the upstream sent them, and the events they mean."""

    raw: bytes
    events: tuple[Event, ...]


AnyStep: TypeAlias = Step | PassedStep


class ClientStream(Protocol):
    """Decodes one upstream stream."""

    def feed(self, chunk: bytes) -> list[Step]:
        """Steps that this chunk completes.

        Raises:
            UpstreamError: the bytes cannot be framed; nothing more can be read.
        """
        ...

    def feed_frame(self, frame: Frame) -> Step:
        """The step of one frame that a framed transport brought."""
        ...

    def end(self) -> list[Step]:
        """Call once at end of stream: without a terminal event the last step ends as disconnected."""
        ...


class ClientCodec(Protocol):
    """A dialect in the client role: we call an upstream."""

    @property
    def dialect(self) -> Dialect:
        """Which one."""
        ...

    def build_call(self, request: Request, target: Target) -> UpstreamCall:
        """The call that asks ``target`` for this request.

        Raises:
            Unsupported: a field cannot be said and must not be dropped.
        """
        ...

    def open_stream(self, call: UpstreamCall) -> ClientStream:
        """A decoder for the stream that answers ``call``."""
        ...

    def parse_headers(self, headers: Mapping[str, str]) -> ReplyFacts:
        """What the reply's headers say; names are lower-case."""
        ...

    def parse_response(self, call: UpstreamCall, body: bytes) -> list[Event]:
        """A whole unstreamed answer as events."""
        ...

    def parse_failure(self, status: int, headers: Mapping[str, str], body: bytes) -> Failure:
        """An HTTP error, classified."""
        ...


class VendorCodec(ClientCodec, Protocol):
    """A dialect in the client role for vendors, whose clients may speak it themselves."""

    @property
    def takes_stops(self) -> bool:
        """Whether stop strings can be said to the vendor."""
        ...

    def takes_tool(self, tool: Tool, others: Sequence[Tool], *, model: str) -> bool:
        """Whether the vendor's ``model`` can be offered a tool beside these others."""
        ...

    def pass_call(self, request: Request, target: Target, body: bytes) -> UpstreamCall | None:
        """The call that sends a client's own ``body``, of which ``request`` was read: only the model is changed.

        None where the body holds what the vendor cannot read.
        """
        ...


class EmbeddingServer(Protocol):
    """A client's words for embeddings; made for one endpoint."""

    def parse_request(self, body: bytes) -> EmbeddingRequest:
        """The request; raises ``InvalidRequest``."""
        ...

    def encode_response(self, request: EmbeddingRequest, embeddings: Embeddings, *, model: str) -> bytes:
        """The answer to a request that this codec parsed; ``model`` is the name that the client asked for."""
        ...


class EmbeddingClient(Protocol):
    """A vendor's words for embeddings."""

    def build_bodies(self, request: EmbeddingRequest, *, model: str) -> tuple[bytes, ...]:
        """The bodies of the calls that together ask for all inputs in their order; raises ``Unsupported``."""
        ...

    def parse_response(self, body: bytes) -> Embeddings | None:
        """The vectors, as many as there are inputs or not; None where the body is no such answer."""
        ...
