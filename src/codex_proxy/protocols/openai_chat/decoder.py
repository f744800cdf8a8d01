"""A vendor's chat answer as events, streamed or whole.

Rules of this file: tolerant and total; an odd member is read over, an unreadable frame ends the answer as garbled, and
an end is never invented: without a finish reason and without ``[DONE]`` the answer broke off.  Source: OpenAI API
reference; recorded streams (a stream of Snowflake has ``[DONE]`` and no finish reason, those of Perplexity a finish
reason and no ``[DONE]``, Mistral's calls have no index, Groq's usage stands in ``x_groq``).
"""

from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import CallContext, InvalidRequest, Step
from codex_proxy.protocols.openai_chat.assembly.blocks import Assembly
from codex_proxy.protocols.openai_chat.schema import Choice, Chunk, Delta, parse_usage
from codex_proxy.protocols.parts.answers.frames_or_body import FramesOrBody
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.errors.vendor_errors import read_vendor_error
from codex_proxy.protocols.parts.json_text import decode_value

_DONE: Final = b"[DONE]"
_FINISH_FAILURES: Final = {
    "error": FailureKind.UPSTREAM_ERROR,  # OpenRouter
    "network_error": FailureKind.UPSTREAM_ERROR,  # Z.ai
    "insufficient_system_resource": FailureKind.OVERLOADED,  # DeepSeek
}
_FINISH_INCOMPLETE: Final = {
    "length": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "model_length": "max_output_tokens",  # Mistral
    "content_filter": "content_filter",
    "safety": "content_filter",
    "recitation": "content_filter",
    "sensitive": "content_filter",  # Z.ai
}

_decode_chunk: Final = msgspec.json.Decoder(Chunk).decode


class ChatDecoder:
    """One streamed answer; a whole JSON body where a stream was asked for is read as well."""

    def __init__(self, context: CallContext, *, think_tags: bool = False) -> None:
        self._relays = context.relays
        self._answer = Answer(context, think_tags=think_tags)
        self._frames = FramesOrBody()

    def feed(self, chunk: bytes) -> list[Step]:
        """Steps that this chunk completes; raises ``UpstreamError`` where it cannot be framed."""
        return [self.feed_frame(frame) for frame in self._frames.feed(chunk)]

    def feed_frame(self, frame: Frame) -> Step:
        """The step of one frame."""
        told = frame if self._relays else None
        if frame.data.strip() == _DONE:
            return Step(told, self._answer.end(terminated=True))
        return Step(told, self._answer.add(frame.data, is_error=frame.event == "error"))

    def end(self) -> list[Step]:
        """The last steps; an answer without an end is disconnected."""
        body = self._frames.body
        if body is not None:
            return [Step(None, self._answer.whole(body))]
        steps = [self.feed_frame(frame) for frame in self._frames.end()]
        last = self._answer.end(terminated=False)
        return [*steps, Step(None, last)] if last else steps


