"""Events as chat chunks, and the pieces that streamed and unstreamed answers share.

Rules of this file: ``data:`` frames only, never ``event:`` or ``id:`` lines, which break SDKs; every chunk shows the
same id, time and requested model; the role chunk waits for the first meaningful event; a stream that never ended is
an error, never ``stop``.  Source: OpenAI API reference, chat completion chunks; behaviour of openai-python 3.54.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, JsonObject, ToolKind
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Weight
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.openai_chat.call_queue import CallEvent, CallQueue
from codex_proxy.protocols.openai_chat.schema import (
    GRAMMAR,
    IMAGE_GENERATION,
    ReasoningField,
    ReplyForm,
    annotation_object,
    image_object,
    reasoning_detail,
)
from codex_proxy.protocols.parts.answers.telling import Silent, Telling, pass_over
from codex_proxy.protocols.parts.answers.thoughts import ThoughtText
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.openai.answers import (
    DONE,
    HEARTBEAT,
    ending_word,
    error_frames,
    unworded,
    usage_object,
)


def finish_reason(ending: ev.Completed | ev.Incomplete, *, called: bool, legacy: bool) -> str:
    """The wire's word for how an answer ended; ``called`` says whether the client must run a tool."""
    if isinstance(ending, ev.Incomplete) or not called:
        return ending_word(ending)
    return "function_call" if legacy else "tool_calls"


_Beside: TypeAlias = Silent | ev.AnnotationAdded | ev.TextEnded | ev.UsageReported | ev.OpaqueEvent


