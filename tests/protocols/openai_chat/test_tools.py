"""Tools and tool choice of the chat wire."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import ToolKind
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
    Tool,
    ToolChoice,
)
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_chat.tools import (
    parse_tool_choice,
    parse_tools,
)
from codex_proxy.protocols.parts.fields import Fields

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}}
READ = FunctionTool(name="read", description="Reads", parameters=SCHEMA, strict=True)
PATCH = CustomTool(name="patch", description="Patches", grammar=Grammar(syntax="lark", definition="start: X"))


def tools(**body: Any) -> tuple[Tool, ...]:
    return parse_tools(Fields(body))


def choice(value: Any, *known: Tool, field: str = "tool_choice") -> ToolChoice | None:
    return parse_tool_choice(Fields({field: value}), known)


FUNCTION = {"name": "read", "description": "Reads", "parameters": SCHEMA, "strict": True}
GRAMMAR = {"syntax": "lark", "definition": "start: X"}


@pytest.mark.parametrize(
    ("wire", "tool"),
    [
        pytest.param({"type": "function", "function": FUNCTION}, READ, id="nested"),
        pytest.param({"type": "function", **FUNCTION}, READ, id="flat, as Cursor"),
        pytest.param({"function": FUNCTION}, READ, id="without type"),
        pytest.param(
            {
                "type": "custom",
                "custom": {
                    "name": "patch",
                    "description": "Patches",
                    "format": {"type": "grammar", "grammar": GRAMMAR},
                },
            },
            PATCH,
            id="custom nested",
        ),
        pytest.param(
            {"type": "custom", "name": "patch", "description": "Patches", "format": {"type": "grammar", **GRAMMAR}},
            PATCH,
            id="custom flat",
        ),
        pytest.param(
            {"type": "custom", "custom": {"name": "note", "format": {"type": "text"}}},
            CustomTool(name="note"),
            id="free text",
        ),
        pytest.param(
            {"type": "web_search_preview", "search_context_size": "low"},
            HostedTool(kind="web_search", settings={"search_context_size": "low"}),
            id="hosted, old name",
        ),
        pytest.param({"type": "image_generation"}, HostedTool(kind="image_generation"), id="hosted"),
        pytest.param(
            {"type": "function", "function": {"name": "web_search", "parameters": None}},
            FunctionTool(name="web_search"),
            id="a client's own function is never hijacked",
        ),
    ],
)
def test_every_spelling_of_a_tool(wire: dict[str, Any], tool: Tool) -> None:
    assert tools(tools=[wire]) == (tool,)


def test_members_without_meaning_are_kept() -> None:
    [tool] = tools(tools=[{"type": "function", "function": FUNCTION, "cache_control": {"type": "ephemeral"}}])
    assert isinstance(tool, FunctionTool)
    assert tool.extra == {"cache_control": {"type": "ephemeral"}}


def test_legacy_functions_and_search_options_are_tools() -> None:
    location = {"type": "approximate", "approximate": {"city": "Ulm"}}
    assert tools(functions=[FUNCTION], web_search_options={"user_location": location}) == (
        READ,
        HostedTool(kind="web_search", settings={"user_location": {"type": "approximate", "city": "Ulm"}}),
    )
    assert tools(tools=[{"type": "web_search"}], web_search_options={}) == (HostedTool(kind="web_search"),)


@pytest.mark.parametrize(
    ("wire", "path"),
    [
        ([{"type": "function", "function": {}}], "tools[0].function.name"),
        ([{"type": "function", "function": {"name": ""}}], "tools[0].function.name"),
        ([{"type": "function", "function": {"name": "a", "strict": 1}}], "tools[0].function.strict"),
        ([{}], "tools[0].type"),
        (["read"], "tools[0]"),
        ({}, "tools"),
    ],
)
def test_a_wrong_tool_is_named(wire: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        tools(tools=wire)
    assert error.value.path == path


@pytest.mark.parametrize(
    ("wire", "canonical"),
    [
        ("auto", ChooseMode(mode=ChoiceMode.AUTO)),
        ("none", ChooseMode(mode=ChoiceMode.NONE)),
        ("any", ChooseMode(mode=ChoiceMode.REQUIRED)),
        ({"type": "function", "function": {"name": "read"}}, ChooseTool(name="read")),
        ({"type": "function", "name": "read"}, ChooseTool(name="read")),
        ({"type": "custom", "custom": {"name": "patch"}}, ChooseTool(name="patch", kind=ToolKind.CUSTOM)),
        ({"type": "function", "function": {"name": "patch"}}, ChooseTool(name="patch", kind=ToolKind.CUSTOM)),
        ({"type": "web_search_preview"}, ChooseHosted(kind="web_search")),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "read"}}]},
            },
            ChooseAmong(required=True, tools=(ChooseTool(name="read"),)),
        ),
    ],
)
def test_every_spelling_of_a_choice(wire: Any, canonical: ToolChoice) -> None:
    assert choice(wire, READ, PATCH) == canonical


def test_the_legacy_choice() -> None:
    assert choice({"name": "read"}, READ, field="function_call") == ChooseTool(name="read")
    assert choice("none", READ, field="function_call") == ChooseMode(mode=ChoiceMode.NONE)


def test_a_choice_without_tools_is_none() -> None:
    assert choice("required") is None


@pytest.mark.parametrize(
    ("wire", "path"),
    [
        ({"type": "function", "function": {"name": "rm"}}, "tool_choice.function.name"),
        ("sometimes", "tool_choice"),
        (5, "tool_choice"),
    ],
)
def test_a_wrong_choice_is_named(wire: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        choice(wire, READ)
    assert error.value.path == path
