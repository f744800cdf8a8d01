"""``fold``: a stream of events to one whole answer.  There is one code path for streamed and unstreamed answers.

Rules of this file: blocks keep the order in which they were announced; a block that never ended is kept with what its
deltas said, since an incomplete answer is still an answer.
"""

from collections.abc import Iterable

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, AnswerBlock, Hosted, JsonObject, Refusal, Text, Thinking, ToolCall
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.usage import Usage


class AnswerPart(msgspec.Struct, frozen=True, kw_only=True):
    """One block of the answer with the message it belongs to."""

    block: AnswerBlock
    item_id: str | None = None
    phase: str | None = None


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A folded answer.  ``ending`` is None only if the stream had none; ``native`` as on ``ResponseEnded``."""

    response_id: str | None = None
    model: str | None = None
    created_at: int | None = None
    parts: tuple[AnswerPart, ...] = ()
    usage: Usage | None = None
    rate_limits: tuple[RateLimitSnapshot, ...] = ()
    ending: ev.Ending | None = None
    service_tier: str | None = None
    end_turn: bool | None = None
    native: JsonObject | None = None


class _Open:
    """A block under construction."""

    __slots__ = ("annotations", "ended", "pieces", "raw", "start", "summary")

    def __init__(self, start: ev.BlockStart) -> None:
        self.start = start
        self.pieces: list[str] = []
        self.annotations: list[Annotation] = []
        self.summary: dict[int, list[str]] = {}
        self.raw: dict[int, list[str]] = {}
        self.ended: ev.BlockEnd | None = None

    def joined(self) -> str:
        return "".join(self.pieces)


class Folder:
    """Folds events one by one; call ``result`` at any time."""

    def __init__(self) -> None:
        self._blocks: dict[int, _Open] = {}
        self._started: ev.ResponseStarted | None = None
        self._end: ev.ResponseEnded | None = None
        self._usage: Usage | None = None
        self._limits: list[RateLimitSnapshot] = []

    def add(self, event: ev.Event) -> None:
        """Take the next event."""
        match event:
            case ev.TextDelta() | ev.RefusalDelta() | ev.ToolCallDelta():
                self._blocks[event.block].pieces.append(event.text)
            case ev.ThinkingDelta():
                open_block = self._blocks[event.block]
                parts = open_block.raw if event.raw else open_block.summary
                parts.setdefault(event.part, []).append(event.text)
            case (
                ev.TextStarted()
                | ev.RefusalStarted()
                | ev.ThinkingStarted()
                | ev.ToolCallStarted()
                | ev.HostedStarted()
            ):
                self._blocks[event.block] = _Open(event)
            case ev.TextEnded() | ev.RefusalEnded() | ev.ThinkingEnded() | ev.ToolCallEnded() | ev.HostedEnded():
                self._blocks[event.block].ended = event
            case ev.AnnotationAdded():
                self._blocks[event.block].annotations.append(event.annotation)
            case ev.ImagePartial() | ev.OpaqueEvent():
                pass
            case _:
                self._add_fact(event)

    def _add_fact(
        self, event: ev.ResponseStarted | ev.UsageReported | ev.RateLimitsObserved | ev.ResponseEnded
    ) -> None:
        match event:
            case ev.ResponseStarted():
                self._started = event
            case ev.UsageReported():
                self._usage = event.usage
            case ev.RateLimitsObserved():
                self._limits.append(event.snapshot)
            case ev.ResponseEnded():
                self._end = event

    def result(self) -> Response:
        """The answer as far as it has come."""
        started, end = self._started, self._end
        return Response(
            response_id=started.response_id if started else None,
            model=started.model if started else None,
            created_at=started.created_at if started else None,
            parts=tuple(_part(open_block) for _, open_block in sorted(self._blocks.items())),
            usage=self._usage,
            rate_limits=tuple(self._limits),
            ending=end.ending if end else None,
            service_tier=end.service_tier if end else None,
            end_turn=end.end_turn if end else None,
            native=end.native if end else None,
        )


def fold(events: Iterable[ev.Event]) -> Response:
    """The whole answer that these events tell."""
    folder = Folder()
    for event in events:
        folder.add(event)
    return folder.result()


def _part(open_block: _Open) -> AnswerPart:
    start, ended = open_block.start, open_block.ended
    match start:
        case ev.TextStarted():
            return AnswerPart(block=_text(open_block), item_id=start.item_id, phase=start.phase)
        case ev.RefusalStarted():
            words = ended.text if isinstance(ended, ev.RefusalEnded) else open_block.joined()
            return AnswerPart(block=Refusal(text=words), item_id=start.item_id)
        case ev.ThinkingStarted():
            return AnswerPart(block=_thinking(open_block, start), item_id=start.item_id)
        case ev.ToolCallStarted():
            arguments = ended.arguments if isinstance(ended, ev.ToolCallEnded) else open_block.joined()
            return AnswerPart(block=_tool_call(start, arguments), item_id=start.item_id)
        case ev.HostedStarted():
            item = ended.item if isinstance(ended, ev.HostedEnded) else start.item
            hosted = Hosted(kind=start.kind, item=item, item_id=start.item_id, origin=start.origin)
            return AnswerPart(block=hosted, item_id=start.item_id)


def _text(open_block: _Open) -> Text:
    ended = open_block.ended
    if isinstance(ended, ev.TextEnded):
        return Text(text=ended.text, annotations=ended.annotations)
    return Text(text=open_block.joined(), annotations=tuple(open_block.annotations))


def _thinking(open_block: _Open, start: ev.ThinkingStarted) -> Thinking:
    ended = open_block.ended
    if isinstance(ended, ev.ThinkingEnded):
        return Thinking(
            summary=ended.summary,
            content=ended.content,
            signature=ended.signature,
            origin=ended.origin,
            redacted=ended.redacted,
            item_id=ended.item_id or start.item_id,
        )
    summary, raw = (
        tuple("".join(pieces) for _, pieces in sorted(parts.items())) for parts in (open_block.summary, open_block.raw)
    )
    return Thinking(summary=summary, content=raw, item_id=start.item_id)


def _tool_call(start: ev.ToolCallStarted, arguments: str) -> ToolCall:
    return ToolCall(
        call_id=start.call_id,
        name=start.name,
        arguments=arguments,
        kind=start.kind,
        namespace=start.namespace,
        item_id=start.item_id,
    )
