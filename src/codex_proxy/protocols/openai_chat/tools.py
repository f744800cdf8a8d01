"""Tools and tool choice, from the chat wire.

Rules of this file: names and schemas stay as the client sent them.  Nested (OpenAI) and flat (Cursor) spellings are
read.
"""

from typing import Final, TypeAlias, assert_never

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
from codex_proxy.protocols.parts.asking.nested import kept_within
from codex_proxy.protocols.parts.fields import Fields, each_object

WEB_SEARCH: Final = "web_search"

Declared: TypeAlias = dict[str, ToolKind]

_MODES: Final = {
    "none": ChoiceMode.NONE,
    "auto": ChoiceMode.AUTO,
    "required": ChoiceMode.REQUIRED,
    "any": ChoiceMode.REQUIRED,  # Mistral's word
}
_KINDS: Final = {"function": ToolKind.FUNCTION, "custom": ToolKind.CUSTOM}


def parse_tools(body: Fields) -> tuple[Tool, ...]:
    """``tools``, legacy ``functions`` and ``web_search_options`` of a body.

    Raises:
        InvalidRequest: a tool without a name, or of the wrong shape.
    """
    tools = [_parse_tool(tool) for tool in each_object(body.take_list("tools") or [], body.at("tools"))]
    functions = each_object(body.take_list("functions") or [], body.at("functions"))
    tools.extend(_parse_function(function) for function in functions)
    search = body.take_object("web_search_options")
    if search is not None and not any(isinstance(tool, HostedTool) and tool.kind == WEB_SEARCH for tool in tools):
        tools.append(HostedTool(kind=WEB_SEARCH, settings=_search_settings(search)))
    return tuple(tools)


def declared_kinds(tools: tuple[Tool, ...]) -> Declared:
    """Names of the tools that the client executes, with their kind."""
    kinds: Declared = {}
    for tool in tools:
        match tool:
            case FunctionTool():
                kinds[tool.name] = ToolKind.FUNCTION
            case CustomTool():
                kinds[tool.name] = ToolKind.CUSTOM
            case NamespaceTool():
                kinds |= declared_kinds(tool.tools)
            case HostedTool():
                pass
            case _:
                assert_never(tool)
    return kinds


def parse_tool_choice(body: Fields, tools: tuple[Tool, ...]) -> ToolChoice | None:
    """``tool_choice`` or legacy ``function_call``; None where nothing could be chosen.

    Raises:
        InvalidRequest: the choice names a tool that is not in the list, or is of the wrong shape.
    """
    name = "tool_choice" if body.has("tool_choice") else "function_call"
    choice = body.take(name)
    path = body.at(name)
    if choice is None or not tools:
        return None
    if isinstance(choice, str):
        if choice not in _MODES:
            raise InvalidRequest(path, f"unknown mode {choice!r}; one of none, auto, required", code="invalid_value")
        return ChooseMode(mode=_MODES[choice])
    if not isinstance(choice, dict):
        raise InvalidRequest(path, "expected a string or an object", code="invalid_type")
    return _parse_choice(Fields(choice, path), declared_kinds(tools))


def _parse_tool(tool: Fields) -> Tool:
    kind = tool.take_string("type")
    if kind == "custom":
        return _parse_custom(tool.take_fields("custom") or tool)
    if kind == "function" or (kind is None and (tool.has("function") or tool.has("name"))):
        nested = tool.take_fields("function")
        return _parse_function(nested or tool, outer=tool.rest() if nested else None)
    if kind is None:
        raise InvalidRequest(tool.at("type"), "is required")
    return HostedTool(kind=WEB_SEARCH if kind.startswith("web_search_preview") else kind, settings=tool.rest())


def _parse_function(function: Fields, outer: JsonObject | None = None) -> FunctionTool:
    name = _need_name(function)
    description = function.take_string("description")
    parameters = function.take("parameters")
    strict = function.take_bool("strict")
    return FunctionTool(
        name=name,
        description=description,
        parameters=parameters if isinstance(parameters, dict) else None,
        strict=strict,
        extra=function.rest() if outer is None else outer | kept_within("function", function.rest()),
    )


def _parse_custom(custom: Fields) -> CustomTool:
    name = _need_name(custom)
    description = custom.take_string("description")
    form = custom.take_fields("format")
    return CustomTool(
        name=name, description=description, grammar=_parse_grammar(form) if form else None, extra=custom.rest()
    )


def _parse_grammar(form: Fields) -> Grammar | None:
    if form.take_string("type") != "grammar":
        return None
    grammar = form.take_fields("grammar") or form
    return Grammar(syntax=grammar.need_string("syntax"), definition=grammar.need_string("definition"))


def _need_name(fields: Fields) -> str:
    name = fields.need_string("name")
    if not name:
        raise InvalidRequest(fields.at("name"), "must not be empty", code="invalid_value")
    return name


def _search_settings(options: JsonObject) -> JsonObject:
    settings = dict(options)
    where = settings.pop("user_location", None)
    if isinstance(where, dict):
        approximate = where.get("approximate")
        settings["user_location"] = {"type": "approximate", **(approximate if isinstance(approximate, dict) else where)}
    return settings


def _parse_choice(choice: Fields, declared: Declared) -> ToolChoice:
    kind = choice.take_string("type")
    if kind == "allowed_tools":
        allowed = choice.take_fields("allowed_tools") or choice
        mode = allowed.take_string("mode")
        members = each_object(allowed.take_list("tools") or [], allowed.at("tools"))
        return ChooseAmong(
            required=mode == "required",
            tools=tuple(_parse_named(member, member.take_string("type"), declared) for member in members),
        )
    return _parse_named(choice, kind, declared)


def _parse_named(choice: Fields, kind: str | None, declared: Declared) -> ChooseTool | ChooseHosted:
    if kind is not None and kind not in _KINDS:
        hosted = WEB_SEARCH if kind.startswith("web_search_preview") else kind
        return ChooseHosted(kind=hosted, settings=choice.rest())
    named = choice.take_fields(kind or "function") or choice
    name = _need_name(named)
    if name not in declared:
        raise InvalidRequest(named.at("name"), f"names {name!r}, which is not among the tools", code="invalid_value")
    return ChooseTool(name=name, kind=declared[name])
