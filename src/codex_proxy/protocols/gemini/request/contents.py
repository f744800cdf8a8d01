"""``contents`` as turns, in order.

Rules of this file: consecutive contents of the model are one turn, because SDKs keep each streamed chunk as a content
of its own; ids of calls that have none are counted over the whole request, never per content; a response without a
known id answers the oldest unanswered call of its name.  A thought signature stands before the item it came with.
"""

from typing import Any, Final, TypeGuard

import msgspec

from codex_proxy.canonical.blocks import Audio, Block, File, Image, JsonObject, Text, Thinking, ToolCall, ToolResult
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.fields import WireFields
from codex_proxy.protocols.gemini.request.media import detail_of, parse_inline, parse_link
from codex_proxy.protocols.gemini.request.results import parse_result
from codex_proxy.protocols.gemini.signing import read_signature
from codex_proxy.protocols.parts.asking.nested import kept_within
from codex_proxy.protocols.parts.fields import json_type
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.signatures import RESPONSES

_ROLES: Final = {"model": Role.ASSISTANT, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}
_HOLDER: Final = frozenset({"role", "parts"})
_SERVER_SIDE: Final = ("toolCall", "toolResponse")


def parse_contents(value: Any, path: str, *, detail: str | None = None) -> tuple[tuple[Turn, ...], tuple[Note, ...]]:
    """The conversation, and what was lost of it; one content, one part or a string stand for a list of them.

    ``detail`` is what pictures have that name none.

    Raises:
        InvalidRequest: no content, or one of the wrong shape.
    """
    if value is None:
        raise InvalidRequest(path, "is required")
    contents = value if isinstance(value, list) else [value]
    if not contents:
        raise InvalidRequest(path, "must not be empty", code="empty_array")
    reader = _Reader(detail)
    for index, content in enumerate(contents):
        where = f"{path}[{index}]" if isinstance(value, list) else path
        reader.read(content, where)
    return tuple(reader.turns), tuple(reader.notes)


def parse_instructions(value: Any, path: str, notes: list[Note]) -> str | None:
    """``systemInstruction``, a content or a string: the text of its parts."""
    if value is None or isinstance(value, str):
        return value or None
    texts: list[str] = []
    for part in _parts_of(value, path):
        text = part.take("text")
        if isinstance(text, str):
            texts.append(text)
        else:
            notes.append(_lossy(part.path, "instructions are text"))
    return "\n\n".join(filter(None, texts)) or None


class _Reader:
    def __init__(self, detail: str | None) -> None:
        self.turns: list[Turn] = []
        self.notes: list[Note] = []
        self._detail = detail
        self._call_count = 0
        self._unanswered: list[tuple[str, str]] = []  # (call id, name)
        self._known_ids: set[str] = set()
        self._open_at = ""  # the content whose turn is still open

    def read(self, content: Any, path: str) -> None:
        told = content.get("role") if isinstance(content, dict) else None
        role = _ROLES.get(told, Role.USER) if isinstance(told, str) else Role.USER
        if role is Role.ASSISTANT:
            self._read_model(content, path)
            return
        for part in _parts_of(content, path):
            block = self._user_block(part)
            if block is not None:
                turn = Turn(role=Role.TOOL if isinstance(block, ToolResult) else role, blocks=(block,))
                self._add(turn, content, path)

    def _add(self, turn: Turn, content: Any, path: str) -> None:
        """Add to the turn of this content, or open one; results stand in turns of their own."""
        last = self.turns[-1] if self.turns else turn
        if self._open_at == path and last.role is turn.role:
            self.turns[-1] = msgspec.structs.replace(last, blocks=(*last.blocks, *turn.blocks))
        else:
            self.turns.append(msgspec.structs.replace(turn, extra=_beside_parts(content)))
        self._open_at = path

    def _read_model(self, content: Any, path: str) -> None:
        answer = _ModelTurn(self)
        extra = _beside_parts(content)
        joins = bool(self.turns) and self.turns[-1].role is Role.ASSISTANT
        if joins:
            before = self.turns.pop()
            answer.blocks.extend(before.blocks)
            answer.continues = True
            extra = before.extra | extra
        for part in _parts_of(content, path):
            answer.add(part)
        if answer.blocks:
            self.turns.append(Turn(role=Role.ASSISTANT, blocks=tuple(answer.blocks), extra=extra))

    def _user_block(self, part: WireFields) -> Block | None:
        resolution = part.take("mediaResolution")
        detail = self._detail if resolution is None else detail_of(resolution) or self._detail
        answer = part.take_fields("functionResponse")
        block = self.shared_block(part, detail) if answer is None else self._result(answer, detail)
        return _with_unread(block, part)

    def shared_block(self, part: WireFields, detail: str | None) -> Block | None:
        """What a part of either side can be; None where there is nothing in it."""
        text = part.take("text")
        if isinstance(text, str):
            return Text(text=text) if text else None
        if text is not None:
            raise part.wrong("text", "a string", text)
        blob = part.take_fields("inlineData")
        if blob is not None:
            return parse_inline(blob, detail)
        link = part.take_fields("fileData")
        if link is not None:
            return parse_link(link, detail)
        code = part.take_fields("executableCode")
        if code is not None:
            language = (code.take_string("language") or "").lower().removeprefix("language_unspecified")
            return Text(text=f"```{language}\n{code.take_string('code') or ''}\n```")
        outcome = part.take_fields("codeExecutionResult")
        if outcome is not None:
            return Text(text=f"{outcome.take_string('outcome') or 'OUTCOME'}:\n{outcome.take_string('output') or ''}")
        self._leave_out(part)
        return None

    def call(self, call: WireFields) -> ToolCall:
        name = call.need_string("name")
        args = call.take("args")
        if args is not None and not isinstance(args, dict):
            raise call.wrong("args", "an object", args)
        self._call_count += 1
        call_id = call.take_string("id") or f"call_g{self._call_count}"
        self._known_ids.add(call_id)
        self._unanswered.append((call_id, name))
        arguments, extra = encode(args or {}).decode(), kept_within("functionCall", call.told())
        return ToolCall(call_id=call_id, name=name, arguments=arguments, extra=extra)

    def _result(self, answer: WireFields, detail: str | None) -> ToolResult:
        name = answer.take_string("name") or ""
        call_id = self._answered(answer.take_string("id"), name)
        parts, failed = parse_result(answer, detail)
        return ToolResult(
            call_id=call_id,
            parts=parts,
            is_error=failed,
            plain=all(isinstance(part, Text) for part in parts),
            name=name or None,
            extra=kept_within("functionResponse", answer.told()),
        )

    def _answered(self, told_id: str | None, name: str) -> str:
        call_id = told_id if told_id in self._known_ids else None
        if call_id is None:
            found = (known for known, called in self._unanswered if called == name)
            call_id = next(found, told_id) or f"call_g{self._call_count}_{name}"
        self._unanswered = [pair for pair in self._unanswered if pair[0] != call_id]
        return call_id

    def _leave_out(self, part: WireFields) -> None:
        for name in _SERVER_SIDE:
            if part.take(name) is not None:
                self.notes.append(_lossy(part.at(name), "the vendor's own tool calls cannot be carried"))
                return
        for name in sorted(_unread(part)):
            self.notes.append(_lossy(part.at(name), "an unknown part"))


