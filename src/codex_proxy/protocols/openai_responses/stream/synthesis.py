"""Canonical events to Responses events: the whole sequence a real server sends, built from what is known.

Rules of this file: an item opens once and closes once; parts of one message share its item; text parts close before
their item.  Nothing here knows sequence numbers or framing.  Source: recorded streams of the Responses API.
"""

from collections.abc import Iterator
from typing import Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, JsonObject, ToolKind
from codex_proxy.protocols.openai_responses.annotations import build_annotation
from codex_proxy.protocols.parts.signatures import write_signature

_CALLS = {
    ToolKind.FUNCTION: ("function_call", "arguments", "response.function_call_arguments", "fc_"),
    ToolKind.CUSTOM: ("custom_tool_call", "input", "response.custom_tool_call_input", "ctc_"),
}


_BELONGS_TO: Final[dict[type[ev.Event], type[ev.BlockStart]]] = {
    ev.TextDelta: ev.TextStarted,
    ev.AnnotationAdded: ev.TextStarted,
    ev.TextEnded: ev.TextStarted,
    ev.RefusalDelta: ev.RefusalStarted,
    ev.RefusalEnded: ev.RefusalStarted,
    ev.ThinkingDelta: ev.ThinkingStarted,
    ev.ThinkingEnded: ev.ThinkingStarted,
    ev.ToolCallDelta: ev.ToolCallStarted,
    ev.ToolCallEnded: ev.ToolCallStarted,
    ev.HostedEnded: ev.HostedStarted,
    ev.ImagePartial: ev.HostedStarted,
}
_STARTS: Final = frozenset(_BELONGS_TO.values())


class _Part:
    """A text or refusal part of a message."""

    __slots__ = ("annotations", "index", "message", "refusal", "text")

    def __init__(self, message: "_Message", index: int, *, refusal: bool) -> None:
        self.message = message
        self.index = index
        self.refusal = refusal
        self.text: list[str] = []
        self.annotations: list[Annotation] = []

    def wire(self, text: str) -> JsonObject:
        if self.refusal:
            return {"type": "refusal", "refusal": text}
        listed = [build_annotation(annotation) for annotation in self.annotations]
        return {"type": "output_text", "text": text, "annotations": listed, "logprobs": []}


class _Message:
    """A message item under construction."""

    __slots__ = ("content", "item_id", "open_parts", "output_index", "phase")

    def __init__(self, item_id: str, output_index: int, phase: str | None) -> None:
        self.item_id = item_id
        self.output_index = output_index
        self.phase = phase
        self.content: list[JsonObject] = []
        self.open_parts = 0

    def wire(self, status: str) -> JsonObject:
        item = {
            "id": self.item_id,
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": list(self.content),
        }
        return item | {"phase": self.phase} if self.phase else item


class _Block:
    """A block that is an item of its own: reasoning, a call, a hosted tool."""

    __slots__ = ("item_id", "output_index", "pieces", "start", "summary")

    def __init__(self, start: ev.BlockStart, item_id: str, output_index: int) -> None:
        self.start = start
        self.item_id = item_id
        self.output_index = output_index
        self.pieces: list[str] = []
        self.summary: dict[tuple[bool, int], list[str]] = {}