class Answer:
    """What the chunks of one answer say so far; nothing follows its end."""

    def __init__(self, context: CallContext, *, think_tags: bool) -> None:
        self._model = context.model
        self._assembly = Assembly(context, think_tags=think_tags)
        self._started = False
        self._ended = False
        self._finish: str | None = None
        self._usage: object = None
        self._tier: str | None = None

    def add(self, data: bytes, *, is_error: bool = False) -> tuple[ev.Event, ...]:
        """The events of one chunk."""
        if self._ended:
            return ()
        try:
            chunk = _read_chunk(data)
        except InvalidRequest:
            return self._close(_garbled("the vendor sent a chunk that is not JSON"))
        if chunk is None:
            return ()
        if chunk.error is not None or is_error:
            return self._close(ev.Failed(failure=read_vendor_error(_value(data))))
        return self._take(chunk, whole=False)

    def whole(self, body: bytes) -> tuple[ev.Event, ...]:
        """The events of a whole completion."""
        try:
            chunk = _read_chunk(body)
        except InvalidRequest:
            return self._close(_garbled("the vendor's answer is not JSON"))
        if chunk is None or (chunk.choices is None and chunk.error is None):
            return self._close(_garbled("the vendor's answer is no chat completion"))
        if chunk.error is not None:
            return self._close(ev.Failed(failure=read_vendor_error(_value(body))))
        return (*self._take(chunk, whole=True), *self.end(terminated=True))

    def end(self, *, terminated: bool) -> tuple[ev.Event, ...]:
        """The end, once; ``terminated`` says that the vendor marked it."""
        if self._ended:
            return ()
        if self._finish is None and not terminated:
            return self._close(ev.Failed(failure=BROKEN_OFF))
        word = (self._finish or "").lower()
        if word in _FINISH_FAILURES:
            failure = Failure(kind=_FINISH_FAILURES[word], message="the vendor gave the answer up", code=word)
            return self._close(ev.Failed(failure=failure))
        if self._assembly.has_nameless_call:
            return self._close(_garbled("the vendor called a tool without naming it"))
        reason = _FINISH_INCOMPLETE.get(word)
        return self._close(ev.Completed() if reason is None else ev.Incomplete(reason=reason))

    def _take(self, chunk: Chunk, *, whole: bool) -> tuple[ev.Event, ...]:
        events: list[ev.Event] = [] if self._started else [self._start(chunk)]
        choice = _first(chunk.choices) if chunk.choices else None
        self._count(chunk, choice)
        if choice is None:
            return tuple(events)
        events.extend(self._assembly.add(_delta_of(choice, whole=whole)))
        if choice.finish_reason is not None and not self._finish and isinstance(choice.finish_reason, str):
            self._finish = choice.finish_reason
        if choice.error is not None:
            events.extend(self._close(ev.Failed(failure=read_vendor_error({"error": choice.error}))))
        return tuple(events)

    def _count(self, chunk: Chunk, choice: Choice | None) -> None:
        """Token counts stand in the chunk, in its choice, or in Groq's own member; the last ones hold."""
        if chunk.usage:
            self._usage = chunk.usage
        elif choice is not None and choice.usage:
            self._usage = choice.usage
        elif isinstance(chunk.x_groq, dict):
            self._usage = chunk.x_groq.get("usage") or self._usage
        if isinstance(chunk.service_tier, str):
            self._tier = chunk.service_tier

    def _start(self, chunk: Chunk) -> ev.ResponseStarted:
        self._started = True
        response_id = chunk.id if isinstance(chunk.id, str) else ""
        created_at = chunk.created if isinstance(chunk.created, int | float) else 0
        self._assembly.answer_id = response_id or str(int(created_at))
        model = chunk.model if isinstance(chunk.model, str) and chunk.model else self._model
        return ev.ResponseStarted(response_id=response_id, model=model, created_at=int(created_at))

    def _close(self, ending: ev.Ending) -> tuple[ev.Event, ...]:
        self._ended = True
        events: list[ev.Event] = []
        if not self._started:
            self._started = True
            events.append(ev.ResponseStarted(response_id="", model=self._model, created_at=0))
        events.extend(self._assembly.close())
        if isinstance(self._usage, dict):
            events.append(ev.UsageReported(usage=parse_usage(self._usage)))
        events.append(ev.ResponseEnded(ending=ending, service_tier=self._tier))
        return tuple(events)


def _first(choices: list[Choice]) -> Choice | None:
    for choice in choices:
        if choice.index == 0 or not isinstance(choice.index, int):
            return choice
    return None


def _delta_of(choice: Choice, *, whole: bool) -> Delta:
    """Perplexity repeats the message so far beside each delta, and an empty delta beside the whole message."""
    first, second = (choice.message, choice.delta) if whole else (choice.delta, choice.message)
    return first or second or Delta()


def _read_chunk(data: bytes) -> Chunk | None:
    """The chunk; None where JSON of another shape is read over.  Raises ``InvalidRequest`` where it is no JSON."""
    try:
        return _decode_chunk(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        return msgspec.convert(decode_value(data), Chunk)
    except msgspec.ValidationError:
        return None


def _value(data: bytes) -> object:
    return decode_value(data)


def _garbled(message: str) -> ev.Failed:
    return ev.Failed(failure=Failure(kind=FailureKind.GARBLED, message=message))
