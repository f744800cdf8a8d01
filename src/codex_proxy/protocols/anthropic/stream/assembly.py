"""Content blocks of a vendor's answer, put together from their frames, as events.

Rules of this file: tolerant; a delta that fits no open block opens a text or is read over.  The result of a hosted
search ends the call it belongs to; other hosted blocks are items of their own type, carried whole.
"""

from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, JsonObject, ToolKind
from codex_proxy.protocols.anthropic import hosted
from codex_proxy.protocols.anthropic.schema import ORIGIN, WEB_SEARCH_CALL, Delta, read_citation
from codex_proxy.protocols.base import CallContext, InvalidRequest
from codex_proxy.protocols.parts.json_text import decode_value, encode

_SEARCH_RESULT: Final = "web_search_tool_result"
_NO_ARGUMENTS: Final = "{}"


class Assembly:
    """The blocks of one answer; the caller numbers frames, this numbers canonical blocks."""

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._block_count = 0
        self._open: dict[int, _Open] = {}
        self._searches: dict[str, _Open] = {}

    @property
    def has_open(self) -> bool:
        """Whether a block that frames still write to is open."""
        return bool(self._open)

    def start(self, index: int, content: JsonObject) -> Iterator[ev.Event]:
        """A block opens; one that was left open under this index ends first."""
        yield from self.stop(index)
        kind = content.get("type")
        match kind:
            case "text":
                yield from self._start_text(index, content)
            case "thinking" | "redacted_thinking":
                yield from self._start_thinking(index, content)
            case "tool_use":
                yield from self._start_call(index, content)
            case "web_search_tool_result" if str(content.get("tool_use_id")) in self._searches:
                call = self._searches.pop(str(content.get("tool_use_id")))
                self._open[index] = _Open(call.block, content, search=call)
            case str():
                yield from self._start_hosted(index, kind, content)

    def delta(self, index: int, told: Delta, raw: JsonObject) -> Iterator[ev.Event]:
        """More of a block; ``raw`` holds every member of the delta."""
        opened = self._open.get(index)
        if opened is None and isinstance(told.text, str):
            yield from self._start_text(index, {})
            opened = self._open[index]
        if opened is None:
            return
        match told:
            case Delta(type="text_delta", text=str() as text) if text:
                opened.pieces.append(text)
                yield ev.TextDelta(block=opened.block, text=text)
            case Delta(type="thinking_delta", thinking=str() as text) if text:
                opened.pieces.append(text)
                yield ev.ThinkingDelta(block=opened.block, text=text)
            case Delta(type="signature_delta", signature=str() as signature):
                opened.signature = signature
            case Delta(type="input_json_delta", partial_json=str() as text) if text:
                opened.pieces.append(text)
                if opened.streams:
                    yield ev.ToolCallDelta(block=opened.block, text=text)
            case Delta(type="citations_delta", citation=dict() as citation):
                opened.citations.append(citation)
            case Delta(type="text_delta" | "thinking_delta" | "input_json_delta"):
                pass
            case _:
                opened.merge(raw)

    def stop(self, index: int) -> Iterator[ev.Event]:
        """A block ends."""
        opened = self._open.pop(index, None)
        if opened is None:
            return
        kind = opened.content.get("type")
        match kind:
            case "text":
                yield from self._end_text(opened)
            case "thinking" | "redacted_thinking":
                yield from self._end_thinking(opened)
            case "tool_use":
                yield from self._end_call(opened)
            case _:
                yield from self._end_hosted(opened, str(kind))

    def close(self) -> Iterator[ev.Event]:
        """The ends of all blocks still open, searches without a result among them."""
        for index in list(self._open):
            yield from self.stop(index)
        searches, self._searches = self._searches, {}
        for call in searches.values():
            item = hosted.search_item(call.content, None)
            yield ev.HostedEnded(block=call.block, kind=WEB_SEARCH_CALL, item=item)

    def _take_block(self) -> int:
        self._block_count += 1
        return self._block_count - 1

    def _start_text(self, index: int, content: JsonObject) -> Iterator[ev.Event]:
        opened = self._open[index] = _Open(self._take_block(), {**content, "type": "text"})
        yield ev.TextStarted(block=opened.block)
        text, cited = content.get("text"), content.get("citations")
        if isinstance(text, str) and text:
            opened.pieces.append(text)
            yield ev.TextDelta(block=opened.block, text=text)
        if isinstance(cited, list):
            opened.citations += [citation for citation in cited if isinstance(citation, dict)]

    def _end_text(self, opened: "_Open") -> Iterator[ev.Event]:
        text = "".join(opened.pieces)
        found = (read_citation(citation, len(text)) for citation in opened.citations)
        annotations: tuple[Annotation, ...] = tuple(annotation for annotation in found if annotation is not None)
        for annotation in annotations:
            yield ev.AnnotationAdded(block=opened.block, annotation=annotation)
        yield ev.TextEnded(block=opened.block, text=text, annotations=annotations)

    def _start_thinking(self, index: int, content: JsonObject) -> Iterator[ev.Event]:
        opened = self._open[index] = _Open(self._take_block(), content)
        yield ev.ThinkingStarted(block=opened.block)
        redacted = content.get("type") == "redacted_thinking"
        signature, words = content.get("data" if redacted else "signature"), content.get("thinking")
        if isinstance(signature, str):
            opened.signature = signature
        if isinstance(words, str) and words:
            opened.pieces.append(words)
            yield ev.ThinkingDelta(block=opened.block, text=words)

    def _end_thinking(self, opened: "_Open") -> Iterator[ev.Event]:
        words = "".join(opened.pieces)
        signed = bool(opened.signature)
        yield ev.ThinkingEnded(
            block=opened.block,
            summary=(words,) if words else (),
            signature=opened.signature if signed else None,
            origin=ORIGIN if signed else None,
            redacted=opened.content.get("type") == "redacted_thinking",
        )

    def _start_call(self, index: int, content: JsonObject) -> Iterator[ev.Event]:
        opened = self._open[index] = _Open(self._take_block(), content)
        told = content.get("name")
        name = self._context.tool_names.get(told, told) if isinstance(told, str) else ""
        opened.streams = name not in self._context.custom_tools
        call_id = str(content.get("id") or f"call_{opened.block}")
        yield ev.ToolCallStarted(
            block=opened.block,
            call_id=self._context.call_ids.get(call_id, call_id),
            name=name,
            kind=ToolKind.FUNCTION if opened.streams else ToolKind.CUSTOM,
        )

    def _end_call(self, opened: "_Open") -> Iterator[ev.Event]:
        told = "".join(opened.pieces)
        arguments = told
        if not told:
            given = opened.content.get("input")
            arguments = encode(given).decode() if isinstance(given, dict) and given else _NO_ARGUMENTS
        if not opened.streams:
            arguments = _unwrap(arguments)
        if not (told and opened.streams) and arguments:
            yield ev.ToolCallDelta(block=opened.block, text=arguments)
        yield ev.ToolCallEnded(block=opened.block, arguments=arguments)

    def _start_hosted(self, index: int, kind: str, content: JsonObject) -> Iterator[ev.Event]:
        opened = self._open[index] = _Open(self._take_block(), content)
        item_id = content.get("id") if isinstance(content.get("id"), str) else None
        if hosted.is_search_call(content):
            announced = hosted.search_item(content, None)
            yield ev.HostedStarted(block=opened.block, kind=WEB_SEARCH_CALL, item=announced, item_id=item_id)
        else:
            yield ev.HostedStarted(block=opened.block, kind=kind, item=content, item_id=item_id, origin=ORIGIN)

    def _end_hosted(self, opened: "_Open", kind: str) -> Iterator[ev.Event]:
        content = opened.whole()
        if opened.search is not None:
            item = hosted.search_item(opened.search.content, content)
            yield ev.HostedEnded(block=opened.block, kind=WEB_SEARCH_CALL, item=item)
        elif hosted.is_search_call(content):
            opened.content = content
            self._searches[str(content.get("id"))] = opened  # its result is a block of its own
        else:
            yield ev.HostedEnded(block=opened.block, kind=kind, item=content, origin=ORIGIN)


