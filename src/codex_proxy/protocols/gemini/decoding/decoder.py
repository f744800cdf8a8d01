"""A vendor's answer as events, streamed or whole.

Rules of this file: tolerant and total; an odd member is read over, a chunk that is no JSON ends the answer as garbled,
and an end is never invented: an answer without a finish reason broke off, and one with a reason nobody knows is not
whole.  Old Vertex models name ``STOP`` in every chunk, so the last reason holds and the answer ends with its stream.
Source: Google AI reference; recorded streams.
"""

import hashlib
from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.framing.sse import Frame, FrameTooLarge, SseDecoder
from codex_proxy.protocols.base import CallContext, InvalidRequest, Step, UpstreamError
from codex_proxy.protocols.gemini.decoding.arrays import ObjectDecoder
from codex_proxy.protocols.gemini.decoding.assembly import Assembly
from codex_proxy.protocols.gemini.errors import WORDS
from codex_proxy.protocols.gemini.schema import has_counts, parse_usage
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.errors.vendor_errors import read_vendor_error
from codex_proxy.protocols.parts.json_text import decode_value, encode

_WHOLE: Final = frozenset({"STOP", "FINISH_REASON_UNSPECIFIED"})  # the latter says that it ended, and no more
_INCOMPLETE: Final = {
    "MAX_TOKENS": "max_output_tokens",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "LANGUAGE": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "IMAGE_OTHER": "content_filter",
}
_FAILED: Final = {
    "MALFORMED_FUNCTION_CALL": FailureKind.UPSTREAM_ERROR,
    "UNEXPECTED_TOOL_CALL": FailureKind.UPSTREAM_ERROR,
    "TOO_MANY_TOOL_CALLS": FailureKind.UPSTREAM_ERROR,
    "MALFORMED_RESPONSE": FailureKind.UPSTREAM_ERROR,
    "MISSING_THOUGHT_SIGNATURE": FailureKind.STALE_REASONING,
}
_DIGEST_CHARACTERS: Final = 24
_JSON_STARTS: Final = (b"[", b"{")


class GeminiDecoder:
    """One streamed answer; a JSON array where events were asked for is read as well."""

    def __init__(self, context: CallContext) -> None:
        self._relays = context.relays
        self._answer = Answer(context)
        self._frames = SseDecoder()
        self._objects: ObjectDecoder | None = None
        self._began = False

    def feed(self, chunk: bytes) -> list[Step]:
        """Steps that this chunk completes; raises ``UpstreamError`` where it cannot be framed."""
        if not self._began and (start := chunk.lstrip()):
            self._began = True
            self._objects = ObjectDecoder() if start.startswith(_JSON_STARTS) else None
        framer = self._objects or self._frames
        try:
            return [self.feed_frame(frame) for frame in framer.feed(chunk)]
        except FrameTooLarge as error:
            raise UpstreamError(Failure(kind=FailureKind.GARBLED, message=str(error))) from None

    def feed_frame(self, frame: Frame) -> Step:
        """The step of one frame."""
        return Step(frame if self._relays else None, self._answer.add(frame.data))

    def end(self) -> list[Step]:
        """The last steps; an answer without an end is disconnected."""
        rest = [] if self._objects is not None else self._frames.end()
        steps = [self.feed_frame(frame) for frame in rest]
        last = self._answer.end()
        return [*steps, Step(None, last)] if last else steps