class Synthesis:
    """Builds the wire events of one answer, one canonical event at a time."""

    def __init__(self, *, token: str, first_output_index: int = 0) -> None:
        self._token = token
        self._next_output = first_output_index
        self._parts: dict[int, _Part] = {}
        self._blocks: dict[int, _Block] = {}
        self._message: _Message | None = None
        self._output: dict[int, JsonObject] = {}

    def output(self) -> list[JsonObject]:
        """The finished items, in output order."""
        return [item for _, item in sorted(self._output.items())]

    def takes(self, event: ev.Event) -> bool:
        """Whether ``event`` can be told now: blocks open once, and what belongs to a block comes while it is open."""
        kind = type(event)
        if kind not in _BELONGS_TO and kind not in _STARTS:
            return True
        block: int = event.block  # type: ignore[union-attr]  # every kind of the two tables has one
        opened = self._opened(block)
        return opened is None if kind in _STARTS else opened is _BELONGS_TO[kind]

    def _opened(self, block: int) -> type[ev.BlockStart] | None:
        """The kind of event that opened this block, None where it is not open."""
        part = self._parts.get(block)
        if part is not None:
            return ev.RefusalStarted if part.refusal else ev.TextStarted
        other = self._blocks.get(block)
        return None if other is None else type(other.start)

    def events_of(self, event: ev.Event) -> Iterator[JsonObject]:
        """The wire events that tell ``event``, in order; ask ``takes`` first."""
        match event:
            case ev.TextDelta() | ev.RefusalDelta():
                yield self._text_delta(event)
            case ev.ToolCallDelta():
                yield self._call_delta(event)
            case ev.ThinkingDelta():
                yield from self._thinking_delta(event)
            case ev.TextStarted() | ev.RefusalStarted():
                yield from self._start_part(event)
            case ev.TextEnded() | ev.RefusalEnded():
                yield from self._end_part(event)
            case ev.AnnotationAdded():
                yield self._annotation(event)
            case ev.ThinkingStarted() | ev.ToolCallStarted() | ev.HostedStarted():
                yield from self._start_block(event)
            case ev.ThinkingEnded() | ev.ToolCallEnded() | ev.HostedEnded():
                yield from self._end_block(event)
            case ev.ImagePartial():
                yield self._partial_image(event)
            case _:
                return

    def close(self) -> Iterator[JsonObject]:
        """The wire events that close what is still open."""
        for number in sorted(self._parts):
            part = self._parts[number]
            text = "".join(part.text)
            ended = ev.RefusalEnded if part.refusal else ev.TextEnded
            yield from self._end_part(ended(block=number, text=text))
        for number in sorted(self._blocks):
            yield from self._end_block(_unfinished(self._blocks[number]))
        yield from self._close_message()

    # --------------------------------------------------------------------------------------------- messages

    def _start_part(self, event: ev.TextStarted | ev.RefusalStarted) -> Iterator[JsonObject]:
        message = self._message
        phase = event.phase if isinstance(event, ev.TextStarted) else None
        if message is None or (event.item_id is not None and message.item_id != event.item_id):
            yield from self._close_message()
            message = self._message = _Message(event.item_id or self._item_id("msg_"), self._take_output(), phase)
            yield self._item_event("added", message.output_index, message.wire("in_progress"))
        refusal = isinstance(event, ev.RefusalStarted)
        part = self._parts[event.block] = _Part(message, len(message.content), refusal=refusal)
        message.content.append(part.wire(""))
        message.open_parts += 1
        yield self._part_event("response.content_part.added", part) | {"part": part.wire("")}

    def _text_delta(self, event: ev.TextDelta | ev.RefusalDelta) -> JsonObject:
        part = self._parts[event.block]
        part.text.append(event.text)
        if part.refusal:
            return self._part_event("response.refusal.delta", part) | {"delta": event.text}
        return self._part_event("response.output_text.delta", part) | {"delta": event.text, "logprobs": []}

    def _annotation(self, event: ev.AnnotationAdded) -> JsonObject:
        part = self._parts[event.block]
        part.annotations.append(event.annotation)
        return self._part_event("response.output_text.annotation.added", part) | {
            "annotation_index": len(part.annotations) - 1,
            "annotation": build_annotation(event.annotation),
        }

    def _end_part(self, event: ev.TextEnded | ev.RefusalEnded) -> Iterator[JsonObject]:
        part = self._parts.pop(event.block)
        wire = part.wire(event.text)
        part.message.content[part.index] = wire
        part.message.open_parts -= 1
        if part.refusal:
            yield self._part_event("response.refusal.done", part) | {"refusal": event.text}
        else:
            yield self._part_event("response.output_text.done", part) | {"text": event.text, "logprobs": []}
        yield self._part_event("response.content_part.done", part) | {"part": wire}

    def _close_message(self) -> Iterator[JsonObject]:
        message = self._message
        if message is None:
            return
        for number in [block for block, part in self._parts.items() if part.message is message]:
            part = self._parts[number]
            ended = ev.RefusalEnded if part.refusal else ev.TextEnded
            yield from self._end_part(ended(block=number, text="".join(part.text)))
        self._message = None
        yield self._finish_item(message.output_index, message.wire("completed"))

    # ------------------------------------------------------------------------------ items of a single block

    def _start_block(self, event: ev.ThinkingStarted | ev.ToolCallStarted | ev.HostedStarted) -> Iterator[JsonObject]:
        if self._message is not None and not self._message.open_parts:
            yield from self._close_message()
        item_id = event.item_id or self._item_id(_prefix(event))
        block = self._blocks[event.block] = _Block(event, item_id, self._take_output())
        yield self._item_event("added", block.output_index, _announced(event, item_id))

    def _call_delta(self, event: ev.ToolCallDelta) -> JsonObject:
        block = self._blocks[event.block]
        block.pieces.append(event.text)
        return self._block_event(f"{_call_words(block.start)[2]}.delta", block) | {"delta": event.text}

    def _thinking_delta(self, event: ev.ThinkingDelta) -> Iterator[JsonObject]:
        block = self._blocks[event.block]
        pieces = block.summary.get((event.raw, event.part))
        if pieces is None:
            pieces = block.summary[event.raw, event.part] = []
            if not event.raw:
                part = {"type": "summary_text", "text": ""}
                yield self._summary_event("part.added", block, event.part) | {"part": part}
        pieces.append(event.text)
        if event.raw:
            told = self._block_event("response.reasoning_text.delta", block)
            yield told | {"content_index": event.part, "delta": event.text}
        else:
            yield self._summary_event("text.delta", block, event.part) | {"delta": event.text}

    def _end_block(self, event: ev.ThinkingEnded | ev.ToolCallEnded | ev.HostedEnded) -> Iterator[JsonObject]:
        block = self._blocks.pop(event.block)
        match event:
            case ev.ThinkingEnded():
                yield from self._end_thinking(block, event)
            case ev.ToolCallEnded():
                kind, member, name, _ = _call_words(block.start)
                yield self._block_event(f"{name}.done", block) | {member: event.arguments}
                item = _announced(block.start, block.item_id) | {member: event.arguments, "status": "completed"}
                yield self._finish_item(block.output_index, item | {"type": kind})
            case ev.HostedEnded():
                yield self._finish_item(block.output_index, event.item)

    def _end_thinking(self, block: _Block, event: ev.ThinkingEnded) -> Iterator[JsonObject]:
        for raw, number in sorted(block.summary):
            if raw:
                text = _at(event.content, number)
                told = self._block_event("response.reasoning_text.done", block)
                yield told | {"content_index": number, "text": text}
            else:
                text = _at(event.summary, number)
                yield self._summary_event("text.done", block, number) | {"text": text}
                part = {"type": "summary_text", "text": text}
                yield self._summary_event("part.done", block, number) | {"part": part}
        item: JsonObject = {
            "id": block.item_id,
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": text} for text in event.summary],
        }
        if event.content:
            item["content"] = [{"type": "reasoning_text", "text": text} for text in event.content]
        if event.signature is not None:
            item["encrypted_content"] = write_signature(
                event.signature,
                origin=event.origin,
                item_id=event.item_id or block.start.item_id,
                own=None,
                redacted=event.redacted,
            )
        yield self._finish_item(block.output_index, item)

    def _partial_image(self, event: ev.ImagePartial) -> JsonObject:
        block = self._blocks[event.block]
        return self._block_event("response.image_generation_call.partial_image", block) | {
            "partial_image_b64": event.data,
            "partial_image_index": event.index,
        }

    # ------------------------------------------------------------------------------------------------ words

    def _finish_item(self, output_index: int, item: JsonObject) -> JsonObject:
        self._output[output_index] = item
        return self._item_event("done", output_index, item)

    def _item_event(self, word: str, output_index: int, item: JsonObject) -> JsonObject:
        return {"type": f"response.output_item.{word}", "output_index": output_index, "item": item}

    def _part_event(self, name: str, part: _Part) -> JsonObject:
        message = part.message
        return {
            "type": name,
            "item_id": message.item_id,
            "output_index": message.output_index,
            "content_index": part.index,
        }

    def _block_event(self, name: str, block: _Block) -> JsonObject:
        return {"type": name, "item_id": block.item_id, "output_index": block.output_index}

    def _summary_event(self, word: str, block: _Block, number: int) -> JsonObject:
        return self._block_event(f"response.reasoning_summary_{word}", block) | {"summary_index": number}

    def _take_output(self) -> int:
        index = self._next_output
        self._next_output += 1
        return index

    def _item_id(self, prefix: str) -> str:
        return f"{prefix}{self._token}{self._next_output}"