class _Open:
    """One block under construction; ``search`` is the call whose result it is."""

    __slots__ = ("block", "citations", "content", "pieces", "search", "signature", "streams")

    def __init__(self, block: int, content: JsonObject, *, search: "_Open | None" = None) -> None:
        self.block = block
        self.content = content
        self.search = search
        self.pieces: list[str] = []
        self.citations: list[JsonObject] = []
        self.signature = ""
        self.streams = False

    def merge(self, delta: JsonObject) -> None:
        """A delta of a kind nobody knows: texts grow, everything else is replaced."""
        grown = dict(self.content)
        for name, value in delta.items():
            before = grown.get(name)
            if name != "type":
                grown[name] = before + value if isinstance(before, str) and isinstance(value, str) else value
        self.content = grown

    def whole(self) -> JsonObject:
        """The block with the input that its deltas told."""
        if not self.pieces:
            return self.content
        try:
            told: Any = decode_value("".join(self.pieces).encode("utf-8", "replace"))
        except InvalidRequest:
            return self.content
        return {**self.content, "input": told if isinstance(told, dict) else {}}


def _unwrap(arguments: str) -> str:
    """The free text in ``{"input": text}``; whatever else the model wrote stays as it is."""
    try:
        value = decode_value(arguments.encode("utf-8", "replace"))
    except InvalidRequest:
        return arguments
    text = value.get("input") if isinstance(value, dict) else None
    return text if isinstance(text, str) else arguments
