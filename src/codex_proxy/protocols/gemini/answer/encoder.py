"""Events as Gemini chunks.

Rules of this file: every delta is a chunk of its own, calls are whole; no chunk but the last has a finish reason; a
stream that never ended is an error, never ``STOP``; every chunk shows the requested model.  Raw frames of a vendor are
not relayed, since they name the vendor's model.
"""

from collections.abc import Sequence
from typing import TypeAlias, assert_never

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolCall
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Dialect
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.gemini.answer.calls import CallOrder, call_object
from codex_proxy.protocols.gemini.answer.finish import blocked_prompt, finish_members, is_blocked
from codex_proxy.protocols.gemini.answer.framing import HEARTBEAT, Framing
from codex_proxy.protocols.gemini.answer.grounding import Grounding
from codex_proxy.protocols.gemini.answer.parts import (
    EMPTY_TEXT,
    bare_text,
    code_parts,
    picture_part,
    signed,
    text_part,
)
from codex_proxy.protocols.gemini.answer.thoughts import Signatures
from codex_proxy.protocols.gemini.errors import error_object
from codex_proxy.protocols.gemini.schema import (
    CODE_INTERPRETER_CALL,
    GRAMMAR,
    IMAGE_GENERATION,
    WEB_SEARCH_CALL,
    ReplyForm,
    usage_object,
)
from codex_proxy.protocols.parts.answers.telling import Telling, pass_over
from codex_proxy.protocols.parts.answers.thoughts import ThoughtText
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import decode_value, encode

_Prose: TypeAlias = ev.TextDelta | ev.TextEnded | ev.RefusalDelta | ev.ThinkingDelta | ev.ThinkingEnded


