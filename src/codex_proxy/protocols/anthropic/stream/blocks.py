"""Block events, already in order, as content blocks on the wire.

Rules of this file: indices rise without a gap; a block is opened when it has something to say, so that none is empty;
every frame is asked of the legality machine first.  Arguments of free-text tools become the JSON ``{"input": text}``,
escaped piece by piece.
"""

import re
from typing import Any, Final

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation, JsonObject, ToolKind
from codex_proxy.framing.sse import encode_frame
from codex_proxy.protocols.anthropic import hosted
from codex_proxy.protocols.anthropic.schema import (
    CALL,
    IMAGE_GENERATION_CALL,
    ORIGIN,
    TEXT,
    THINKING,
    WHOLE,
    Display,
    citation_object,
    kind_of,
)
from codex_proxy.protocols.anthropic.stream.queue import BlockEvent
from codex_proxy.protocols.parts.answers.thoughts import ThoughtText
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.legality import Legality
from codex_proxy.protocols.parts.signatures import write_signature

_INPUT_START: Final = '{"input":"'
_INPUT_END: Final = '"}'
_ILLEGAL: Final = re.compile(r"[^a-zA-Z0-9_-]")


def call_block(call_id: str, name: str, arguments: JsonObject) -> JsonObject:
    """A ``tool_use`` block; ids keep to the characters that the wire allows."""
    return {"type": "tool_use", "id": _ILLEGAL.sub("_", call_id) or "call", "name": name, "input": arguments}