class ChatEncoder(Telling):
    """One answer as a chat completion stream."""

    def __init__(
        self,
        *,
        completion_id: str,
        model: str,
        created_at: int,
        include_usage: bool = False,
        form: ReplyForm | None = None,
        reasoning_field: ReasoningField = ReasoningField.REASONING_CONTENT,
    ) -> None:
        super().__init__(GRAMMAR)
        self._form = form or ReplyForm()
        self._head = _head(completion_id, created_at, model)
        self._include_usage = include_usage
        self._usage: bytes | None = None
        self._live = False  # the role chunk is out, the end is not
        self._over = False
        self._calls: dict[int, _Call] = {}
        self._queue = CallQueue()
        self._thoughts = ThoughtText()
        self._citations = Citations()
        self._image_count = 0
        self._sealed_count = 0  # openai-python's accumulator merges lists by ``index`` only
        delta = self._head + b',"choices":[{"index":0,"delta":'
        self._delta_start = b"data: {" + delta
        tail = b',"logprobs":null,"finish_reason":null}]'
        self._delta_end = tail + (b',"usage":null}\n\n' if include_usage else b"}\n\n")
        self._text_start = self._delta_start + b'{"content":'
        self._text_end = b"}" + self._delta_end
        silent = self._delta_start + b"{}" + self._delta_end
        self._heartbeat = silent if self._form.heartbeat_chunks else HEARTBEAT
        self._reasoning_members = reasoning_field.members
        self._reasoning_starts = [
            self._delta_start + b"{" + encode(member) + b":" for member in self._reasoning_members
        ]

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        """The chunks these events mean; raw frames are never used, since they name the upstream's model."""
        if self._live and len(events) == 1:
            event = events[0]
            if type(event) is ev.TextDelta:
                return self._text(event.text)
        return b"".join([piece for event in events if (piece := self._one(event))])

    def finish(self) -> bytes:
        """Nothing after a proper end; otherwise the error frame of a stream that broke off."""
        if self._over:
            return b""
        return self.fail(BROKEN_OFF)

    def fail(self, failure: Failure) -> bytes:
        """The error frame and the terminator."""
        if self._over:
            return b""
        self._live, self._over = False, True
        self._close_calls()
        if not self._legality.accept("error"):
            return b""
        return error_frames(failure)

    def heartbeat(self) -> bytes:
        """A comment, or a chunk that says nothing; see ``ServerStream``."""
        return b"" if self._over else self._heartbeat

    def _text(self, text: str) -> bytes:
        if not text or not self._legality.accept("content"):
            return b""
        return self._text_start + encode(text) + self._text_end

    def _one(self, event: ev.Event) -> bytes:
        if self._over:
            return b""
        match event:
            case ev.TextDelta():
                return self._lead() + self._text(event.text) if event.text else b""
            case ev.ThinkingDelta():
                return self._thinking(event)
            case ev.ThinkingEnded():
                return self._thinking_ended(event)
            case ev.ToolCallStarted() | ev.ToolCallDelta() | ev.ToolCallEnded():
                return b"".join([self._call(told) for told in self._queue.admit(event)])
            case ev.RefusalDelta():
                return self._chunk("refusal", {"refusal": event.text}) if event.text else b""
            case ev.HostedEnded():
                return self._hosted_ended(event)
            case ev.ResponseEnded():
                return self._ended(event)
        self._observe(event)
        return b""

    def _observe(self, event: _Beside) -> None:
        """Events that write nothing by themselves."""
        match event:
            case ev.TextStarted() | ev.AnnotationAdded() | ev.TextEnded():
                self._citations.add(event)
            case ev.UsageReported():
                self._usage = encode(usage_object(event.usage))
            case ev.OpaqueEvent():
                self._drop(f"event {event.name}", "has no chat form")
            case _:
                pass_over(event)

    def _lead(self) -> bytes:
        """The role chunk, before the first chunk of content."""
        if self._live or not self._legality.accept("role"):
            return b""
        self._live = True
        return self._delta_start + b'{"role":"assistant","content":""}' + self._delta_end

    def _chunk(self, token: str, delta: JsonObject, key: int | None = None) -> bytes:
        lead = self._lead()
        if not self._legality.accept(token, key):
            return lead
        return lead + self._delta_start + encode(delta) + self._delta_end

    def _thinking(self, event: ev.ThinkingDelta) -> bytes:
        text = self._thoughts.add(event)
        if not text or not self._reasoning_members:
            return b""
        if len(self._reasoning_members) > 1:
            return self._chunk("reasoning", dict.fromkeys(self._reasoning_members, text))
        lead = self._lead()
        if not self._legality.accept("reasoning"):
            return lead
        return lead + self._reasoning_starts[0] + encode(text) + self._text_end

    def _thinking_ended(self, event: ev.ThinkingEnded) -> bytes:
        if event.signature is None or not self._form.reasoning_details:
            return b""
        details = [
            {
                **reasoning_detail(event.signature, event),
                "index": self._sealed_count,
            }
        ]
        self._sealed_count += 1
        return self._chunk("reasoning_details", {"reasoning_details": details})

    def _call(self, event: CallEvent) -> bytes:
        return self._call_started(event) if isinstance(event, ev.ToolCallStarted) else self._call_continued(event)

    def _call_continued(self, event: ev.ToolCallDelta | ev.ToolCallEnded) -> bytes:
        call = self._calls.get(event.block)
        if call is None or call.ended:
            return b""
        if isinstance(event, ev.ToolCallEnded):
            call.ended = True
            self._legality.accept("call_end", event.block)
            return b""
        if not event.text or not self._legality.accept("arguments", event.block):
            return b""
        return self._delta_start + call.delta_start + encode(event.text) + call.delta_end + self._delta_end

    def _call_started(self, event: ev.ToolCallStarted) -> bytes:
        if event.block in self._calls:
            return b""
        if self._form.legacy and self._calls:
            self._drop("parallel function calls", "a legacy answer holds one call", Weight.LOSSY)
            return b""
        if event.namespace is not None:
            self._drop("tool call namespace", "chat calls have none")
        call = _Call(event, len(self._calls), self._form)
        self._calls[event.block] = call
        return self._chunk("call", call.announcement, event.block)

    def _hosted_ended(self, event: ev.HostedEnded) -> bytes:
        image = image_object(event.item, self._image_count) if event.kind == IMAGE_GENERATION else None
        if image is None:
            self._drop(f"item {event.kind}", "has no chat form")
            return b""
        self._image_count += 1
        return self._chunk("image", {"images": [image]})

    def _ended(self, event: ev.ResponseEnded) -> bytes:
        if isinstance(event.ending, ev.Failed):
            return self.fail(event.ending.failure)
        pieces = [self._lead(), *(self._call(told) for told in self._queue.rest())]
        annotations, dropped = self._citations.result()
        if annotations:
            pieces.append(self._chunk("annotations", {"annotations": annotations}))
        if dropped:
            self._drop("annotations", "only web citations have a chat form")
        if (cut := unworded(event.ending)) is not None:
            self._approximate("finish_reason", f"the answer was cut by {cut}")
        self._close_calls()
        reason = finish_reason(event.ending, called=bool(self._calls), legacy=self._form.legacy)
        self._live, self._over = False, True
        if self._legality.accept("finish"):
            pieces.append(self._final(reason, event.service_tier))
        if self._include_usage and self._usage is not None and self._legality.accept("usage"):
            usage = b',"choices":[],"usage":' + self._usage
            pieces.append(b"data: {" + self._head + usage + b"}\n\n")
        if self._legality.accept("done"):
            pieces.append(DONE)
        return b"".join(pieces)

    def _final(self, reason: str, service_tier: str | None) -> bytes:
        choice = b',"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":' + encode(reason) + b"}]"
        tier = b',"service_tier":' + encode(service_tier or "default")
        usage = b',"usage":null' if self._include_usage else b""
        return b"data: {" + self._head + choice + tier + usage + b"}\n\n"

    def _close_calls(self) -> None:
        for key, _ in self._legality.open_blocks:
            self._legality.accept("call_end", key)