class Answer:
    """What the chunks of one answer say so far; nothing follows its end."""

    def __init__(self, context: CallContext) -> None:
        self._model = context.model
        self._assembly = Assembly(context)
        self._started = False
        self._ended = False
        self._answered = False  # there was a candidate
        self._finish: str | None = None
        self._finish_message: str | None = None
        self._usage: JsonObject | None = None
        self._tier: str | None = None

    def add(self, data: bytes) -> tuple[ev.Event, ...]:
        """The events of one chunk."""
        if self._ended or not data.strip():
            return ()
        try:
            chunk = decode_value(data)
        except InvalidRequest:
            return tuple(self._close(_garbled("the vendor sent a chunk that is not JSON")))
        return tuple(self._take(chunk)) if isinstance(chunk, dict) else ()

    def whole(self, body: bytes) -> tuple[ev.Event, ...]:
        """The events of a whole answer, or of a list of its chunks."""
        try:
            value = decode_value(body)
        except InvalidRequest:
            return tuple(self._close(_garbled("the vendor's answer is not JSON")))
        chunks = value if isinstance(value, list) else [value]
        events = [event for chunk in chunks if isinstance(chunk, dict) for event in self._take(chunk)]
        return (*events, *self.end())

    def end(self) -> tuple[ev.Event, ...]:
        """The end, once."""
        return () if self._ended else tuple(self._close(self._ending()))

    def _take(self, chunk: JsonObject) -> Iterator[ev.Event]:
        if self._ended:
            return
        if chunk.get("error") is not None:
            yield from self._close(ev.Failed(failure=read_vendor_error(chunk, words=WORDS)))
            return
        candidate = _first(chunk.get("candidates"))
        if not self._started and (candidate is not None or chunk.get("responseId")):
            yield self._start(chunk)
        self._count(chunk.get("usageMetadata"))
        if candidate is not None:
            yield from self._take_candidate(candidate)
        elif not self._answered and (reason := _block_reason(chunk)) is not None:
            yield from self._close(ev.Failed(failure=reason))

    def _take_candidate(self, candidate: JsonObject) -> Iterator[ev.Event]:
        self._answered = True
        content, finish = candidate.get("content"), candidate.get("finishReason")
        self._assembly.sources.add(candidate)
        parts = content.get("parts") if isinstance(content, dict) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                yield from self._assembly.add(part)
        if isinstance(finish, str) and finish:
            self._finish = finish
            message = candidate.get("finishMessage")
            self._finish_message = message if isinstance(message, str) and message else None

    def _count(self, told: Any) -> None:
        if isinstance(told, dict) and has_counts(told):
            self._usage = told
            self._tier = told["serviceTier"] if isinstance(told.get("serviceTier"), str) else self._tier

    def _start(self, chunk: JsonObject) -> ev.ResponseStarted:
        self._started = True
        response_id, model = chunk.get("responseId"), chunk.get("modelVersion")
        known_id = response_id if isinstance(response_id, str) else ""
        self._assembly.answer_id = known_id or _digest(chunk)
        return ev.ResponseStarted(
            response_id=known_id, model=model if isinstance(model, str) and model else self._model, created_at=0
        )

    def _ending(self) -> ev.Ending:
        if self._finish is None:
            return ev.Failed(failure=BROKEN_OFF)
        word = self._finish.upper()
        if word in _FAILED:
            message = self._finish_message or f"the vendor gave the answer up ({word})"
            return ev.Failed(failure=Failure(kind=_FAILED[word], message=message, code=word))
        if word in _WHOLE:
            return ev.Completed()
        reason = _INCOMPLETE.get(word)
        if reason is None and not self._assembly.has_answer:
            message = self._finish_message or f"the vendor stopped before it answered ({word})"
            return ev.Failed(failure=Failure(kind=FailureKind.EMPTY_ANSWER, message=message, code=word))
        return ev.Incomplete(reason=reason or word.lower())

    def _close(self, ending: ev.Ending) -> Iterator[ev.Event]:
        self._ended = True
        if not self._started:
            self._started = True
            yield ev.ResponseStarted(response_id="", model=self._model, created_at=0)
        yield from self._assembly.close()
        if self._usage is not None:
            yield ev.UsageReported(usage=parse_usage(self._usage))
        yield ev.ResponseEnded(ending=ending, service_tier=self._tier)


def _digest(chunk: JsonObject) -> str:
    """What stands for the id of an answer that has none, so that calls of two answers do not get one id."""
    return hashlib.sha256(encode(chunk)).hexdigest()[:_DIGEST_CHARACTERS]


def _first(candidates: Any) -> JsonObject | None:
    """Candidate 0, which may leave out its number."""
    for candidate in candidates if isinstance(candidates, list) else ():
        if isinstance(candidate, dict) and not candidate.get("index"):
            return candidate
    return None


def _block_reason(chunk: JsonObject) -> Failure | None:
    feedback = chunk.get("promptFeedback")
    reason = feedback.get("blockReason") if isinstance(feedback, dict) else None
    if not isinstance(reason, str) or not isinstance(feedback, dict):
        return None
    words = feedback.get("blockReasonMessage")
    message = words if isinstance(words, str) and words else f"the vendor blocked the prompt ({reason})"
    return Failure(kind=FailureKind.POLICY, message=message, code=reason)


def _garbled(message: str) -> ev.Failed:
    return ev.Failed(failure=Failure(kind=FailureKind.GARBLED, message=message))
