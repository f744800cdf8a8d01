"""Events as a Messages stream.

Rules of this file: every frame has an ``event:`` line, because clients dispatch on it; one block is open at a time;
frames of an upstream of this family are passed on as they came, ``message_start`` excepted, which names the model the
client asked for.  A stream that never ended is an error, never ``end_turn``.  Source: Anthropic API reference,
streaming; behaviour of anthropic 2.14 for Python and of Claude Code 2.1.330.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Request
from codex_proxy.framing.sse import Frame, encode_frame
from codex_proxy.protocols.anthropic.endings import stop_reason, unworded
from codex_proxy.protocols.anthropic.errors import WindowOf, error_body
from codex_proxy.protocols.anthropic.schema import (
    GRAMMAR,
    AnthropicRequest,
    Display,
    delta_token,
    kind_of,
)
from codex_proxy.protocols.anthropic.stream.blocks import BlockWriter
from codex_proxy.protocols.anthropic.stream.queue import BlockEvent, BlockQueue
from codex_proxy.protocols.anthropic.usage import estimate_input_tokens, opening_usage, tier_of, usage_object
from codex_proxy.protocols.base import AnswerIds, InvalidRequest
from codex_proxy.protocols.parts.answers.telling import Telling
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import decode_value, encode

if TYPE_CHECKING:
    from codex_proxy.canonical.usage import Usage

ID_PREFIX: Final = "msg_"

_PING: Final = encode_frame(b'{"type":"ping"}', "ping")
_STOP: Final = encode_frame(b'{"type":"message_stop"}', "message_stop")
_RELAYED: Final = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
        "ping",
    }
)
_FACTS = (ev.ResponseStarted, ev.UsageReported, ev.RateLimitsObserved, ev.OpaqueEvent, ev.ResponseEnded)


class _Typed(msgspec.Struct, frozen=True):
    type: str = ""


class _Relayed(msgspec.Struct, frozen=True):
    """What the legality machine has to know of a frame that is passed on."""

    index: int = 0
    content_block: _Typed = _Typed()
    delta: _Typed = _Typed()


_decode_relayed: Final = msgspec.json.Decoder(_Relayed).decode


class AnthropicEncoder(Telling):
    """One answer as a stream; implements ``ServerStream``.

    ``message_start`` tells the ids' estimate of the prompt; without one its size is taken.
    """

    def __init__(self, request: Request, ids: AnswerIds, *, window_of: WindowOf | None = None) -> None:
        super().__init__(GRAMMAR)
        own = request if isinstance(request, AnthropicRequest) else None
        self._request = request
        self._ids = ids
        self._window_of = window_of
        self._queue = BlockQueue()
        self._blocks = BlockWriter(
            self._legality,
            display=own.display if own else Display.HIDDEN,
            searches=own.searches if own else False,
        )
        self._usage: Usage | None = None
        self._over = False

    @property
    def notes(self) -> tuple[Note, ...]:
        """What this dialect could not say, so far."""
        dropped = dict.fromkeys(self._blocks.dropped)
        lost = (Note(path=path, verdict=Verdict.DROPPED, weight=_weight(path)) for path in dropped)
        return (*super().notes, *lost)

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        """Wire bytes for these events; a frame of this family is passed on."""
        if self._over:
            return b""
        if frame is not None and frame.event in _RELAYED:
            return self._relay(frame, frame.event, events)
        return b"".join([self._tell(event) for event in events])

    def finish(self) -> bytes:
        """Closing bytes, if the events brought no end."""
        return b"" if self._over else self.fail(BROKEN_OFF)

    def fail(self, failure: Failure) -> bytes:
        """The error frame; nothing follows it, and the open block stays open."""
        if self._over:
            return b""
        self._over = True
        for key, kind in self._legality.open_blocks:
            self._legality.accept(f"stop {kind}", key)
        if not self._legality.finished:
            self._legality.accept("error")
        return _frame(error_body(failure, self._ids.request_id, self._request, self._window_of))

    def heartbeat(self) -> bytes:
        """The dialect's own ping."""
        return _PING if not self._legality.finished and self._legality.accept("ping") else b""

    def _tell(self, event: ev.Event) -> bytes:
        if self._over:
            return b""
        if isinstance(event, ev.TextDelta) and event.block == self._queue.speaking:
            return self._blocks.write_text(event.text)
        if isinstance(event, _FACTS):
            return self._fact(event)
        return self._open() + b"".join([self._blocks.write(told) for told in self._queue.admit(event)])

    def _fact(
        self,
        event: ev.ResponseStarted | ev.UsageReported | ev.RateLimitsObserved | ev.OpaqueEvent | ev.ResponseEnded,
    ) -> bytes:
        match event:
            case ev.ResponseStarted():
                return self._open()
            case ev.UsageReported():
                self._usage = event.usage
            case ev.OpaqueEvent():
                self._drop(f"event {event.name}")
            case ev.RateLimitsObserved():
                pass
            case ev.ResponseEnded():
                return self._ended(event)
        return b""

    def _open(self) -> bytes:
        if self._legality.started or not self._legality.accept("message_start"):
            return b""
        estimate = self._ids.input_tokens_estimate
        if estimate is None:
            estimate = estimate_input_tokens(self._request)
        message: JsonObject = {
            "id": ID_PREFIX + self._ids.token,
            "type": "message",
            "role": "assistant",
            "model": self._request.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": opening_usage(estimate),
        }
        return _frame({"type": "message_start", "message": message}) + self.heartbeat()

    def _ended(self, event: ev.ResponseEnded) -> bytes:
        if isinstance(event.ending, ev.Failed):
            return self.fail(event.ending.failure)
        pieces = [self._open()]
        if not self._legality.finished:
            pieces += [self._blocks.write(told) for told in self._queue.rest()]
            pieces += [self._blocks.close(), self._blocks.late_results(), self._delta(event, event.ending)]
        self._over = True
        if self._legality.accept("message_stop"):
            pieces.append(_STOP)
        return b"".join(pieces)

    def _delta(self, event: ev.ResponseEnded, ending: ev.Completed | ev.Incomplete) -> bytes:
        reason, cut = stop_reason(ending, called=self._blocks.called, refused=self._blocks.refused)
        if (missing := unworded(ending)) is not None:
            self._approximate("stop_reason", f"the answer was cut by {missing}")
        usage: JsonObject = {"output_tokens": 0}
        if self._usage is not None:
            usage = usage_object(self._usage, searches_count=self._blocks.searches_count)
        usage |= tier_of(event.service_tier)
        if not self._legality.accept("message_delta"):
            return b""
        return _frame({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": cut}, "usage": usage})

    # Frames of an upstream of this family

    def _relay(self, frame: Frame, name: str, events: Sequence[ev.Event]) -> bytes:
        if name == "message_start":
            return self._relay_start(frame)
        if name == "message_stop":
            self._over = True
        for event in events:
            if not isinstance(event, _FACTS):
                self._follow(event)
        try:
            told = _decode_relayed(frame.data)
        except (msgspec.DecodeError, UnicodeError):
            return b""
        if not self._allowed(name, told):
            return b""
        return encode_frame(frame.data, name)

    def _relay_start(self, frame: Frame) -> bytes:
        try:
            told = decode_value(frame.data)
        except InvalidRequest:
            return b""
        message = told.get("message") if isinstance(told, dict) else None
        if not isinstance(message, dict) or not self._legality.accept("message_start"):
            return b""
        return _frame({**told, "message": {**message, "model": self._request.model}})

    def _follow(self, event: BlockEvent) -> None:
        """Keep the queue's place, so that events without a frame can go on where frames left off."""
        for _ in self._queue.admit(event):
            self._blocks.called = self._blocks.called or isinstance(event, ev.ToolCallStarted)

    def _allowed(self, name: str, told: _Relayed) -> bool:
        match name:
            case "content_block_start":
                kind = told.content_block.type
                if not self._legality.accept(f"start {kind_of(kind)}", told.index):
                    return False
                self._blocks.follow(told.index, kind)
                return True
            case "content_block_delta":
                return self._legality.accept(delta_token(told.delta.type), told.index)
            case "content_block_stop":
                kind = dict(self._legality.open_blocks).get(told.index, "")
                self._blocks.open_index = None
                return self._legality.accept(f"stop {kind}", told.index)
        return self._legality.accept(name)


def _weight(path: str) -> Weight:
    """A picture is content; other things this dialect has no form for are not."""
    return Weight.LOSSY if path == "item image_generation_call" else Weight.COSMETIC


def _frame(members: JsonObject) -> bytes:
    return encode_frame(encode(members), members["type"])