class Citations:
    """Annotations of all text blocks, with offsets that count from the start of the whole text."""

    __slots__ = ("_added", "_base", "_bases", "_closed")

    def __init__(self) -> None:
        self._base = 0
        self._bases: dict[int, int] = {}
        self._added: dict[int, list[Annotation]] = {}
        self._closed: set[int] = set()

    def add(self, event: ev.TextStarted | ev.AnnotationAdded | ev.TextEnded) -> None:
        """Take the next event of a text block."""
        if event.block in self._closed:
            return
        base = self._bases.setdefault(event.block, self._base)
        if isinstance(event, ev.AnnotationAdded):
            self._added.setdefault(event.block, []).append(event.annotation)
        elif isinstance(event, ev.TextEnded):
            self._closed.add(event.block)
            self._base = max(self._base, base + len(event.text))
            if event.annotations:
                self._added[event.block] = list(event.annotations)

    def result(self) -> tuple[list[JsonObject], bool]:
        """The wire's annotations, and whether any had no form there."""
        found = [
            annotation_object(annotation, self._bases[block])
            for block, annotations in self._added.items()
            for annotation in annotations
        ]
        told = [annotation for annotation in found if annotation is not None]
        return told, len(told) < len(found)


class _Call:
    """One announced call: how it is written, and the bytes around each piece of its arguments."""

    __slots__ = ("announcement", "delta_end", "delta_start", "ended")

    def __init__(self, event: ev.ToolCallStarted, index: int, form: ReplyForm) -> None:
        self.ended = False
        if form.legacy:
            self.announcement: JsonObject = {"function_call": {"name": event.name, "arguments": ""}}
            self.delta_start, self.delta_end = b'{"function_call":{"arguments":', b"}}"
            return
        kind, member = ("function", "arguments")
        if event.kind is ToolKind.CUSTOM and not form.custom_as_function:
            kind, member = ("custom", "input")
        call: dict[str, Any] = {"index": index, "id": event.call_id, "type": kind}
        self.announcement = {"tool_calls": [{**call, kind: {"name": event.name, member: ""}}]}
        self.delta_start = f'{{"tool_calls":[{{"index":{index},"{kind}":{{"{member}":'.encode()
        self.delta_end = b"}}]}"


def _head(completion_id: str, created_at: int, model: str) -> bytes:
    """The members all chunks share, without the opening brace."""
    shared = {
        "id": completion_id,
        "object": "chat.completion.chunk",
        "created": created_at,
        "model": model,
        "system_fingerprint": None,
    }
    return encode(shared)[1:-1]
