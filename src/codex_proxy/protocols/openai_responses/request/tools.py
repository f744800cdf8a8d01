"""Tools and tool choices of the Responses dialect, both ways.

Rules of this file: an unknown tool type is kept whole as a hosted tool; a member without a canonical field stays in
``extra``.  Source: OpenAI API reference; captures of Codex CLI 0.169.
"""

from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject, ToolKind
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseAmong,
    ChooseHosted,
    ChooseMode,
    ChooseTool,
    CustomTool,
    FunctionTool,
    Grammar,
    HostedTool,
    NamespaceTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, each_object, json_type

PREVIEW_NAMES: Final = {
    "web_search_preview": "web_search",
    "web_search_preview_2025_03_11": "web_search",
    "web_search_2025_08_26": "web_search",
}


def parse_tools(items: list[Any], path: str) -> tuple[Tool, ...]:
    """The tools of a request.

    Raises:
        InvalidRequest: a tool is no object, or a function has no name.
    """
    return tuple(parse_tool(fields) for fields in each_object(items, path))


def parse_tool(fields: Fields) -> Tool:
    """One tool; raises like ``parse_tools``."""
    kind = fields.take_string("type") or "function"
    if kind == "function":
        return _parse_function(fields)
    if kind == "custom":
        return _parse_custom(fields)
    if kind == "namespace":
        return NamespaceTool(
            name=fields.need_string("name"),
            description=fields.take_string("description"),
            tools=parse_tools(fields.take_list("tools") or [], fields.at("tools")),
            extra=fields.rest(),
        )
    return HostedTool(kind=PREVIEW_NAMES.get(kind, kind), settings=fields.rest())


def build_tool(tool: Tool) -> JsonObject:
    """One tool in wire form."""
    match tool:
        case FunctionTool():
            wire: JsonObject = {"type": "function", "name": tool.name}
            if tool.description is not None:
                wire["description"] = tool.description
            if tool.strict is not None:
                wire["strict"] = tool.strict
            return wire | {"parameters": tool.parameters} | tool.extra
        case CustomTool():
            wire = {"type": "custom", "name": tool.name}
            if tool.description is not None:
                wire["description"] = tool.description
            if tool.grammar is not None:
                wire["format"] = {
                    "type": "grammar",
                    "syntax": tool.grammar.syntax,
                    "definition": tool.grammar.definition,
                }
            return wire | tool.extra
        case NamespaceTool():
            wire = {"type": "namespace", "name": tool.name}
            if tool.description is not None:
                wire["description"] = tool.description
            return wire | {"tools": [build_tool(member) for member in tool.tools]} | tool.extra
        case HostedTool():
            return {"type": tool.kind} | tool.settings


def parse_choice(value: Any, path: str) -> ToolChoice | None:
    """A tool choice; an unknown word counts as none given.

    Raises:
        InvalidRequest: neither a string nor an object, or a named tool without name.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return ChooseMode(mode=ChoiceMode(value)) if value in set(ChoiceMode) else None
    if not isinstance(value, dict):
        raise InvalidRequest(path, f"expected a string or an object, got {json_type(value)}")
    fields = Fields(value, path)
    if value.get("type") == "allowed_tools":
        fields.take("type")
        listed = each_object(fields.take_list("tools") or [], fields.at("tools"))
        return ChooseAmong(
            required=fields.take_string("mode") == "required",
            tools=tuple(_parse_named(member) for member in listed),
        )
    return _parse_named(fields)


def build_choice(choice: ToolChoice) -> str | JsonObject:
    """A tool choice in wire form."""
    match choice:
        case ChooseMode():
            return choice.mode.value
        case ChooseAmong():
            mode = "required" if choice.required else "auto"
            return {"type": "allowed_tools", "mode": mode, "tools": [_build_named(tool) for tool in choice.tools]}
        case ChooseTool() | ChooseHosted():
            return _build_named(choice)


def _parse_function(fields: Fields) -> FunctionTool:
    return FunctionTool(
        name=fields.need_string("name"),
        description=fields.take_string("description"),
        parameters=fields.take_object("parameters"),
        strict=fields.take_bool("strict"),
        extra=fields.rest(),
    )


def _parse_custom(fields: Fields) -> CustomTool:
    name, description = fields.need_string("name"), fields.take_string("description")
    format_ = fields.take_object("format")
    if format_ is None or format_.get("type") != "grammar":  # free text, or a format that is newer than we are
        other: JsonObject = {} if format_ is None else {"format": format_}
        return CustomTool(name=name, description=description, extra=fields.rest() | other)
    grammar = Fields(format_, fields.at("format"))
    return CustomTool(
        name=name,
        description=description,
        grammar=Grammar(syntax=grammar.need_string("syntax"), definition=grammar.need_string("definition")),
        extra=fields.rest(),
    )


def _parse_named(fields: Fields) -> ChooseTool | ChooseHosted:
    kind = fields.take_string("type") or "function"
    if kind in set(ToolKind):
        return ChooseTool(
            name=fields.need_string("name"), kind=ToolKind(kind), namespace=fields.take_string("namespace")
        )
    return ChooseHosted(kind=PREVIEW_NAMES.get(kind, kind), settings=fields.rest())


def _build_named(choice: ChooseTool | ChooseHosted) -> JsonObject:
    match choice:
        case ChooseTool():
            wire: JsonObject = {"type": choice.kind.value, "name": choice.name}
            return wire | {"namespace": choice.namespace} if choice.namespace else wire
        case ChooseHosted():
            return {"type": choice.kind} | choice.settings