class BlockWriter:
    """Writes the blocks of one answer; ``open_index`` is the index of the open one."""

    def __init__(self, legality: Legality, *, display: Display, searches: bool) -> None:
        self.open_index: int | None = None
        self.called = False
        self.refused = False
        self.searches_count = 0
        self.dropped: list[str] = []
        self._legality = legality
        self._display = display
        self._searches = searches
        self._next_index = 0
        self._kind = TEXT
        self._pieces: list[str] = []
        self._thought = ThoughtText()
        self._suffix = ""
        self._text_start = b""
        self._unsourced: list[JsonObject] = []
        self._cited: list[Annotation] = []

    def write(self, event: BlockEvent) -> bytes:
        """Wire bytes for the next event."""
        match event:
            case ev.TextStarted() | ev.RefusalStarted():
                self.refused = self.refused or isinstance(event, ev.RefusalStarted)
                return self._enter(TEXT)
            case ev.TextDelta() | ev.RefusalDelta():
                return self.write_text(event.text)
            case ev.ThinkingStarted() | ev.ThinkingDelta() | ev.ThinkingEnded():
                return self._thinking(event)
            case ev.ToolCallStarted():
                return self._call_started(event)
            case ev.ToolCallDelta():
                return self._arguments(event.text)
            case ev.AnnotationAdded():
                return self._cite(event.annotation)
            case ev.HostedEnded():
                return self.close() + self._hosted(event)
            case ev.HostedStarted() | ev.ImagePartial():
                return b""
            case ev.TextEnded() | ev.RefusalEnded() | ev.ToolCallEnded():
                return self.close()

    def write_text(self, text: str) -> bytes:
        """More of the open text."""
        if not text:
            return b""
        opening = b"" if self.open_index is not None else self._start({"type": "text", "text": ""})
        if not self._legality.accept("text_delta", self.open_index):
            return opening
        self._pieces.append(text)
        return opening + self._text_start + encode(text) + b"}}\n\n"

    def close(self) -> bytes:
        """End the open block, if there is one."""
        index, self.open_index = self.open_index, None
        if index is None:
            return b""
        closing = b""
        if self._suffix:
            closing, self._suffix = self._delta("input_json_delta", {"partial_json": self._suffix}, index), ""
        if self._legality.accept(f"stop {self._kind}", index):
            closing += _frame("content_block_stop", {"index": index})
        return closing

    def late_results(self) -> bytes:
        """Result blocks of searches whose sources were told only as citations; the first search gets them all."""
        waiting, self._unsourced = self._unsourced, []
        told = self.close()
        for number, item in enumerate(waiting):
            told += self._whole(hosted.search_result_block(item, self._cited if number == 0 else ()))
        return told

    def follow(self, index: int, block_type: str) -> None:
        """Take over a block that a relayed frame opened."""
        self._enter(kind_of(block_type))
        self._opened(index)

    def _enter(self, kind: str) -> bytes:
        closing = self.close()
        self._kind, self._pieces, self._thought = kind, [], ThoughtText()
        return closing

    def _start(self, block: JsonObject) -> bytes:
        index = self._next_index
        if not self._legality.accept(f"start {self._kind}", index):
            return b""
        self._opened(index)
        return _frame("content_block_start", {"index": index, "content_block": block})

    def _opened(self, index: int) -> None:
        self.open_index, self._next_index = index, max(self._next_index, index + 1)
        head = f'event: content_block_delta\ndata: {{"type":"content_block_delta","index":{index},"delta":'
        self._text_start = (head + '{"type":"text_delta","text":').encode()

    def _delta(self, kind: str, members: JsonObject, index: int | None) -> bytes:
        if index is None or not self._legality.accept(kind, index):
            return b""
        return _frame("content_block_delta", {"index": index, "delta": {"type": kind, **members}})

    def _thinking(self, event: ev.ThinkingStarted | ev.ThinkingDelta | ev.ThinkingEnded) -> bytes:
        match event:
            case ev.ThinkingStarted():
                return self._enter(THINKING)
            case ev.ThinkingDelta():
                return self._think(event)
            case ev.ThinkingEnded():
                return self._thinking_ended(event)

    def _think(self, event: ev.ThinkingDelta) -> bytes:
        text = self._thought.add(event) if self._display is Display.SHOWN else ""
        if not text:
            return b""
        opening = b"" if self.open_index is not None else self._start_thinking()
        return opening + self._delta("thinking_delta", {"thinking": text}, self.open_index)

    def _thinking_ended(self, event: ev.ThinkingEnded) -> bytes:
        if event.signature is None or self._display is Display.HIDDEN:
            return self.close()
        signature = write_signature(event.signature, origin=event.origin, item_id=event.item_id, own=ORIGIN)
        if event.redacted:
            return self.close() + self._whole({"type": "redacted_thinking", "data": signature})
        opening = b"" if self.open_index is not None else self._start_thinking()
        return opening + self._delta("signature_delta", {"signature": signature}, self.open_index) + self.close()

    def _start_thinking(self) -> bytes:
        return self._start({"type": "thinking", "thinking": "", "signature": ""})

    def _call_started(self, event: ev.ToolCallStarted) -> bytes:
        if event.namespace is not None:
            self.dropped.append("tool call namespace")
        self.called = True
        opening = self._enter(CALL) + self._start(call_block(event.call_id, event.name, {}))
        if event.kind is ToolKind.CUSTOM:
            opening += self._delta("input_json_delta", {"partial_json": _INPUT_START}, self.open_index)
            self._suffix = _INPUT_END
        return opening

    def _arguments(self, text: str) -> bytes:
        if not text:
            return b""
        told = encode(text)[1:-1].decode() if self._suffix else text
        return self._delta("input_json_delta", {"partial_json": told}, self.open_index)

    def _cite(self, annotation: Annotation) -> bytes:
        if annotation.kind == "url_citation":
            self._cited.append(annotation)
            if not self._searches:
                return b""
        citation = citation_object(annotation, "".join(self._pieces))
        if citation is None or self.open_index is None:
            self.dropped.append(f"citation {annotation.kind}")
            return b""
        return self._delta("citations_delta", {"citation": citation}, self.open_index)

    def _hosted(self, event: ev.HostedEnded) -> bytes:
        item = event.item
        if hosted.is_search(event.kind, item):
            return self._search(item)
        if hosted.is_native(event.kind):
            return self._whole(item)
        picture = hosted.picture_text(item) if event.kind == IMAGE_GENERATION_CALL else None
        if picture is None:
            self.dropped.append(f"item {event.kind}")
            return b""
        return self._enter(TEXT) + self.write_text(picture) + self.close()

    def _search(self, item: JsonObject) -> bytes:
        self.searches_count += 1
        told = self._whole(hosted.search_call_block(item))
        if hosted.awaits_sources(item):
            self._unsourced.append(item)
            return told
        return told + (self._whole(hosted.search_result_block(item, ())) if hosted.has_result(item) else b"")

    def _whole(self, block: JsonObject) -> bytes:
        """A block in one piece; the input of a call comes as a delta, where accumulators look for it."""
        kind = kind_of(str(block.get("type")))
        told = self._enter(kind)
        if kind == WHOLE:
            return told + self._start(block) + self.close()
        arguments: Any = block.get("input")
        told += self._start({**block, "input": {}})
        if arguments:
            told += self._delta("input_json_delta", {"partial_json": encode(arguments).decode()}, self.open_index)
        return told + self.close()


def _frame(name: str, members: JsonObject) -> bytes:
    return encode_frame(encode({"type": name, **members}), name)
