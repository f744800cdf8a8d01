"""Input items of the Responses dialect to turns, and back.

Rules of this file: one item is one turn; order is content.  Members, parts and item types without a canonical field
are kept (``extra``, ``Opaque``, ``Hosted``) and written back as they came.  Source: OpenAI API reference; captures of
Codex CLI 0.169 and the official SDKs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    Hosted,
    Image,
    JsonObject,
    Opaque,
    ResultPart,
    Text,
    Thinking,
    ToolCall,
    ToolKind,
    ToolResult,
)
from codex_proxy.canonical.blocks import File as FileBlock
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.request.parts import build_part, parse_part
from codex_proxy.protocols.parts.fields import Fields, each_object, json_type
from codex_proxy.protocols.parts.signatures import RESPONSES, open_seal

CALLS: Final = {"function_call": ToolKind.FUNCTION, "custom_tool_call": ToolKind.CUSTOM}
OUTPUTS: Final = {"function_call_output": ToolKind.FUNCTION, "custom_tool_call_output": ToolKind.CUSTOM}
_CALL_TEXT: Final = {ToolKind.FUNCTION: "arguments", ToolKind.CUSTOM: "input"}
_CALL_TYPE: Final = {kind: name for name, kind in CALLS.items()}
_OUTPUT_TYPE: Final = {kind: name for name, kind in OUTPUTS.items()}
ROLE_WORDS: Final[Mapping[Role, str]] = {
    Role.SYSTEM: "developer",
    Role.DEVELOPER: "developer",
    Role.USER: "user",
    Role.ASSISTANT: "assistant",
    Role.TOOL: "user",
}
_ROLES: Final = {role.value: role for role in Role if role is not Role.TOOL}


def parse_input(value: Any, path: str = "input") -> tuple[Turn, ...]:
    """The turns of an ``input`` member: a plain string is one user message.

    Raises:
        InvalidRequest: neither a string nor a list of items, or an item is malformed.
    """
    if isinstance(value, str):
        return (Turn(role=Role.USER, blocks=(Text(text=value),)),)
    if not isinstance(value, list):
        raise InvalidRequest(path, f"expected a string or an array of items, got {json_type(value)}")
    return tuple(parse_item(fields) for fields in each_object(value, path))


def parse_item(fields: Fields) -> Turn:
    """One item as a turn; raises like ``parse_input``."""
    kind = fields.take_string("type") or "message"
    if kind == "message":
        return _parse_message(fields)
    if kind in CALLS:
        return Turn(role=Role.ASSISTANT, blocks=(_parse_call(fields, CALLS[kind]),))
    if kind in OUTPUTS:
        return Turn(role=Role.TOOL, blocks=(_parse_output(fields, OUTPUTS[kind]),))
    if kind == "reasoning":
        return Turn(role=Role.ASSISTANT, blocks=(_parse_reasoning(fields),))
    if kind == "item_reference":
        raise InvalidRequest(fields.path, "earlier items are not stored; send the item itself", code="unsupported_item")
    item = {"type": kind} | fields.rest()
    item_id = item.get("id")
    hosted = Hosted(kind=kind, item=item, item_id=item_id if isinstance(item_id, str) else None)
    return Turn(role=Role.DEVELOPER if item.get("role") == "developer" else Role.ASSISTANT, blocks=(hosted,))


def build_items(turns: Sequence[Turn], *, roles: Mapping[Role, str] = ROLE_WORDS) -> Iterator[JsonObject]:
    """The items of these turns, in order; blocks that are items of their own split a turn's message.

    ``roles`` are the upstream's words; by default system messages are said to be the developer's.
    """
    for turn in turns:
        yield from _build_turn(turn, roles)


def _parse_message(fields: Fields) -> Turn:
    role = fields.take_string("role") or "user"
    content = fields.take("content")
    phase = fields.take_string("phase")
    item_id = fields.take_string("id")
    return Turn(
        role=_ROLES.get(role, Role.USER),
        blocks=tuple(_parse_content(content, fields.at("content"))),
        phase=phase,
        item_id=item_id,
        extra=fields.rest(),
    )


def _parse_content(content: Any, path: str) -> Iterator[Block]:
    if content is None:
        return
    if isinstance(content, str):
        yield Text(text=content)
        return
    if not isinstance(content, list):
        raise InvalidRequest(path, f"expected a string or an array of parts, got {json_type(content)}")
    for index, part in enumerate(content):
        if isinstance(part, str):
            yield Text(text=part)
        elif isinstance(part, dict):
            yield parse_part(Fields(part, f"{path}[{index}]"))
        else:
            raise InvalidRequest(f"{path}[{index}]", f"expected an object, got {json_type(part)}")


def _parse_call(fields: Fields, kind: ToolKind) -> ToolCall:
    text = fields.take(_CALL_TEXT[kind])
    if text is not None and not isinstance(text, str):
        raise fields.wrong(_CALL_TEXT[kind], "a string", text)
    return ToolCall(
        call_id=fields.need_string("call_id"),
        name=fields.need_string("name"),
        arguments=text or ("{}" if kind is ToolKind.FUNCTION else ""),
        kind=kind,
        namespace=fields.take_string("namespace"),
        item_id=fields.take_string("id"),
        extra=fields.rest(),
    )


def _parse_output(fields: Fields, kind: ToolKind) -> ToolResult:
    output = fields.take("output")
    return ToolResult(
        call_id=fields.need_string("call_id"),
        parts=tuple(_parse_result_parts(output, fields.at("output"))),
        kind=kind,
        plain=not isinstance(output, list),
        item_id=fields.take_string("id"),
        extra=fields.rest(),
    )


def _parse_result_parts(output: Any, path: str) -> Iterator[ResultPart]:
    for block in _parse_content(output, path):
        if isinstance(block, Text | Image | FileBlock | Audio | Opaque):
            yield block


def _parse_reasoning(fields: Fields) -> Thinking:
    summary = fields.take_list("summary") or []
    says_null = fields.says_null("content")
    content = fields.take_list("content") or []
    told = fields.take_string("encrypted_content")
    sealed = open_seal(told or "")
    return Thinking(
        summary=tuple(_part_texts(summary)),
        content=tuple(_part_texts(content)),
        signature=told if sealed is None else sealed.encrypted,
        origin=None if sealed is None or sealed.origin == RESPONSES else sealed.origin,
        redacted=sealed is not None and sealed.redacted,
        item_id=fields.take_string("id"),
        extra=({"content": None} if says_null else {}) | fields.rest(),
    )


def _part_texts(parts: list[Any]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]


def _build_turn(turn: Turn, roles: Mapping[Role, str]) -> Iterator[JsonObject]:
    content: list[JsonObject] = []
    told = False
    for block in turn.blocks:
        item = _build_item(block)
        if item is None:
            content.append(build_part(block, assistant=turn.role is Role.ASSISTANT))
            continue
        if content:
            yield _build_message(turn, content, roles)
            content = []
        told = True
        yield item
    if content or not told:
        yield _build_message(turn, content, roles)


def _build_message(turn: Turn, content: list[JsonObject], roles: Mapping[Role, str]) -> JsonObject:
    item: JsonObject = {"type": "message"}
    if turn.item_id is not None:
        item["id"] = turn.item_id
    item |= {"role": roles[turn.role], "content": content}
    if turn.phase is not None:
        item["phase"] = turn.phase
    return item | turn.extra


def _build_item(block: Block) -> JsonObject | None:
    match block:
        case ToolCall():
            return _with_id({"type": _CALL_TYPE[block.kind]}, block.item_id) | _build_call(block) | block.extra
        case ToolResult():
            item = {"type": _OUTPUT_TYPE[block.kind], "call_id": block.call_id, "output": _build_output(block)}
            return _with_id(item, block.item_id) | block.extra
        case Thinking():
            return _with_id({"type": "reasoning"}, block.item_id) | _build_reasoning(block) | block.extra
        case Hosted():
            return block.item
        case _:
            return None


def _build_call(block: ToolCall) -> JsonObject:
    call = {"name": block.name, _CALL_TEXT[block.kind]: block.arguments, "call_id": block.call_id}
    return {"namespace": block.namespace} | call if block.namespace else call


def _build_output(block: ToolResult) -> str | list[JsonObject]:
    if block.plain and all(isinstance(part, Text) for part in block.parts):
        return "".join(part.text for part in block.parts if isinstance(part, Text))
    return [build_part(part, assistant=False) for part in block.parts]


def _build_reasoning(block: Thinking) -> JsonObject:
    item: JsonObject = {"summary": [{"type": "summary_text", "text": text} for text in block.summary]}
    if block.content:
        item["content"] = [{"type": "reasoning_text", "text": text} for text in block.content]
    if block.signature is not None:
        item["encrypted_content"] = block.signature
    return item


def _with_id(item: JsonObject, item_id: str | None) -> JsonObject:
    return item | {"id": item_id} if item_id is not None else item
