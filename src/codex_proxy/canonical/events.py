"""Events: an upstream's answer in our own words, in the order it arrives.

Rules of this file: pure values.  ``block`` numbers the answer's blocks 0, 1, 2 ... in the order they were announced;
each block has one ``...Started``, any deltas and one ``...Ended``; blocks of parallel tool calls may interleave.
``...Ended`` carries the authoritative full value, which equals the joined deltas unless the upstream contradicted
itself.  The first event is ``ResponseStarted``, the last ``ResponseEnded``; nothing follows it.
"""

from typing import TypeAlias

import msgspec

from codex_proxy.canonical.blocks import Annotation, JsonObject, ToolKind
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.usage import Usage


class ResponseStarted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The upstream accepted the request.  ``model`` is the one that serves; ``created_at`` epoch seconds UTC."""

    response_id: str
    model: str
    created_at: int


class TextStarted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A text block opens.  Parts of one message share ``item_id``; ``phase`` as on a turn."""

    block: int
    item_id: str | None = None
    phase: str | None = None


class TextDelta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """More text."""

    block: int
    text: str


class AnnotationAdded(msgspec.Struct, frozen=True, kw_only=True):
    """A citation in an open text block."""

    block: int
    annotation: Annotation


class TextEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A text block closes with its whole text."""

    block: int
    text: str
    annotations: tuple[Annotation, ...] = ()


class RefusalStarted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A refusal opens."""

    block: int
    item_id: str | None = None


class RefusalDelta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """More of the refusal."""

    block: int
    text: str


class RefusalEnded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A refusal closes with its whole text."""

    block: int
    text: str


class ThinkingStarted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A reasoning item opens."""

    block: int
    item_id: str | None = None


class ThinkingDelta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """More reasoning text of summary part ``part``, or of raw content part ``part`` where ``raw`` is True."""

    block: int
    text: str
    part: int = 0
    raw: bool = False


class ThinkingEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A reasoning item closes.

    ``signature`` is the opaque token that the client may send back, ``origin`` and ``redacted`` as on ``Thinking``.
    """

    block: int
    summary: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    signature: str | None = None
    origin: str | None = None
    redacted: bool = False
    item_id: str | None = None


class ToolCallStarted(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A call is announced; name and id are known."""

    block: int
    call_id: str
    name: str
    kind: ToolKind = ToolKind.FUNCTION
    namespace: str | None = None
    item_id: str | None = None


class ToolCallDelta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """More of the call's arguments."""

    block: int
    text: str


class ToolCallEnded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The call is complete; ``arguments`` is the whole text."""

    block: int
    arguments: str


class HostedStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the upstream runs itself begins.

    ``item`` is the Responses item as announced, or, with an ``origin``, what that dialect has and Responses has not.
    """

    block: int
    kind: str
    item: JsonObject
    item_id: str | None = None
    origin: str | None = None


class HostedEnded(msgspec.Struct, frozen=True, kw_only=True):
    """That tool is done; ``item`` is the finished Responses item, of ``image_generation_call`` with its ``result``.

    ``origin`` as on its start.
    """

    block: int
    kind: str
    item: JsonObject
    origin: str | None = None


class ImagePartial(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A preview of a picture being generated; ``data`` is base64, ``index`` counts previews from 0."""

    block: int
    data: str
    index: int


class UsageReported(msgspec.Struct, frozen=True, kw_only=True):
    """Token counts; the last one before the end holds."""

    usage: Usage


class RateLimitsObserved(msgspec.Struct, frozen=True, kw_only=True):
    """The upstream told its counters."""

    snapshot: RateLimitSnapshot


class OpaqueEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream event of ``dialect`` without canonical meaning, ``payload`` its JSON text."""

    dialect: str
    name: str
    payload: bytes


class Completed(msgspec.Struct, frozen=True, kw_only=True, tag="completed"):
    """The answer is whole.  ``stop_sequence`` is the emulated stop string that cut it, if one did."""

    stop_sequence: str | None = None


class Incomplete(msgspec.Struct, frozen=True, kw_only=True, tag="incomplete"):
    """The upstream stopped early; ``reason`` is ``max_output_tokens``, ``content_filter``, ``max_messages`` ..."""

    reason: str


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag="failed"):
    """The upstream failed within the stream, or the stream broke off."""

    failure: Failure


Ending: TypeAlias = Completed | Incomplete | Failed


class ResponseEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The last event.

    ``service_tier`` is the one used; ``end_turn`` False asks a Codex client to go on.  ``native`` is the upstream's own
    final response object with its output complete, for encoders of the same dialect family; a filter that changed the
    answer removes it.
    """

    ending: Ending
    service_tier: str | None = None
    end_turn: bool | None = None
    native: JsonObject | None = None


BlockStart: TypeAlias = TextStarted | RefusalStarted | ThinkingStarted | ToolCallStarted | HostedStarted
BlockEnd: TypeAlias = TextEnded | RefusalEnded | ThinkingEnded | ToolCallEnded | HostedEnded

Event: TypeAlias = (
    ResponseStarted
    | TextStarted
    | TextDelta
    | AnnotationAdded
    | TextEnded
    | RefusalStarted
    | RefusalDelta
    | RefusalEnded
    | ThinkingStarted
    | ThinkingDelta
    | ThinkingEnded
    | ToolCallStarted
    | ToolCallDelta
    | ToolCallEnded
    | HostedStarted
    | HostedEnded
    | ImagePartial
    | UsageReported
    | RateLimitsObserved
    | OpaqueEvent
    | ResponseEnded
)

CONTENT_EVENTS: tuple[type, ...] = (
    TextDelta,
    RefusalDelta,
    ThinkingDelta,
    ToolCallStarted,
    HostedStarted,
    ImagePartial,
)
"""Events that commit an exchange: the first of them is the answer's first content."""