def _announced(start: ev.BlockStart, item_id: str) -> JsonObject:
    match start:
        case ev.ToolCallStarted():
            kind, member, _, _ = _call_words(start)
            item = {
                "id": item_id,
                "type": kind,
                "status": "in_progress",
                "call_id": start.call_id,
                "name": start.name,
                member: "",
            }
            return item | {"namespace": start.namespace} if start.namespace else item
        case ev.HostedStarted():
            return start.item
        case _:
            return {"id": item_id, "type": "reasoning", "summary": []}


def _unfinished(block: _Block) -> ev.ThinkingEnded | ev.ToolCallEnded | ev.HostedEnded:
    start = block.start
    match start:
        case ev.ToolCallStarted():
            return ev.ToolCallEnded(block=start.block, arguments="".join(block.pieces))
        case ev.HostedStarted():
            return ev.HostedEnded(block=start.block, kind=start.kind, item=start.item)
        case _:
            texts = {key: "".join(pieces) for key, pieces in sorted(block.summary.items())}
            return ev.ThinkingEnded(
                block=start.block,
                summary=tuple(text for (raw, _), text in texts.items() if not raw),
                content=tuple(text for (raw, _), text in texts.items() if raw),
            )


def _call_words(start: ev.BlockStart) -> tuple[str, str, str, str]:
    kind = start.kind if isinstance(start, ev.ToolCallStarted) else ToolKind.FUNCTION
    return _CALLS[ToolKind(kind)]


def _prefix(start: ev.BlockStart) -> str:
    if isinstance(start, ev.ToolCallStarted):
        return _call_words(start)[3]
    return "rs_" if isinstance(start, ev.ThinkingStarted) else "item_"


def _at(texts: tuple[str, ...], number: int) -> str:
    return texts[number] if number < len(texts) else ""
