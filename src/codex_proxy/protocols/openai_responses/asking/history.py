"""The conversation as an upstream of the Responses family takes it.

Rules of this file: a client that wrote the upstream's own items keeps them; for others ids of items that nobody stored
go, calls and results are paired, and reasoning without its encrypted content, or with that of another upstream, is left
out, since nobody can resolve it.  Source: refusals of the Codex backend quoted in public reports.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    File,
    FileIdSource,
    Hosted,
    Image,
    JsonObject,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect, JsonOutput, Request, Role, Turn
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.parts.names import NameMap, upstream_call_id
from codex_proxy.protocols.parts.pairing import repair_pairs

_SEARCH: Final = "web_search_call"
_LEADING: Final = frozenset({Role.SYSTEM, Role.DEVELOPER})
_NOT_SENT: Final = frozenset({"status", "prompt_cache_breakpoint", "cache_control"})
_Part = TypeVar("_Part", bound=Text | Image | File | Audio | Refusal | Opaque)
_ASK_FOR_JSON: Final = "Answer with a JSON object."


class History:
    """Instructions and turns ready to send, and what was changed about them.

    ``keeps_items`` leaves the client's items as they are; ``knows_files`` lets ids of
    uploads pass, since they may be the upstream's.
    """

    def __init__(
        self, request: Request, names: NameMap, *, keeps_items: bool, drop_reasoning: bool, knows_files: bool = False
    ) -> None:
        self._request = request
        self._names = names
        self._keeps_items = keeps_items
        self._drop_reasoning = drop_reasoning
        self._knows_files = knows_files
        self.notes: list[Note] = []
        self.call_ids: dict[str, str] = {}
        self.instructions, turns = split_instructions(request)
        self.turns = self._turns(turns)

    def _turns(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        if self._keeps_items:
            return tuple(self._readable(turns))
        made = tuple(turn for turn in map(self._turn, turns) if turn is not None)
        made, repairs = repair_pairs(made)
        self.notes.extend(repairs)
        return (*made, *self._json_request(made))

    def _turn(self, turn: Turn) -> Turn | None:
        blocks = tuple(made for block in turn.blocks if (made := self._block(block, turn)) is not None)
        if turn.name is not None:
            self.notes.append(Note(path="messages.name", verdict=Verdict.DROPPED))
        if turn.blocks and not blocks:
            return None
        return msgspec.structs.replace(turn, blocks=blocks, item_id=None, extra=self._sendable(turn.extra))

    def _block(self, block: Block, turn: Turn) -> Block | None:
        match block:
            case ToolCall():
                return msgspec.structs.replace(
                    block,
                    name=self._names.upstream(block.name),
                    call_id=self._call_id(block.call_id),
                    item_id=None,
                    extra=self._sendable(block.extra),
                )
            case ToolResult():
                return msgspec.structs.replace(
                    block,
                    call_id=self._call_id(block.call_id),
                    parts=tuple(map(self._part, block.parts)),
                    item_id=None,
                    extra=self._sendable(block.extra),
                )
            case Thinking():
                return self._thinking(block)
            case Image(source=FileIdSource()) | File(source=FileIdSource()) if not self._knows_files:
                raise Unsupported("file_id", "uploaded files are not available here; send the data or a URL")
            case Hosted():
                return self._hosted(block)
            case Opaque() if block.dialect != Dialect.OPENAI_RESPONSES:
                kind = block.payload.get("type")
                self._lose("content", f"a part of type {kind!r} cannot be carried")
                return Text(text=f"[removed: a part of type {kind}]")
            case Image() if turn.role is Role.ASSISTANT:
                self._lose("content", "a picture in an assistant message cannot be carried")
                return Text(text="[removed: a picture of the assistant]")
            case Text() | Image() | File() | Audio() | Refusal():
                return self._part(block)
            case _:
                return block

    def _hosted(self, block: Hosted) -> Block | None:
        """What this family knows, without what only another upstream can read; everything else in words."""
        if block.origin is None:
            sealed = self._request.dialect is not Dialect.OPENAI_RESPONSES and block.kind == _SEARCH
            return msgspec.structs.replace(block, item=_plain_search(block.item), item_id=None) if sealed else block
        detail = f"{block.kind}, which another upstream ran"
        if block.retold:
            self.notes.append(Note(path="content", verdict=Verdict.APPROXIMATED, detail=f"{detail}, is retold"))
            return Text(text=block.retold)
        self.notes.append(Note(path="content", verdict=Verdict.DROPPED, detail=f"{detail}, has nothing to retell"))
        return None

    def _part(self, part: _Part) -> _Part:
        """A content part without members that cannot be sent."""
        if isinstance(part, Opaque) or not part.extra:
            return part
        return msgspec.structs.replace(part, extra=self._sendable(part.extra, nulls=True))

    def _thinking(self, block: Thinking) -> Thinking | None:
        if block.signature is None or block.origin is not None or self._drop_reasoning:
            self.notes.append(Note(path="reasoning", verdict=Verdict.DROPPED))
            return None
        known_id = block.item_id if (block.item_id or "").startswith("rs_") else None
        return msgspec.structs.replace(block, item_id=known_id, extra=self._sendable(block.extra))

    def _readable(self, turns: Sequence[Turn]) -> Iterator[Turn]:
        """The turns as they are, but for reasoning that this upstream cannot, or is not to, read."""
        for turn in turns:
            kept = tuple(block for block in turn.blocks if not self._is_unreadable(block))
            if len(kept) == len(turn.blocks):
                yield turn
                continue
            self.notes.append(Note(path="reasoning", verdict=Verdict.DROPPED))
            if kept:
                yield msgspec.structs.replace(turn, blocks=kept)

    def _is_unreadable(self, block: Block) -> bool:
        return isinstance(block, Thinking) and (self._drop_reasoning or block.origin is not None)

    def _call_id(self, call_id: str) -> str:
        sent = upstream_call_id(call_id)
        if sent != call_id:
            self.call_ids[sent] = call_id
        return sent

    def _json_request(self, turns: Sequence[Turn]) -> tuple[Turn, ...]:
        """Upstreams want the word in the input, not in the instructions."""
        if not isinstance(self._request.output, JsonOutput) or any(_mentions_json(turn) for turn in turns):
            return ()
        self.notes.append(Note(path="response_format", verdict=Verdict.EMULATED, detail="a message asks for JSON"))
        return (Turn(role=Role.DEVELOPER, blocks=(Text(text=_ASK_FOR_JSON),)),)

    def _sendable(self, extra: JsonObject, *, nulls: bool = False) -> JsonObject:
        """Members without a meaning here; those of another dialect would be refused as unknown.

        Items lose members that say nothing, since clients write them for every item; parts keep them.
        """
        if not extra:
            return extra
        kept = {name: value for name, value in extra.items() if name not in _NOT_SENT and (nulls or value is not None)}
        if self._request.dialect is Dialect.OPENAI_RESPONSES:
            return kept
        self.notes.extend(Note(path=f"messages.{name}", verdict=Verdict.DROPPED) for name in kept)
        return {}

    def _lose(self, path: str, detail: str) -> None:
        self.notes.append(Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail))


def split_instructions(request: Request) -> tuple[str | None, tuple[Turn, ...]]:
    """Top-level instructions and the rest: the leading run of system and developer turns is hoisted.

    A client of the Responses family put its items where it wants them and keeps them there.
    """
    if request.dialect is Dialect.OPENAI_RESPONSES:
        return request.instructions, request.turns
    leading = 0
    while leading < len(request.turns) and _is_plain_leading(request.turns[leading]):
        leading += 1
    texts = [
        "".join(block.text for block in turn.blocks if isinstance(block, Text)) for turn in request.turns[:leading]
    ]
    hoisted = [text for text in (request.instructions, *texts) if text]
    return "\n\n".join(hoisted) if hoisted else None, request.turns[leading:]


def _plain_search(item: JsonObject) -> JsonObject:
    """A search as the family's own clients tell it: what was asked, and where it was found."""
    told: JsonObject = item.get("action") or {}
    action = {"type": "search", "query": told.get("query") or ""}
    urls = [source["url"] for source in told.get("sources") or [] if isinstance(source.get("url"), str)]
    if urls:
        action["sources"] = [{"type": "url", "url": url} for url in urls]
    return {"type": _SEARCH, "status": item.get("status") or "completed", "action": action}


def _is_plain_leading(turn: Turn) -> bool:
    return turn.role in _LEADING and all(isinstance(block, Text) for block in turn.blocks)


def _mentions_json(turn: Turn) -> bool:
    return any(isinstance(block, Text) and "json" in block.text.lower() for block in turn.blocks)
