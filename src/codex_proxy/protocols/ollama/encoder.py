"""Events as lines of JSON, and the pieces that streamed and unstreamed answers share.

Rules of this file: every line is whole JSON with the requested model and ``done``; the last one has no content, since
clients join the contents of all lines; a tool call is one line, written when its arguments are complete, before the
last line; a stream that never ended is an error.  Time is told from outside.  Source: Ollama API reference; recorded
streams; behaviour of ollama-python 0.6.3, which fails on blank lines.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure
from codex_proxy.canonical.notes import Weight
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.ollama.errors import error_body
from codex_proxy.protocols.ollama.schema import (
    CONTENT_TYPE,
    GRAMMAR,
    IMAGE_GENERATION,
    RAW_ARGUMENTS,
    Durations,
    Endpoint,
    arguments_object,
    call_object,
    done_reason,
    figures,
    one_line,
)
from codex_proxy.protocols.ollama.timestamps import NANOSECONDS, rfc3339
from codex_proxy.protocols.parts.answers.telling import Silent, Telling, pass_over
from codex_proxy.protocols.parts.answers.thoughts import ThoughtText
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import encode

_ROLE: Final = b'"message":{"role":"assistant","content":'

_Beside: TypeAlias = Silent | ev.TextEnded | ev.ThinkingEnded | ev.AnnotationAdded | ev.UsageReported | ev.OpaqueEvent


class OllamaEncoder(Telling):
    """One answer as a stream of lines.

    Call ``tell_time`` before each batch where durations matter; ``created_at`` is epoch seconds UTC of the beginning.
    """

    content_type = CONTENT_TYPE

    def __init__(self, *, model: str, created_at: int, endpoint: Endpoint, thoughts: bool) -> None:
        super().__init__(GRAMMAR)
        self._model = model
        self._generates = endpoint is Endpoint.GENERATE
        self._shows_thoughts = thoughts
        self._created_ns = created_at * NANOSECONDS
        self._now_ns = 0
        self._first_content_ns: int | None = None
        self._head = b""
        self._stamp()
        self._legality.accept("open")
        self._over = False
        self._counted: ev.UsageReported | None = None
        self._thoughts = ThoughtText()
        self._calls: dict[int, _Call] = {}
        self._waiting: list[_Call] = []
        self._call_count = 0

    def tell_time(self, elapsed_seconds: float) -> None:
        """How long ago the request came; it never goes back."""
        self._now_ns = max(self._now_ns, int(elapsed_seconds * NANOSECONDS))
        self._stamp()

    def encode(self, events: Sequence[ev.Event], frame: Frame | None = None) -> bytes:
        """The lines these events mean; raw frames are never used, since they name the upstream's model."""
        return b"".join([piece for event in events if (piece := self._one(event))])

    def finish(self) -> bytes:
        """Nothing after a proper end; otherwise the error line of a stream that broke off."""
        return b"" if self._over else self.fail(BROKEN_OFF)

    def fail(self, failure: Failure) -> bytes:
        """The error line, at which the SDKs raise."""
        if self._over:
            return b""
        self._over = True
        if not self._legality.accept("error"):
            return b""
        return one_line(error_body(failure, model=self._model)) + b"\n"

    def heartbeat(self) -> bytes:
        """A line without content."""
        return b"" if self._over else self._text_line("")

    def _one(self, event: ev.Event) -> bytes:
        if self._over:
            return b""
        match event:
            case ev.TextDelta() | ev.RefusalDelta():
                return self._text(event.text)
            case ev.ThinkingDelta():
                return self._thinking(event)
            case ev.ToolCallStarted():
                return self._call_started(event)
            case ev.ToolCallDelta() | ev.ToolCallEnded():
                return self._call(event)
            case ev.HostedEnded():
                return self._hosted(event)
            case ev.ResponseEnded():
                return self._ended(event)
        self._observe(event)
        return b""

    def _observe(self, event: _Beside) -> None:
        """Events that write nothing by themselves."""
        match event:
            case ev.UsageReported():
                self._counted = event
            case ev.AnnotationAdded():
                self._drop("annotations", "has no form here")
            case ev.OpaqueEvent():
                self._drop(f"event {event.name}", "has no form here")
            case ev.TextEnded() | ev.ThinkingEnded():
                pass
            case _:
                pass_over(event)

    # Lines

    def _stamp(self) -> None:
        created = rfc3339(self._created_ns + self._now_ns)
        self._head = one_line(encode({"model": self._model, "created_at": created})[:-1] + b",")

    def _text_line(self, text: str) -> bytes:
        written = one_line(encode(text))
        if self._generates:
            return self._head + b'"response":' + written + b',"done":false}\n'
        return self._head + _ROLE + written + b'},"done":false}\n'

    def _line(self, token: str, content: JsonObject) -> bytes:
        """A line with more than text, whose members stand in the message or beside the response."""
        if not self._legality.accept(token):
            return b""
        self._content_came()
        told = one_line(encode(content)[1:-1])
        if self._generates:
            return self._head + b'"response":"",' + told + b',"done":false}\n'
        return self._head + _ROLE + b'"",' + told + b'},"done":false}\n'

    def _text(self, text: str) -> bytes:
        if not text or not self._legality.accept("content"):
            return b""
        self._content_came()
        return self._text_line(text)

    def _thinking(self, event: ev.ThinkingDelta) -> bytes:
        text = self._thoughts.add(event)
        return self._line("thinking", {"thinking": text}) if text and self._shows_thoughts else b""

    def _call_started(self, event: ev.ToolCallStarted) -> bytes:
        if event.block not in self._calls:
            call = self._calls[event.block] = _Call(event)
            self._waiting.append(call)
        return b""

    def _call(self, event: ev.ToolCallDelta | ev.ToolCallEnded) -> bytes:
        call = self._calls.get(event.block)
        if call is None or call.arguments is not None:
            return b""
        if isinstance(event, ev.ToolCallDelta):
            call.pieces.append(event.text)
            return b""
        call.arguments = event.arguments
        return self._tell_calls()

    def _tell_calls(self, *, unfinished: bool = False) -> bytes:
        """Complete calls in the order of their announcement, so that results can be given in that order too."""
        lines: list[bytes] = []
        while self._waiting and (unfinished or self._waiting[0].arguments is not None):
            lines.append(self._call_line(self._waiting.pop(0)))
        return b"".join(lines)

    def _call_line(self, call: "_Call") -> bytes:
        if self._generates:
            self._drop("tool calls", "this endpoint has none", Weight.LOSSY)
            return b""
        started = call.started
        arguments, written = arguments_object(call.text, started.kind)
        if not written:
            detail = f"no JSON object; told as its member {RAW_ARGUMENTS}"
            self._approximate(f"tool call {self._call_count} arguments", detail)
        if started.namespace is not None:
            self._drop("tool call namespace", "calls have none here")
        index, self._call_count = self._call_count, self._call_count + 1
        return self._line("call", {"tool_calls": [call_object(started.call_id, started.name, arguments, index)]})

    def _hosted(self, event: ev.HostedEnded) -> bytes:
        """A picture where the endpoint has a place for one."""
        result = event.item.get("result") if event.kind == IMAGE_GENERATION else None
        if self._generates and isinstance(result, str) and result:
            return self._line("image", {"image": result})
        weight = Weight.LOSSY if event.kind == IMAGE_GENERATION else Weight.COSMETIC
        self._drop(f"item {event.kind}", "has no form here", weight)
        return b""

    def _ended(self, event: ev.ResponseEnded) -> bytes:
        ending = event.ending
        if isinstance(ending, ev.Failed):
            return self.fail(ending.failure)
        calls = self._tell_calls(unfinished=True)
        self._over = True
        if isinstance(ending, ev.Incomplete) and ending.reason != "max_output_tokens":
            self._approximate("done_reason", f"the answer was cut by {ending.reason}")
        if not self._legality.accept("done"):
            return calls
        content = b'"response":"",' if self._generates else _ROLE + b'""},'
        last: JsonObject = {"done": True, "done_reason": done_reason(ending)}
        if self._generates:
            last["context"] = []
        last |= figures(self._durations(), self._counted.usage if self._counted else None)
        return calls + self._head + content + encode(last)[1:] + b"\n"

    def _content_came(self) -> None:
        if self._first_content_ns is None:
            self._first_content_ns = self._now_ns

    def _durations(self) -> Durations:
        first = self._now_ns if self._first_content_ns is None else self._first_content_ns
        return Durations(prompt_ns=first, eval_ns=self._now_ns - first)


class _Call:
    """A call under construction; ``arguments`` are known at its end."""

    __slots__ = ("arguments", "pieces", "started")

    def __init__(self, started: ev.ToolCallStarted) -> None:
        self.started = started
        self.pieces: list[str] = []
        self.arguments: str | None = None

    @property
    def text(self) -> str:
        return "".join(self.pieces) if self.arguments is None else self.arguments
