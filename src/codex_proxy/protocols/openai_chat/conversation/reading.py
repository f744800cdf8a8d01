"""Chat messages as turns: one message, one turn, in order.

Rules of this file: every call gets an id where the client sent none, and every result names one; results without an id
are paired with the oldest unanswered call.  Legacy function messages are paired by name, first in, first out.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import Block, JsonObject, Refusal, Text, Thinking, ToolCall, ToolKind, ToolResult
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_chat.conversation.content import lift_parts, parse_content
from codex_proxy.protocols.openai_chat.schema import ORIGIN
from codex_proxy.protocols.openai_chat.tokens import DETAILS, RESPONSES_FORM, token_of
from codex_proxy.protocols.openai_chat.tools import Declared
from codex_proxy.protocols.parts.asking.nested import kept_within
from codex_proxy.protocols.parts.fields import Fields, each_object, json_type
from codex_proxy.protocols.parts.json_text import decode_value, encode
from codex_proxy.protocols.parts.signatures import RESPONSES, is_bare_token, open_seal, read_signature

_THOUGHTS: Final = ("reasoning_content", "reasoning", "thinking")


def parse_messages(messages: list[Any], path: str, declared: Declared) -> tuple[tuple[Turn, ...], tuple[Note, ...]]:
    """The conversation, and what was lost of it.

    Raises:
        InvalidRequest: no message, or one of the wrong shape.
    """
    if not messages:
        raise InvalidRequest(path, "messages must not be empty", code="empty_array")
    reader = _Reader(declared)
    turns = [turn for message in each_object(messages, path) if (turn := reader.read(message)) is not None]
    return tuple(turns), tuple(reader.notes)


class _Reader:
    def __init__(self, declared: Declared) -> None:
        self.notes: list[Note] = []
        self._declared = declared
        self._kinds: dict[str, ToolKind] = {}
        self._unanswered: list[tuple[str, str]] = []  # (call id, name)
        self._message_count = 0
        self._legacy_count = 0

    def read(self, message: Fields) -> Turn | None:
        self._message_count += 1
        role = message.take_string("role")
        if role is None:
            raise InvalidRequest(message.at("role"), "is required")
        read = _READERS.get(role)
        if read is None:
            known = ", ".join(_READERS)
            raise InvalidRequest(message.at("role"), f"unknown role {role!r}; one of {known}", code="invalid_value")
        return read(self, message, Role.TOOL if role == "function" else Role(role))

    def read_plain(self, message: Fields, role: Role) -> Turn | None:
        content = parse_content(message.take("content"), message.at("content"))
        if not content and role is Role.USER:
            raise InvalidRequest(message.at("content"), "is required")
        if not content:
            return None
        return Turn(role=role, blocks=content, name=message.take_string("name"), extra=_told(message))

    def read_assistant(self, message: Fields, role: Role) -> Turn | None:
        blocks: list[Block] = [*_thoughts(message)]
        content = parse_content(message.take("content"), message.at("content"))
        blocks.extend(part for part in content if not (isinstance(part, Text) and not part.text))
        refusal = message.take_string("refusal")
        if refusal:
            blocks.append(Refusal(text=refusal))
        if message.take("audio") is not None:
            self._note(message.at("audio"), "earlier audio answers are not kept here", Weight.LOSSY)
        calls = each_object(message.take_list("tool_calls") or [], message.at("tool_calls"))
        blocks.extend(self._call(call, index) for index, call in enumerate(calls))
        legacy = message.take_fields("function_call")
        if legacy is not None:
            blocks.append(self._legacy_call(legacy))
        if message.take("annotations"):
            self._note(message.at("annotations"), "citations of earlier answers are not kept here", Weight.COSMETIC)
        if not blocks:
            return None
        return Turn(role=role, blocks=tuple(blocks), name=message.take_string("name"), extra=_told(message))

    def read_tool(self, message: Fields, role: Role) -> Turn:
        call_id = message.take_string("tool_call_id") or self._oldest_unanswered(message)
        self._answered(call_id)
        return self._result(message, role, call_id)

    def read_function(self, message: Fields, role: Role) -> Turn:
        name = message.need_string("name")
        call_id = next((known for known, called in self._unanswered if called == name), None)
        if call_id is None:
            raise InvalidRequest(message.at("name"), f"no unanswered call of {name!r} precedes", code="invalid_value")
        self._answered(call_id)
        return self._result(message, role, call_id)

    def _result(self, message: Fields, role: Role, call_id: str) -> Turn:
        content = message.take("content")
        lifted = lift_parts(content) if isinstance(content, str) else None
        parts = lifted or parse_content(content, message.at("content"))
        result = ToolResult(
            call_id=call_id,
            parts=tuple(Text(text=part.text) if isinstance(part, Refusal) else part for part in parts),
            kind=self._kinds.get(call_id, ToolKind.FUNCTION),
            plain=lifted is None and not isinstance(content, list | dict),
            name=message.take_string("name"),
        )
        return Turn(role=role, blocks=(result,), extra=_told(message))

    def _call(self, call: Fields, index: int) -> ToolCall:
        call_id = call.take_string("id") or f"call_{self._message_count}_{index}"
        kind = call.take_string("type")
        call.take("index")
        if kind == "custom":
            custom = call.take_fields("custom") or call
            name, told = custom.need_string("name"), custom.take_string("input") or ""
            return self._keep(
                ToolCall(call_id=call_id, name=name, arguments=told, kind=ToolKind.CUSTOM, extra=_told(call))
            )
        if kind not in {None, "", "function"}:
            raise InvalidRequest(call.at("type"), f"unknown kind of call {kind!r}", code="invalid_value")
        nested = call.take_fields("function")
        function = nested or call
        name, arguments = function.need_string("name"), function.take("arguments")
        extra = _told(call) | (kept_within("function", nested.rest()) if nested else {})
        kind = self._declared.get(name, ToolKind.FUNCTION)
        text = _custom_input(arguments) if kind is ToolKind.CUSTOM else _json_arguments(arguments, function)
        return self._keep(ToolCall(call_id=call_id, name=name, arguments=text, kind=kind, extra=extra))

    def _legacy_call(self, call: Fields) -> ToolCall:
        self._legacy_count += 1
        name = call.need_string("name")
        arguments = _json_arguments(call.take("arguments"), call)
        call_id = f"call_legacy_{self._legacy_count}"
        return self._keep(ToolCall(call_id=call_id, name=name, arguments=arguments, extra=_told(call)))

    def _keep(self, call: ToolCall) -> ToolCall:
        self._kinds[call.call_id] = call.kind
        self._unanswered.append((call.call_id, call.name))
        return call

    def _oldest_unanswered(self, message: Fields) -> str:
        if not self._unanswered:
            raise InvalidRequest(message.at("tool_call_id"), "is required: no unanswered call precedes")
        call_id, _ = self._unanswered[0]
        self.notes.append(
            Note(
                path=message.at("tool_call_id"),
                verdict=Verdict.REPAIRED,
                detail="paired with the oldest unanswered call",
            )
        )
        return call_id

    def _answered(self, call_id: str) -> None:
        self._unanswered = [pair for pair in self._unanswered if pair[0] != call_id]

    def _note(self, path: str, detail: str, weight: Weight) -> None:
        self.notes.append(Note(path=path, verdict=Verdict.DROPPED, weight=weight, detail=detail))


_READERS: Final[dict[str, Callable[[_Reader, Fields, Role], Turn | None]]] = {
    "system": _Reader.read_plain,
    "developer": _Reader.read_plain,
    "user": _Reader.read_plain,
    "assistant": _Reader.read_assistant,
    "tool": _Reader.read_tool,
    "function": _Reader.read_function,
}


def _told(message: Fields) -> JsonObject:
    """Members without a meaning here; SDKs dump their objects with every unset member as null."""
    return {name: value for name, value in message.rest().items() if value is not None}


def _thoughts(message: Fields) -> list[Thinking]:
    """Thoughts that the client sends back: their text, and the encrypted item if we gave it out."""
    words = [value for name in _THOUGHTS if isinstance(value := message.take(name), str) and value]
    summary = tuple(words[:1])  # the members repeat one another
    details = message.take("reasoning_details")
    sealed = [_unsealed(detail) for detail in (details if isinstance(details, list) else []) if _is_sealed(detail)]
    place = next((number for number, thought in enumerate(sealed) if not thought.redacted), None)
    extra = _foreign_details(details)
    if place is None:
        return [Thinking(summary=summary, extra=extra), *sealed] if summary or extra else sealed
    sealed[place] = msgspec.structs.replace(sealed[place], summary=summary, extra=extra)
    return sealed


def _foreign_details(details: object) -> JsonObject:
    """Details that a vendor of this dialect wrote itself and can read again, whole, for that vendor."""
    listed = details if isinstance(details, list) else []
    own = [detail for detail in listed if isinstance(detail, dict) and not _is_ours(detail)]
    return {DETAILS: own} if any(token_of(detail) for detail in own) else {}


def _is_ours(detail: JsonObject) -> bool:
    """Whether we may have written it: a seal, or a token of the Codex family."""
    data = detail.get("data")
    if not isinstance(data, str):
        return False
    return detail.get("format") == RESPONSES_FORM or open_seal(data) is not None or is_bare_token(data)


def _unsealed(detail: JsonObject) -> Thinking:
    sealed = read_signature(detail["data"], RESPONSES if detail.get("format") == RESPONSES_FORM else ORIGIN)
    item_id = detail.get("id")
    known_id = item_id if isinstance(item_id, str) else sealed.item_id
    origin = None if sealed.origin == RESPONSES else sealed.origin
    return Thinking(signature=sealed.encrypted, origin=origin, redacted=sealed.redacted, item_id=known_id)


def _is_sealed(detail: object) -> bool:
    if not isinstance(detail, dict) or detail.get("type") != "reasoning.encrypted":
        return False
    return isinstance(detail.get("data"), str) and bool(detail["data"])


def _json_arguments(arguments: Any, call: Fields) -> str:
    """Arguments as JSON text; vendors and old clients also send objects, nulls and nothing."""
    match arguments:
        case None | "":
            return "{}"
        case str():
            return arguments
        case dict():
            return encode(arguments).decode()
    raise InvalidRequest(call.at("arguments"), f"expected a string, got {json_type(arguments)}", code="invalid_type")


def _custom_input(arguments: Any) -> str:
    """The free text that a client echoes as a function's arguments: raw, or as the member ``input``."""
    if isinstance(arguments, dict):
        return _only_input(arguments) or encode(arguments).decode()
    if not isinstance(arguments, str):
        return ""
    if not arguments.lstrip().startswith("{"):
        return arguments
    try:
        value = decode_value(arguments.encode())
    except (InvalidRequest, UnicodeEncodeError):
        return arguments
    return (_only_input(value) if isinstance(value, dict) else None) or arguments


def _only_input(members: JsonObject) -> str | None:
    value = members.get("input")
    return value if len(members) == 1 and isinstance(value, str) else None