class GeminiEncoder(Telling):
    """One answer as a stream."""

    def __init__(self, *, response_id: str, model: str, framing: Framing, form: ReplyForm | None = None) -> None:
        super().__init__(GRAMMAR)
        self._form = form or ReplyForm()
        self._framing = framing
        self.content_type = framing.content_type
        self._shared: JsonObject = {"modelVersion": model, "responseId": response_id}
        self._head = b'{"candidates":[{"content":{"parts":['
        self._tail = b'],"role":"model"},"index":0}],' + encode(self._shared)[1:]
        self._over = False
        self._thoughts = ThoughtText()
        self._signatures = Signatures()
        self._calls = CallOrder()
        self._malformed: ToolCall | None = None
        self._grounding = Grounding()
        self._held: dict[int, list[str]] = {}  # texts whose quotes go
        self._usage: JsonObject | None = None

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        """The chunks these events mean."""
        return b"".join([piece for event in events if (piece := self._one(event))])

    def finish(self) -> bytes:
        """Nothing after a proper end; otherwise the error of a stream that broke off."""
        return b"" if self._over else self.fail(BROKEN_OFF)

    def fail(self, failure: Failure) -> bytes:
        """The error as the last chunk; a prompt refused before any output is told as blocked."""
        if self._over:
            return b""
        self._over = True
        blocked = is_blocked(failure) and not self._legality.started
        self._begin()
        if not self._legality.accept("blocked" if blocked else "error"):
            return self._framing.close()
        told = {"promptFeedback": blocked_prompt(failure), **self._shared} if blocked else _error_chunk(failure)
        return self._framing.chunk(encode(told)) + self._framing.close()

    def heartbeat(self) -> bytes:
        """A blank line."""
        return b"" if self._over else HEARTBEAT

    def _one(self, event: ev.Event) -> bytes:
        if self._over:
            return b""
        match event:
            case ev.TextDelta() | ev.TextEnded() | ev.RefusalDelta() | ev.ThinkingDelta() | ev.ThinkingEnded():
                return self._prose(event)
            case ev.ToolCallStarted() | ev.ToolCallDelta() | ev.ToolCallEnded():
                return b"".join([self._call(call) for call in self._calls.admit(event)])
            case ev.HostedEnded():
                return self._hosted(event)
            case ev.OpaqueEvent():
                return self._opaque(event)
            case ev.UsageReported():
                self._usage = usage_object(event.usage)
                return b""
            case ev.ResponseEnded():
                return self._ended(event)
            case ev.AnnotationAdded():
                return b""  # the text's end has them all
        pass_over(event)
        return b""

    def _prose(self, event: _Prose) -> bytes:
        match event:
            case ev.TextDelta():
                return self._text(event.block, event.text)
            case ev.TextEnded():
                self._grounding.add_text(event.text, event.annotations)
                return self._release(event.block)
            case ev.RefusalDelta():
                return self._part("text", text_part(event.text)) if event.text else b""
            case ev.ThinkingDelta():
                return self._thinking(event)
            case ev.ThinkingEnded():
                pushed = self._signatures.add(event)
                return b"" if pushed is None else self._part("signature", signed(EMPTY_TEXT, pushed))
            case _:
                assert_never(event)

    def _begin(self) -> None:
        if not self._legality.started:
            self._legality.accept("begin")

    def _part(self, token: str, part: JsonObject) -> bytes:
        self._begin()
        if not self._legality.accept(token):
            return b""
        return self._framing.chunk(self._head + encode(part) + self._tail)

    def _text(self, block: int, text: str) -> bytes:
        if self._form.bare_text:
            self._held.setdefault(block, []).append(text)
            return b""
        return self._part("text", {"text": text}) if text else b""

    def _release(self, block: int) -> bytes:
        text = bare_text("".join(self._held.pop(block, ())))
        return self._part("text", text_part(text)) if text else b""

    def _thinking(self, event: ev.ThinkingDelta) -> bytes:
        text = self._thoughts.add(event)
        return self._part("thought", text_part(text, thought=True)) if text and self._form.thoughts else b""

    def _call(self, call: ToolCall) -> bytes:
        if call.namespace is not None:
            self._drop("functionCall.namespace", "calls have none here")
        told = call_object(call)
        if told is None:
            self._malformed = self._malformed or call
            self._drop("functionCall.args", "the arguments are no JSON object", Weight.LOSSY)
            return b""
        return self._part("call", signed({"functionCall": told}, self._signatures.take()))

    def _hosted(self, event: ev.HostedEnded) -> bytes:
        parts: list[JsonObject] = []
        if event.kind == IMAGE_GENERATION:
            picture = picture_part(event.item)
            parts = [] if picture is None else [picture]
        elif event.kind == CODE_INTERPRETER_CALL:
            parts = code_parts(event.item)
        elif event.kind == WEB_SEARCH_CALL:
            self._grounding.add_search(event.item)
            return b""
        if not parts:
            self._drop(f"item {event.kind}", "has no Gemini form")
        return b"".join([self._part("media", part) for part in parts])

    def _opaque(self, event: ev.OpaqueEvent) -> bytes:
        if event.dialect != Dialect.GEMINI:
            self._drop(f"event {event.name}", "has no Gemini form")
            return b""
        return self._part("part", decode_value(event.payload))

    def _ended(self, event: ev.ResponseEnded) -> bytes:
        if isinstance(event.ending, ev.Failed):
            return self.fail(event.ending.failure)
        pieces = [self._call(call) for call in self._calls.rest()]
        pieces += [self._release(block) for block in list(self._held)]
        self._begin()
        if self._grounding.left_out:
            self._drop("annotations", "only web citations have a Gemini form")
        self._over = True
        if self._legality.accept("finish"):
            pieces.append(self._framing.chunk(encode(self._final(event.ending, event.service_tier))))
        return b"".join([*pieces, self._framing.close()])

    def _final(self, ending: ev.Completed | ev.Incomplete, service_tier: str | None) -> JsonObject:
        return answer_object(
            [signed(EMPTY_TEXT, self._signatures.take())],
            finish=finish_members(ending, self._malformed),
            grounding=self._grounding.result(),
            usage=_with_tier(self._usage, service_tier if self._form.tier else None),
            shared=self._shared,
        )


def answer_object(
    parts: list[JsonObject],
    *,
    finish: JsonObject,
    grounding: JsonObject | None,
    usage: JsonObject | None,
    shared: JsonObject,
) -> JsonObject:
    """A ``GenerateContentResponse`` with one candidate that ended."""
    candidate: JsonObject = {"content": {"parts": parts, "role": "model"}, **finish, "index": 0}
    if grounding is not None:
        candidate["groundingMetadata"] = grounding
    counted = {} if usage is None else {"usageMetadata": usage}
    return {"candidates": [candidate], **counted, **shared}


def _with_tier(usage: JsonObject | None, service_tier: str | None) -> JsonObject | None:
    return usage if usage is None or service_tier is None else {**usage, "serviceTier": service_tier}


def _error_chunk(failure: Failure) -> JsonObject:
    return {"error": error_object(failure)}