_UNREAD: Final = frozenset(
    {"thought", "thoughtSignature", "thought_signature", "videoMetadata", "video_metadata", "partMetadata"}
)


class _ModelTurn:
    """An answer of the model under construction, from one or several contents."""

    def __init__(self, reader: _Reader) -> None:
        self.blocks: list[Block] = []
        self.continues = False
        self._reader = reader

    def add(self, part: WireFields) -> None:
        thought = part.take("thought") is True
        signature = part.take_string("thoughtSignature")
        call = part.take_fields("functionCall")
        if thought:
            text = part.take("text")
            self._append(Thinking(summary=(text,)) if isinstance(text, str) and text else None)
            self._sign(signature)
            self.continues = False
            return
        block = self._reader.call(call) if call is not None else self._reader.shared_block(part, None)
        self._sign(signature, empty=block is None)
        self._append(_with_unread(block, part))
        self.continues = False

    def _append(self, block: Block | None) -> None:
        last = self.blocks[-1] if self.blocks else None
        if block is None:
            return
        if self.continues and isinstance(block, Text) and isinstance(last, Text):
            joined = last.text + block.text  # the next chunk of the same streamed text
            self.blocks[-1] = Text(text=joined, extra=last.extra | block.extra)
        elif isinstance(block, Thinking) and _is_unsigned(last):
            told = ("".join((*last.summary, *block.summary)),) if self.continues else (*last.summary, *block.summary)
            self.blocks[-1] = msgspec.structs.replace(last, summary=told)
        else:
            self.blocks.append(block)

    def _sign(self, told: str | None, *, empty: bool = False) -> None:
        """Sign the thoughts before this part, or tell that there were some."""
        sealed = read_signature(told) if told else None
        if sealed is None:
            return
        place = len(self.blocks)
        while empty and sealed.origin == RESPONSES and place and isinstance(self.blocks[place - 1], Text):
            place -= 1  # we close a streamed text with an empty signed part; the reasoning came before the text
        thought = self.blocks[place - 1] if place else None
        unsigned = _is_unsigned(thought) and not sealed.redacted
        self.blocks[place - unsigned : place] = [
            Thinking(
                summary=thought.summary if isinstance(thought, Thinking) and unsigned else (),
                signature=sealed.encrypted,
                origin=None if sealed.origin == RESPONSES else sealed.origin,
                redacted=sealed.redacted,
                item_id=sealed.item_id,
            )
        ]


def _is_unsigned(block: Block | None) -> TypeGuard[Thinking]:
    return isinstance(block, Thinking) and block.signature is None


def _parts_of(content: Any, path: str) -> list[WireFields]:
    """The parts of a content; a lone part or a string stands for a content with one part."""
    if not isinstance(content, dict) or not _HOLDER & content.keys():
        return [_part_of(content, path)]
    parts, where = content.get("parts"), f"{path}.parts"
    if isinstance(parts, list):
        return [_part_of(part, f"{where}[{index}]") for index, part in enumerate(parts)]
    return [] if parts is None else [_part_of(parts, where)]


def _part_of(part: Any, path: str) -> WireFields:
    if isinstance(part, str):
        return WireFields({"text": part}, path)
    if not isinstance(part, dict):
        raise InvalidRequest(path, f"expected an object, got {json_type(part)}", code="invalid_type")
    return WireFields(part, path)


def _with_unread(block: Block | None, part: WireFields) -> Block | None:
    """The block, with what its part holds beside it."""
    if not isinstance(block, Text | Image | File | Audio | ToolCall | ToolResult):
        return block
    extra = _unread(part)
    return msgspec.structs.replace(block, extra=block.extra | extra) if extra else block


def _beside_parts(content: Any) -> JsonObject:
    """What a content holds beside its role and parts; a lone part holds that itself."""
    if not isinstance(content, dict) or not _HOLDER & content.keys():
        return {}
    return {name: value for name, value in content.items() if value is not None and name not in _HOLDER}


def _unread(part: WireFields) -> JsonObject:
    """What a part holds beside the members that were taken, and that means something."""
    return {name: value for name, value in part.told().items() if name not in _UNREAD}


def _lossy(path: str, detail: str) -> Note:
    return Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail)
