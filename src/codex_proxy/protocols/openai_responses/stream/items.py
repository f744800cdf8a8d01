"""Events of output items: text, refusals, reasoning, tool calls and hosted tools, told block by block.

Rules of this file: a tool call is announced only when its name and id are known; arguments that came earlier are kept
and told then.  A signature is taken from a finished item only, since the announced one may be incomplete.
"""

from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Dialect
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_responses.annotations import read_annotation
from codex_proxy.protocols.openai_responses.stream.schema import WireEvent, read_object
from codex_proxy.protocols.openai_responses.stream.tracking import (
    CALL_KINDS,
    CALL_TEXT,
    Item,
    ItemTable,
    TextPart,
    joined,
    missing_rest,
)

_ITEM_EVENTS: Final = frozenset({"response.output_item.added", "response.output_item.done"})
_REASONING: Final = "reasoning"


class ItemReader:
    """Reads the item events of one answer."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self.renames = bool(context.tool_names or context.call_ids)
        self._table = ItemTable()
        self._next_block = 0
        self._text_place: tuple[int | None, str | None, int | None] | None = None
        self._text_part = TextPart(-1, refusal=False)

    # ------------------------------------------------------------------------------------------ whole items

    def added(self, event: WireEvent, out: list[ev.Event]) -> None:
        self._announce(read_object(event.item), event.output_index, out)

    def done(self, event: WireEvent, out: list[ev.Event]) -> None:
        self._finish(read_object(event.item), event.output_index, out)

    def hydrate(self, response: JsonObject, out: list[ev.Event]) -> None:
        """Tell the items that only the final response lists."""
        output = response.get("output")
        for index, members in enumerate(output if isinstance(output, list) else []):
            if isinstance(members, dict) and not self._table.known(index, _item_id(members)):
                self._finish(members, index, out)

    def close_all(self, out: list[ev.Event]) -> None:
        """End every block still open, with what is known of it."""
        for item in self._table.in_order():
            self._end_item(item, {}, out)

    def completed(self, response: JsonObject) -> JsonObject:
        """The final response with its output rebuilt where the upstream left items out."""
        output = response.get("output")
        listed = [self._original(item) for item in output if isinstance(item, dict)] if isinstance(output, list) else []
        finished = self._table.output()
        return response | {"output": finished if len(finished) > len(listed) else listed}

    def renamed(self, event: WireEvent, frame: Frame) -> Frame:
        """The frame with the client's own tool names."""
        if event.type not in _ITEM_EVENTS:
            return frame
        members = read_object(frame.data)
        item = members.get("item")
        original = self._original(item) if isinstance(item, dict) else item
        if original is item:
            return frame
        return Frame(frame.event, msgspec.json.encode(members | {"item": original}))

    def _original(self, members: JsonObject) -> JsonObject:
        changed: JsonObject = {}
        for member, names in (("name", self._context.tool_names), ("call_id", self._context.call_ids)):
            value = members.get(member)
            if isinstance(value, str) and value in names:
                changed[member] = names[value]
        return members | changed if changed else members

    def _announce(self, members: JsonObject, output_index: int | None, out: list[ev.Event]) -> Item:
        kind, item_id = str(members.get("type") or ""), _item_id(members)
        item = self._table.find(output_index, item_id)
        if item.kind is None:
            item.kind = kind
            item.item_id = item_id or item.item_id
            self._table.put(item, output_index)
        phase = members.get("phase")
        item.phase = phase if isinstance(phase, str) else item.phase
        if kind in CALL_KINDS:
            self._announce_call(item, members, out)
        elif kind == _REASONING:
            self._open_thinking(item, out)
        elif kind != "message" and item.block is None:
            item.block = self._take_block()
            item.announced = members
            out.append(ev.HostedStarted(block=item.block, kind=kind, item=members, item_id=item.item_id))
        return item

    def _finish(self, members: JsonObject, output_index: int | None, out: list[ev.Event]) -> None:
        item = self._announce(members, output_index, out)
        if item.ended:
            return
        index = output_index if output_index is not None else len(self._table.finished)
        self._table.finished[index] = self._original(members)
        if item.kind == "message":
            self._complete_message(item, members, out)
        self._end_item(item, members, out)

    def _end_item(self, item: Item, members: JsonObject, out: list[ev.Event]) -> None:
        if item.ended:
            return
        item.ended = True
        for part in item.parts.values():
            self._end_part(part, part.told(), out)
        if item.call is not None:
            self._end_call(item, members, out)
        elif item.block is None:
            return
        elif item.kind == _REASONING:
            self._end_thinking(item, members, out)
        else:
            out.append(ev.HostedEnded(block=item.block, kind=item.kind or "", item=members or item.announced))

    # --------------------------------------------------------------------------------------------- messages

    def _part(self, event: WireEvent, out: list[ev.Event], *, refusal: bool) -> TextPart:
        item = self._table.find(event.output_index, event.item_id)
        return self._part_of(item, event.content_index or 0, refusal=refusal, out=out)

    def _part_of(self, item: Item, index: int, *, refusal: bool, out: list[ev.Event]) -> TextPart:
        part = item.parts.get(index)
        if part is None:
            part = item.parts[index] = TextPart(self._take_block(), refusal=refusal)
            if refusal:
                out.append(ev.RefusalStarted(block=part.block, item_id=item.item_id))
            else:
                out.append(ev.TextStarted(block=part.block, item_id=item.item_id, phase=item.phase))
        return part

    def part_added(self, event: WireEvent, out: list[ev.Event]) -> None:
        self._read_part(event, out)

    def part_done(self, event: WireEvent, out: list[ev.Event]) -> None:
        part = self._read_part(event, out)
        if part is not None:
            self._complete_part(part, read_object(event.part), out)

    def _read_part(self, event: WireEvent, out: list[ev.Event]) -> TextPart | None:
        members = read_object(event.part)
        kind = members.get("type")
        if str(kind) in {"output_text", "refusal"}:
            return self._part(event, out, refusal=kind == "refusal")
        if kind != "reasoning_text":
            payload = msgspec.json.encode(members)
            out.append(ev.OpaqueEvent(dialect=Dialect.OPENAI_RESPONSES, name=event.type, payload=payload))
        return None

    def text_delta(self, event: WireEvent, out: list[ev.Event]) -> None:
        delta = event.delta
        if not delta:
            return
        place = (event.output_index, event.item_id, event.content_index)
        if place != self._text_place:  # a text's deltas come in a row
            self._text_part, self._text_place = self._part(event, out, refusal=False), place
        part = self._text_part
        part.pieces.append(delta)
        out.append(ev.TextDelta(block=part.block, text=delta))

    def text_done(self, event: WireEvent, out: list[ev.Event]) -> None:
        if event.text is not None:
            self._repair(self._part(event, out, refusal=False), event.text, out)

    def refusal_delta(self, event: WireEvent, out: list[ev.Event]) -> None:
        if event.delta:
            part = self._part(event, out, refusal=True)
            part.pieces.append(event.delta)
            out.append(ev.RefusalDelta(block=part.block, text=event.delta))

    def refusal_done(self, event: WireEvent, out: list[ev.Event]) -> None:
        if event.refusal is not None:
            self._repair(self._part(event, out, refusal=True), event.refusal, out)

    def annotation(self, event: WireEvent, out: list[ev.Event]) -> None:
        members = read_object(event.annotation)
        if members:
            part = self._part(event, out, refusal=False)
            annotation = read_annotation(members)
            part.annotations.append(annotation)
            out.append(ev.AnnotationAdded(block=part.block, annotation=annotation))

    def _complete_message(self, item: Item, members: JsonObject, out: list[ev.Event]) -> None:
        # Parts are paired in order, not by index: some servers count the streamed parts from 1.
        told = sorted(item.parts)
        for place, wire in enumerate(_message_parts(members)):
            index = told[place] if place < len(told) else max(item.parts, default=-1) + 1
            part = self._part_of(item, index, refusal=wire["type"] == "refusal", out=out)
            self._complete_part(part, wire, out)

    def _complete_part(self, part: TextPart, members: JsonObject, out: list[ev.Event]) -> None:
        if part.ended:
            return
        full = members.get("refusal" if part.refusal else "text")
        text = full if isinstance(full, str) else part.told()
        self._repair(part, text, out)
        listed = members.get("annotations")
        known = [read_annotation(item) for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
        for annotation in known[len(part.annotations) :]:
            part.annotations.append(annotation)
            out.append(ev.AnnotationAdded(block=part.block, annotation=annotation))
        self._end_part(part, text, out)

    def _repair(self, part: TextPart, full: str, out: list[ev.Event]) -> None:
        rest = missing_rest(part.told(), full)
        if rest and not part.ended:
            part.pieces.append(rest)
            kind = ev.RefusalDelta if part.refusal else ev.TextDelta
            out.append(kind(block=part.block, text=rest))

    def _end_part(self, part: TextPart, text: str, out: list[ev.Event]) -> None:
        if part.ended:
            return
        part.ended = True
        if part.refusal:
            out.append(ev.RefusalEnded(block=part.block, text=text))
        else:
            out.append(ev.TextEnded(block=part.block, text=text, annotations=tuple(part.annotations)))

    # -------------------------------------------------------------------------------------------- reasoning

    def _open_thinking(self, item: Item, out: list[ev.Event]) -> int:
        if item.block is None:
            item.kind = item.kind or _REASONING
            item.block = self._take_block()
            out.append(ev.ThinkingStarted(block=item.block, item_id=item.item_id))
        return item.block

    def _think(self, event: WireEvent, text: str | None, out: list[ev.Event], *, raw: bool, whole: bool) -> None:
        if text is None:
            return
        item = self._table.find(event.output_index, event.item_id)
        index = (event.content_index if raw else event.summary_index) or 0
        pieces = (item.raw if raw else item.summary).setdefault(index, [])
        news = missing_rest("".join(pieces), text) if whole else text
        if news and not item.ended:
            pieces.append(news)
            block = self._open_thinking(item, out)
            out.append(ev.ThinkingDelta(block=block, text=news, part=index, raw=raw))

    def summary_part(self, event: WireEvent, out: list[ev.Event]) -> None:
        self._open_thinking(self._table.find(event.output_index, event.item_id), out)

    def summary_delta(self, event: WireEvent, out: list[ev.Event]) -> None:
        self._think(event, event.delta, out, raw=False, whole=False)

    def summary_done(self, event: WireEvent, out: list[ev.Event]) -> None:
        self._think(event, event.text, out, raw=False, whole=True)

    def raw_delta(self, event: WireEvent, out: list[ev.Event]) -> None:
        self._think(event, event.delta, out, raw=True, whole=False)

    def raw_done(self, event: WireEvent, out: list[ev.Event]) -> None:
        self._think(event, event.text, out, raw=True, whole=True)

    def _end_thinking(self, item: Item, members: JsonObject, out: list[ev.Event]) -> None:
        block = self._open_thinking(item, out)
        for told, member, raw in ((item.summary, "summary", False), (item.raw, "content", True)):
            for index, full in enumerate(_part_texts(members.get(member))):
                pieces = told.setdefault(index, [])
                rest = missing_rest("".join(pieces), full)
                if rest:
                    out.append(ev.ThinkingDelta(block=block, text=rest, part=index, raw=raw))
                told[index] = [full]
        signature = members.get("encrypted_content")
        out.append(
            ev.ThinkingEnded(
                block=block,
                summary=joined(item.summary),
                content=joined(item.raw),
                signature=signature if isinstance(signature, str) else None,
                item_id=item.item_id,
            )
        )

    # ------------------------------------------------------------------------------------------- tool calls

    def _announce_call(self, item: Item, members: JsonObject, out: list[ev.Event]) -> None:
        name, call_id = members.get("name"), members.get("call_id")
        if item.call is not None or not isinstance(name, str) or not isinstance(call_id, str):
            return
        namespace = members.get("namespace")
        item.block = self._take_block()
        item.call = ev.ToolCallStarted(
            block=item.block,
            call_id=self._context.call_ids.get(call_id, call_id),
            name=self._context.tool_names.get(name, name),
            kind=CALL_KINDS[str(members["type"])],
            namespace=namespace if isinstance(namespace, str) else None,
            item_id=item.item_id,
        )
        out.append(item.call)
        if item.pieces:
            out.append(ev.ToolCallDelta(block=item.block, text="".join(item.pieces)))

    def arguments_delta(self, event: WireEvent, out: list[ev.Event]) -> None:
        if event.delta:
            self._tell_arguments(self._table.find(event.output_index, event.item_id), event.delta, out)

    def arguments_done(self, event: WireEvent, out: list[ev.Event]) -> None:
        full = event.arguments if event.arguments is not None else event.input
        item = self._table.find(event.output_index, event.item_id)
        if full is not None:
            self._tell_arguments(item, missing_rest("".join(item.pieces), full), out)

    def _tell_arguments(self, item: Item, text: str, out: list[ev.Event]) -> None:
        if text and not item.ended:
            item.pieces.append(text)
            if item.call is not None:
                out.append(ev.ToolCallDelta(block=item.call.block, text=text))

    def _end_call(self, item: Item, members: JsonObject, out: list[ev.Event]) -> None:
        call = item.call
        if call is None:
            return
        told = "".join(item.pieces)
        full = members.get(CALL_TEXT[call.kind])
        arguments = full if isinstance(full, str) else told
        rest = missing_rest(told, arguments)
        if rest:
            out.append(ev.ToolCallDelta(block=call.block, text=rest))
        out.append(ev.ToolCallEnded(block=call.block, arguments=arguments))

    # ----------------------------------------------------------------------------------------- hosted tools

    def partial_image(self, event: WireEvent, out: list[ev.Event]) -> None:
        item = self._table.find(event.output_index, event.item_id)
        if event.partial_image_b64 is None:
            return
        if item.block is None:
            self._announce({"type": "image_generation_call", "id": event.item_id}, event.output_index, out)
        if item.block is not None:
            index = event.partial_image_index or 0
            out.append(ev.ImagePartial(block=item.block, data=event.partial_image_b64, index=index))

    def _take_block(self) -> int:
        block = self._next_block
        self._next_block += 1
        return block


def _item_id(members: JsonObject) -> str | None:
    value = members.get("id")
    return value if isinstance(value, str) and value else None


def _message_parts(members: JsonObject) -> list[JsonObject]:
    content = members.get("content")
    parts = content if isinstance(content, list) else []
    return [part for part in parts if isinstance(part, dict) and str(part.get("type")) in {"output_text", "refusal"}]


def _part_texts(parts: object) -> list[str]:
    if not isinstance(parts, list):
        return []
    return [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
