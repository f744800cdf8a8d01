"""A vendor's Messages answer as events, streamed or whole.

Rules of this file: tolerant and total; an unknown event is passed on as opaque, an unreadable frame ends the answer as
garbled, and an end is never invented: without a stop reason the answer broke off.  A frame belongs to its events only
while the stream is in order: once blocks interleave, or a second message begins, no frame is handed on.  Source:
Anthropic API reference, streaming; recorded streams (OpenRouter appends ``[DONE]``).
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.anthropic.endings import ending_of
from codex_proxy.protocols.anthropic.failures import read_error
from codex_proxy.protocols.anthropic.schema import Delta, WireEvent
from codex_proxy.protocols.anthropic.stream.assembly import Assembly
from codex_proxy.protocols.anthropic.usage import parse_usage
from codex_proxy.protocols.base import CallContext, InvalidRequest, Step
from codex_proxy.protocols.parts.answers.frames_or_body import FramesOrBody
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import decode_value

_DONE: Final = b"[DONE]"
_TIERS: Final = {"standard": "default"}
_SILENT: Final = frozenset({"ping", ""})
KNOWN_DELTAS: Final = ("text_delta", "thinking_delta", "signature_delta", "input_json_delta", "citations_delta")
_decode_event: Final = msgspec.json.Decoder(WireEvent).decode


class AnthropicDecoder:
    """One streamed answer; a whole JSON body where a stream was asked for is read as well."""

    def __init__(self, context: CallContext) -> None:
        self._relays = context.relays
        self._answer = Answer(context)
        self._frames = FramesOrBody()

    def feed(self, chunk: bytes) -> list[Step]:
        """Steps that this chunk completes; raises ``UpstreamError`` where it cannot be framed."""
        return [self.feed_frame(frame) for frame in self._frames.feed(chunk)]

    def feed_frame(self, frame: Frame) -> Step:
        """The step of one frame."""
        if frame.data.strip() == _DONE:
            return Step(None, ())
        events = tuple(self._answer.add(frame))
        return Step(frame if self._relays and self._answer.in_order else None, events)

    def end(self) -> list[Step]:
        """The last steps; an answer without an end is disconnected."""
        body = self._frames.body
        if body is not None:
            return [Step(None, tuple(self._answer.whole(body)))]
        steps = [self.feed_frame(frame) for frame in self._frames.end()]
        last = tuple(self._answer.end())
        return [*steps, Step(None, last)] if last else steps


class Answer:
    """What the frames of one answer say so far; nothing follows its end."""

    def __init__(self, context: CallContext) -> None:
        self._model = context.model
        self._assembly = Assembly(context)
        self._usage: JsonObject = {}
        self._started = False
        self._ended = False
        self._next_index = 0
        self._stop: tuple[str, object] | None = None
        self.in_order = True

    def add(self, frame: Frame) -> Iterator[ev.Event]:
        """The events of one frame."""
        if self._ended:
            return
        try:
            told = _decode_event(frame.data)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            yield from self._close(_garbled("the vendor sent a frame that is no event"))
            return
        name = told.type if isinstance(told.type, str) else frame.event or ""
        yield from self._take(name, told, frame)

    def whole(self, body: bytes) -> Iterator[ev.Event]:
        """The events of a whole message."""
        message = _value(body)
        if not isinstance(message, dict):
            yield from self._close(_garbled("the vendor's answer is not JSON"))
        elif message.get("error") is not None:
            yield from self._close(ev.Failed(failure=read_error(message)))
        elif not isinstance(message.get("content"), list):
            yield from self._close(_garbled("the vendor's answer is no message"))
        else:
            yield from self._begin(message)
            for index, block in enumerate(message["content"]):
                if isinstance(block, dict):
                    yield from self._assembly.start(index, block)
                    yield from self._assembly.stop(index)
            self._note_stop(message)
            yield from self.end()

    def end(self) -> Iterator[ev.Event]:
        """The end, once."""
        if self._ended:
            return
        if self._stop is None:
            yield from self._close(ev.Failed(failure=BROKEN_OFF))
        else:
            yield from self._close(ending_of(*self._stop))

    def _take(self, name: str, told: WireEvent, frame: Frame) -> Iterator[ev.Event]:
        if name == "message_start":
            yield from self._begin(_members(told.message))
        elif name not in _SILENT:
            yield from self._begin_unannounced()
            yield from self._take_content(name, told, frame)

    def _take_content(self, name: str, told: WireEvent, frame: Frame) -> Iterator[ev.Event]:
        index = told.index if isinstance(told.index, int) else 0
        match name:
            case "content_block_start":
                self._check_order(index)
                yield from self._assembly.start(index, _members(told.content_block))
            case "content_block_delta":
                raw = _delta_members(frame) if told.delta is not None and told.delta.type not in KNOWN_DELTAS else {}
                yield from self._assembly.delta(index, told.delta or Delta(), raw)
            case "content_block_stop":
                yield from self._assembly.stop(index)
            case "message_delta":
                self._note_delta(told)
            case "message_stop":
                yield from self.end()
            case "error":
                yield from self._close(ev.Failed(failure=read_error(_value(frame.data))))
            case _:
                yield ev.OpaqueEvent(dialect=Dialect.ANTHROPIC, name=name, payload=frame.data)

    def _begin(self, message: JsonObject) -> Iterator[ev.Event]:
        if self._started:
            self.in_order = False  # two answers in one stream; what the first one left open ends here
            yield from self._assembly.close()
            return
        self._started = True
        self._note_usage(message.get("usage"))
        answer_id, model = message.get("id"), message.get("model")
        yield ev.ResponseStarted(
            response_id=answer_id if isinstance(answer_id, str) else "",
            model=model if isinstance(model, str) else self._model,
            created_at=0,
        )

    def _begin_unannounced(self) -> Iterator[ev.Event]:
        if not self._started:
            self.in_order = False
            self._started = True
            yield ev.ResponseStarted(response_id="", model=self._model, created_at=0)

    def _check_order(self, index: int) -> None:
        if self._assembly.has_open or index != self._next_index:
            self.in_order = False
        self._next_index = index + 1

    def _note_delta(self, told: WireEvent) -> None:
        self._note_usage(told.usage)
        if self._assembly.has_open:
            self.in_order = False
        if told.delta is not None and isinstance(told.delta.stop_reason, str):
            self._stop = told.delta.stop_reason, told.delta.stop_sequence

    def _note_stop(self, message: JsonObject) -> None:
        reason = message.get("stop_reason")
        if isinstance(reason, str):
            self._stop = reason, message.get("stop_sequence")

    def _note_usage(self, usage: Any) -> None:
        """Later counts replace earlier ones; what a later report leaves out still holds."""
        if isinstance(usage, dict):
            self._usage |= {name: value for name, value in usage.items() if value is not None}

    def _close(self, ending: ev.Ending) -> Iterator[ev.Event]:
        self._ended = True
        yield from self._begin_unannounced()
        yield from self._assembly.close()
        if self._usage:
            yield ev.UsageReported(usage=parse_usage(self._usage))
        tier = self._usage.get("service_tier")
        yield ev.ResponseEnded(ending=ending, service_tier=_TIERS.get(tier, tier) if isinstance(tier, str) else None)


def _garbled(message: str) -> ev.Failed:
    return ev.Failed(failure=Failure(kind=FailureKind.GARBLED, message=message))


def _value(raw: bytes) -> Any:
    try:
        return decode_value(raw)
    except InvalidRequest:
        return None


def _members(raw: msgspec.Raw) -> JsonObject:
    value = _value(bytes(raw))
    return value if isinstance(value, dict) else {}


def _delta_members(frame: Frame) -> JsonObject:
    value = _value(frame.data)
    delta = value.get("delta") if isinstance(value, dict) else None
    return delta if isinstance(delta, dict) else {}
