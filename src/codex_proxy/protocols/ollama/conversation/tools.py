"""Tools, from the Ollama wire and to it.

Rules of this file: names and schemas stay as the client sent them; the API has functions and nothing else, so other
tools are told as functions or dropped with a note.
"""

from typing import Final, assert_never

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseMode,
    ChooseTool,
    CustomTool,
    FunctionTool,
    HostedTool,
    NamespaceTool,
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, each_object

_INPUT_PARAMETERS: Final[JsonObject] = {
    "type": "object",
    "properties": {"input": {"type": "string", "description": "The whole input of the tool, as plain text."}},
    "required": ["input"],
}


def parse_tools(body: Fields) -> tuple[Tool, ...]:
    """``tools`` of a body.

    Raises:
        InvalidRequest: a tool without a name, or of the wrong shape.
    """
    return tuple(_parse_tool(tool) for tool in each_object(body.take_list("tools") or [], body.at("tools")))


def build_tools(tools: tuple[Tool, ...], choice: ToolChoice | None) -> tuple[list[JsonObject], list[Note]]:
    """The wire's tools and what cannot be told; there is no choice on the wire, so that it shows in the list only."""
    if isinstance(choice, ChooseMode) and choice.mode is ChoiceMode.NONE:
        return [], [
            Note(path="tool_choice", verdict=Verdict.EMULATED, detail="the tools are left out")
        ] if tools else []
    wire: list[JsonObject] = []
    notes: list[Note] = []
    for index, tool in enumerate(tools):
        _build_tool(tool, f"tools[{index}]", wire, notes)
    if isinstance(choice, ChooseTool):
        wire = [tool for tool in wire if tool["function"]["name"] == choice.name]
        notes.append(_lossy("tool_choice", Verdict.APPROXIMATED, "only this tool is offered, and may be left alone"))
    elif choice is not None and choice != ChooseMode(mode=ChoiceMode.AUTO):
        notes.append(_lossy("tool_choice", Verdict.DROPPED, "the server lets its model choose"))
    return wire, notes


def custom_names(tools: tuple[Tool, ...]) -> frozenset[str]:
    """Free-text tools, which the server sees as functions."""
    names: set[str] = set()
    for tool in tools:
        if isinstance(tool, CustomTool):
            names.add(tool.name)
        elif isinstance(tool, NamespaceTool):
            names |= custom_names(tool.tools)
    return frozenset(names)


def _parse_tool(tool: Fields) -> Tool:
    kind = tool.take_string("type")
    nested = tool.take_fields("function")
    if nested is None and kind not in {None, "", "function"}:
        return HostedTool(kind=str(kind), settings=tool.rest())
    function = nested or tool
    name = function.need_string("name")
    if not name:
        raise InvalidRequest(function.at("name"), "must not be empty", code="invalid_value")
    parameters = function.take("parameters")
    return FunctionTool(
        name=name,
        description=function.take_string("description"),
        parameters=parameters if isinstance(parameters, dict) else None,
        strict=function.take_bool("strict"),
        extra={**function.rest(), **(tool.rest() if nested else {})},
    )


def _build_tool(tool: Tool, path: str, wire: list[JsonObject], notes: list[Note]) -> None:
    match tool:
        case FunctionTool():
            wire.append(_function(tool.name, tool.description, tool.parameters))
        case CustomTool():
            wire.append(_function(tool.name, _custom_words(tool), _INPUT_PARAMETERS))
        case NamespaceTool():
            notes.append(_lossy(f"{path}.namespace", Verdict.APPROXIMATED, "members are sent ungrouped"))
            for index, member in enumerate(tool.tools):
                _build_tool(member, f"{path}.tools[{index}]", wire, notes)
        case HostedTool():
            notes.append(_lossy(path, Verdict.DROPPED, f"the server does not run {tool.kind}"))
        case _:
            assert_never(tool)


def _function(name: str, description: str | None, parameters: JsonObject | None) -> JsonObject:
    function: JsonObject = {"name": name, "description": description or ""}
    function["parameters"] = parameters or {"type": "object", "properties": {}}
    return {"type": "function", "function": function}


def _custom_words(tool: CustomTool) -> str:
    words = [tool.description or "", "Put the tool's whole input, as plain text, into the member `input`."]
    if tool.grammar is not None:
        words.append(f"The input must match this {tool.grammar.syntax} grammar:\n{tool.grammar.definition}")
    return "\n\n".join(filter(None, words))


def _lossy(path: str, verdict: Verdict, detail: str) -> Note:
    return Note(path=path, verdict=verdict, weight=Weight.LOSSY, detail=detail)
