"""A server's answer as events, streamed or whole, of either endpoint.

Rules of this file: tolerant and total; an odd member is read over, an unreadable line ends the answer as garbled, and
an end is never invented: without ``done`` the answer broke off.  A call comes whole in one line.  Source: Ollama API
reference; recorded answers of Ollama 0.1 to 0.12 (old ones have no ``done_reason``, cached prompts no count).
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolKind
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.framing.ndjson import NdjsonDecoder
from codex_proxy.framing.sse import Frame, FrameTooLarge
from codex_proxy.protocols.base import CallContext, InvalidRequest, Step, UpstreamError
from codex_proxy.protocols.ollama.errors import read_error
from codex_proxy.protocols.ollama.schema import IMAGE_GENERATION, CallPart, Line, MessagePart, parse_usage
from codex_proxy.protocols.ollama.timestamps import epoch_seconds
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF
from codex_proxy.protocols.parts.json_text import decode_value, encode

_CUT: Final = "length"
_NO_DIGIT: Final = re.compile(r"\D")
_decode_line: Final = msgspec.json.Decoder(Line).decode


class OllamaDecoder:
    """One streamed answer; a whole body where a stream was asked for is a stream of one line."""

    def __init__(self, context: CallContext) -> None:
        self._relays = context.relays
        self._answer = Answer(context)
        self._lines = NdjsonDecoder()

    def feed(self, chunk: bytes) -> list[Step]:
        """Steps that this chunk completes; raises ``UpstreamError`` where it cannot be framed."""
        try:
            return [self.feed_frame(frame) for frame in self._lines.feed(chunk)]
        except FrameTooLarge as error:
            raise UpstreamError(Failure(kind=FailureKind.GARBLED, message=str(error))) from None

    def feed_frame(self, frame: Frame) -> Step:
        """The step of one line."""
        return Step(frame if self._relays else None, self._answer.add(frame.data))

    def end(self) -> list[Step]:
        """The last steps; an answer without an end is disconnected."""
        steps = [self.feed_frame(frame) for frame in self._lines.end()]
        last = self._answer.end()
        return [*steps, Step(None, last)] if last else steps


class Answer:
    """What the lines of one answer say so far; nothing follows its end."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._started = False
        self._ended = False
        self._stamp = ""
        self._blocks = _Blocks()

    def add(self, data: bytes) -> tuple[ev.Event, ...]:
        """The events of one line, or of a whole answer."""
        if self._ended:
            return ()
        try:
            line = _read_line(data)
        except InvalidRequest:
            return self._close(Line(), _garbled("the server sent a line that is not JSON"))
        if line is None:
            return ()
        if line.error is not None:
            return self._close(line, ev.Failed(failure=read_error({"error": line.error})))
        events = [] if self._started else [self._start(line)]
        events += self._content(line)
        if line.done is True:
            reason = ev.Incomplete(reason="max_output_tokens") if line.done_reason == _CUT else ev.Completed()
            events += self._close(line, reason)
        return tuple(events)

    def end(self) -> tuple[ev.Event, ...]:
        """The end of an answer that broke off; nothing after a proper one."""
        if self._ended:
            return ()
        return self._close(Line(), ev.Failed(failure=BROKEN_OFF))

    def _start(self, line: Line) -> ev.Event:
        self._started = True
        self._stamp = _NO_DIGIT.sub("", line.created_at) if isinstance(line.created_at, str) else ""
        model = line.model if isinstance(line.model, str) and line.model else self._context.model
        return ev.ResponseStarted(response_id="", model=model, created_at=epoch_seconds(line.created_at))

    def _content(self, line: Line) -> Iterator[ev.Event]:
        message = line.message or MessagePart()
        for thoughts in (message.thinking, line.thinking):
            yield from self._blocks.say(_Kind.THINKING, thoughts)
        for text in (message.content, line.response):
            yield from self._blocks.say(_Kind.TEXT, text)
        for call in message.tool_calls or ():
            yield from self._call(call)
        if isinstance(line.image, str) and line.image:
            yield from self._blocks.show(line.image, self._stamp)

    def _call(self, call: CallPart) -> Iterator[ev.Event]:
        function = call.function
        if function is None or not isinstance(function.name, str) or not function.name:
            return
        name = self._context.tool_names.get(function.name, function.name)
        arguments, kind = _arguments(function.arguments), ToolKind.FUNCTION
        if name in self._context.custom_tools:
            arguments, kind = _free_text(function.arguments, arguments), ToolKind.CUSTOM
        told = call.id if isinstance(call.id, str) else ""
        yield from self._blocks.close()
        block = self._blocks.next_block()
        call_id = self._context.call_ids.get(told, told) or f"call_{self._stamp}_{block}"
        yield ev.ToolCallStarted(block=block, call_id=call_id, name=name, kind=kind)
        yield ev.ToolCallDelta(block=block, text=arguments)
        yield ev.ToolCallEnded(block=block, arguments=arguments)

    def _close(self, line: Line, ending: ev.Ending) -> tuple[ev.Event, ...]:
        self._ended = True
        events = [] if self._started else [self._start(line)]
        events += self._blocks.close()
        usage = parse_usage(line)
        if usage is not None:
            events.append(ev.UsageReported(usage=usage))
        return (*events, ev.ResponseEnded(ending=ending))


