"""Tools on the wire."""

from typing import Any

import pytest

from codex_proxy.canonical.tools import (
    ChoiceMode,
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
from codex_proxy.protocols.ollama.conversation.tools import build_tools, custom_names, parse_tools
from codex_proxy.protocols.parts.fields import Fields

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
F = FunctionTool(name="f", description="does f", parameters=SCHEMA)


def parsed(*tools: Any) -> tuple[Tool, ...]:
    return parse_tools(Fields({"tools": list(tools)}))


def test_functions_keep_their_words_and_schema() -> None:
    function = {"name": "f", "description": "does f", "parameters": SCHEMA}
    assert parsed({"type": "function", "function": function}) == (F,)
    assert parsed({"function": function}) == (F,)
    assert parsed({"type": "function", **function}) == (F,)
    assert parsed({"type": "function", "function": {"name": "g", "parameters": None, "x": 1}}) == (
        FunctionTool(name="g", extra={"x": 1}),
    )


def test_an_unknown_kind_is_left_to_the_upstream() -> None:
    assert parsed({"type": "web_search", "depth": 2}) == (HostedTool(kind="web_search", settings={"depth": 2}),)


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ({"type": "function", "function": {}}, r"tools\[0\].function.name: is required"),
        ({"type": "function", "function": {"name": ""}}, r"tools\[0\].function.name: must not be empty"),
        (7, r"tools\[0\]: expected an object, got a number"),
    ],
)
def test_a_tool_without_a_name_is_refused(tool: Any, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        parsed(tool)


def test_other_tools_are_told_as_functions_or_dropped_with_a_note() -> None:
    custom = CustomTool(name="patch", description="edits", grammar=Grammar(syntax="lark", definition="start: A"))
    tools = (F, NamespaceTool(name="group", tools=(custom,)), HostedTool(kind="web_search"))
    wire, notes = build_tools(tools, None)
    assert wire[0] == {"type": "function", "function": {"name": "f", "description": "does f", "parameters": SCHEMA}}
    assert wire[1]["function"]["parameters"]["required"] == ["input"]
    assert "lark grammar:\nstart: A" in wire[1]["function"]["description"]
    assert [(note.path, note.verdict.value) for note in notes] == [
        ("tools[1].namespace", "approximated"),
        ("tools[2]", "dropped"),
    ]
    assert custom_names(tools) == {"patch"}


@pytest.mark.parametrize(
    ("choice", "names", "noted"),
    [
        (None, ["f", "g"], []),
        (ChooseMode(mode=ChoiceMode.AUTO), ["f", "g"], []),
        (ChooseMode(mode=ChoiceMode.NONE), [], ["emulated"]),
        (ChooseMode(mode=ChoiceMode.REQUIRED), ["f", "g"], ["dropped"]),
        (ChooseTool(name="g"), ["g"], ["approximated"]),
    ],
)
def test_a_choice_shows_in_the_list_only(choice: ToolChoice | None, names: list[str], noted: list[str]) -> None:
    wire, notes = build_tools((F, FunctionTool(name="g")), choice)
    assert [tool["function"]["name"] for tool in wire] == names
    assert [note.verdict.value for note in notes] == noted
