"""Messages as turns: one message, one turn, its blocks in order.

Rules of this file: roles and block types nobody knows yet are no error; a tool's result stands where the client put
it; reasoning keeps its token together with whose it is.  ``system`` messages may stand anywhere; they may announce
tools and set the effort (seen from Claude Code 2.1.330).
"""

from typing import TYPE_CHECKING, Any, Final

from codex_proxy.canonical.blocks import Block, Text, Thinking, ToolCall, ToolResult
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.protocols.anthropic.request.content import Part, parse_block, parse_content, unread
from codex_proxy.protocols.anthropic.request.hosted_history import HostedHistory, is_hosted
from codex_proxy.protocols.anthropic.request.tools import parse_tool
from codex_proxy.protocols.anthropic.schema import ORIGIN
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, each_object, json_type
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.signatures import RESPONSES, read_signature

if TYPE_CHECKING:
    from codex_proxy.canonical.tools import Tool

NO_OUTPUT: Final = "(no output)"
ERROR_MARK: Final = "[tool error]"
_ROLES: Final = {"user": Role.USER, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}


class Conversation:
    """What the messages say: turns, tools announced on the way, and the effort that the last of them sets."""

    def __init__(self, messages: list[Any], path: str) -> None:
        self.notes: list[Note] = []
        self.tools: list[Tool] = []
        self.effort: str | None = None
        self._hosted = HostedHistory(messages)
        read = [self._message(message) for message in each_object(messages, path)]
        self.turns = tuple(turn for turn in read if turn.blocks)
        if not self.turns:
            raise InvalidRequest(path, "at least one message with content is required", code="empty_array")

    def _message(self, message: Fields) -> Turn:
        told = message.need_string("role")
        role = _ROLES.get(told, Role.USER)
        if told not in _ROLES:
            self._lose(message.at("role"), f"the unknown role {told!r} is read as user", Verdict.APPROXIMATED)
        output = message.take_fields("output_config")
        self.effort = (output.take_string("effort") if output else None) or self.effort
        content, path = message.take("content"), message.at("content")
        if isinstance(content, list):
            blocks = self._blocks(content, path, role)
        else:
            blocks = list(parse_content(content, path, self.notes))
        if blocks and all(isinstance(block, ToolResult) for block in blocks):
            role = Role.TOOL
        return Turn(role=role, blocks=tuple(blocks), extra=unread(message))

    def _blocks(self, content: list[Any], path: str, role: Role) -> list[Block]:
        last_text = max((place for place, block in enumerate(content) if _is_text(block)), default=-1)
        return [
            made
            for place, fields in enumerate(each_object(content, path))
            for made in self._block(fields, role, text_follows=place < last_text)
        ]

    def _block(self, fields: Fields, role: Role, *, text_follows: bool) -> tuple[Block, ...]:
        kind = fields.rest().get("type")
        match kind:
            case "thinking" | "redacted_thinking":
                return (_thinking(fields),)
            case "tool_use":
                return (_tool_call(fields),)
            case "tool_result":
                return (self._tool_result(fields),)
            case "tool_addition" | "tool_removal":
                return self._tool_change(fields, added=kind == "tool_addition")
            case "compaction":
                return parse_content(fields.take("content"), fields.at("content"), self.notes)
            case "fallback" | "container_upload":
                self._lose(fields.path, f"a block of type {kind} means nothing to other upstreams", Verdict.DROPPED)
                return ()
            case str() if is_hosted(kind) and role is Role.ASSISTANT:
                told = self._hosted.read(fields.rest(), text_follows=text_follows)
                return () if told is None else (told,)
        return parse_block(fields, self.notes)

    def _tool_result(self, fields: Fields) -> ToolResult:
        call_id = fields.need_string("tool_use_id")
        failed = fields.take_bool("is_error") or False
        content = fields.take("content")
        parts = parse_content(content, fields.at("content"), self.notes) or (Text(text=NO_OUTPUT),)
        if failed:
            parts = _marked(parts) if isinstance(content, str) else (Text(text=ERROR_MARK), *parts)
        plain = not isinstance(content, list)
        return ToolResult(call_id=call_id, parts=parts, is_error=failed, plain=plain, extra=unread(fields))

    def _tool_change(self, fields: Fields, *, added: bool) -> tuple[Block, ...]:
        """Tools that come or go in mid-conversation; deferred ones are offered from the start, so words are enough."""
        tool = fields.take_fields("tool") or fields
        name = tool.rest().get("tool_name") or tool.rest().get("name")
        if added and tool.rest().get("input_schema") is not None:
            parsed = parse_tool(tool, self.notes)
            self.tools.extend([parsed] if parsed else [])
        if not isinstance(name, str):
            return ()
        return (Text(text=f"The tool {name} is {'now' if added else 'no longer'} available."),)

    def _lose(self, path: str, detail: str, verdict: Verdict) -> None:
        self.notes.append(Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail))


def _is_text(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") == "text" and bool(block.get("text"))


def _marked(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    first, *others = parts
    return (Text(text=f"{ERROR_MARK}\n{first.text}"), *others) if isinstance(first, Text) else parts


def _thinking(fields: Fields) -> Thinking:
    redacted = fields.take_string("type") == "redacted_thinking"
    words = fields.take_string("thinking") or ""
    told = fields.take_string("data" if redacted else "signature") or ""
    if not told:
        return Thinking(summary=(words,) if words else ())
    sealed = read_signature(told, ORIGIN)
    return Thinking(
        summary=(words,) if words else (),
        signature=sealed.encrypted,
        origin=None if sealed.origin == RESPONSES else sealed.origin,
        redacted=redacted,
        item_id=sealed.item_id,
    )


def _tool_call(fields: Fields) -> ToolCall:
    call_id, name = fields.need_string("id"), fields.need_string("name")
    told = fields.take("input")
    if told is not None and not isinstance(told, dict):
        raise InvalidRequest(fields.at("input"), f"expected an object, got {json_type(told)}", code="invalid_type")
    return ToolCall(call_id=call_id, name=name, arguments=encode(told or {}).decode(), extra=unread(fields))