class _Kind(Enum):
    TEXT = auto()
    THINKING = auto()


class _Blocks:
    """The answer's blocks: one of prose is open at a time."""

    def __init__(self) -> None:
        self._count = 0
        self._kind: _Kind | None = None
        self._pieces: list[str] = []

    def say(self, kind: _Kind, text: Any) -> Iterator[ev.Event]:
        """More text or thoughts; anything but text says nothing."""
        if not isinstance(text, str) or not text:
            return
        if self._kind is not kind:
            yield from self.close()
            block = self.next_block()
            self._kind = kind
            yield ev.TextStarted(block=block) if kind is _Kind.TEXT else ev.ThinkingStarted(block=block)
        self._pieces.append(text)
        block = self._count - 1
        yield ev.TextDelta(block=block, text=text) if kind is _Kind.TEXT else ev.ThinkingDelta(block=block, text=text)

    def show(self, data: str, stamp: str) -> Iterator[ev.Event]:
        """A generated picture, as base64."""
        yield from self.close()
        block = self.next_block()
        item_id = f"ig_{stamp}_{block}"
        item: JsonObject = {"type": IMAGE_GENERATION, "id": item_id, "status": "completed"}
        yield ev.HostedStarted(block=block, kind=IMAGE_GENERATION, item=item, item_id=item_id)
        yield ev.HostedEnded(block=block, kind=IMAGE_GENERATION, item={**item, "result": data})

    def next_block(self) -> int:
        """The number of a new block; the prose before it has to be closed."""
        self._count += 1
        return self._count - 1

    def close(self) -> Iterator[ev.Event]:
        """The end of the open prose."""
        kind, self._kind = self._kind, None
        text, self._pieces = "".join(self._pieces), []
        block = self._count - 1
        if kind is _Kind.TEXT:
            yield ev.TextEnded(block=block, text=text)
        elif kind is _Kind.THINKING:
            yield ev.ThinkingEnded(block=block, summary=(text,))


def _read_line(data: bytes) -> Line | None:
    """The line; None where JSON of another shape is read over.  Raises ``InvalidRequest`` where it is no JSON."""
    try:
        return _decode_line(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        return msgspec.convert(decode_value(data), Line)
    except msgspec.ValidationError:
        return None


def _arguments(arguments: Any) -> str:
    """Arguments as JSON text; other servers than Ollama's also send text or nothing."""
    if isinstance(arguments, str):
        return arguments or "{}"
    return encode(arguments).decode() if isinstance(arguments, dict) else "{}"


def _free_text(arguments: Any, otherwise: str) -> str:
    """The free text in ``{"input": text}``; whatever else the model wrote stays as it is."""
    text = arguments.get("input") if isinstance(arguments, dict) else None
    return text if isinstance(text, str) else otherwise


def _garbled(message: str) -> ev.Failed:
    return ev.Failed(failure=Failure(kind=FailureKind.GARBLED, message=message))
