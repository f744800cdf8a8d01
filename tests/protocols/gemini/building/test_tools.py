"""Tools for a vendor."""

from typing import Any

import pytest

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
from codex_proxy.protocols.gemini.building.tools import Offered, calling_config
from codex_proxy.protocols.gemini.schema import GeminiProfile
from codex_proxy.protocols.parts.names import NameMap

PARAMETERS = {"type": "object", "properties": {"a": {"type": "string"}}, "$schema": "x"}
NAMES = NameMap(["a.b", "f", "g"])


def offered(*tools: Tool, profile: GeminiProfile | None = None) -> tuple[list[Any], list[str]]:
    made = Offered(tools, NAMES, profile or GeminiProfile())
    return made.members(), [note.path for note in made.notes]


def test_functions_with_schemas_in_the_vendors_words() -> None:
    tool = FunctionTool(name="a.b", description="d", parameters=PARAMETERS)
    clean = {"type": "object", "properties": {"a": {"type": "string"}}}
    told = {"name": "a_b", "description": "d"}
    assert offered(tool)[0] == [{"functionDeclarations": [{**told, "parametersJsonSchema": clean}]}]
    own = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
    assert offered(tool, profile=GeminiProfile(json_schema=False))[0] == [
        {"functionDeclarations": [{**told, "parameters": own}]}
    ]


def test_a_property_that_nothing_fits_is_left_out_and_noted() -> None:
    tool = FunctionTool(name="f", parameters={"type": "object", "properties": {"a": {"type": "string"}, "b": False}})
    made, noted = offered(tool)
    assert list(made[0]["functionDeclarations"][0]["parametersJsonSchema"]["properties"]) == ["a"]
    assert noted == ["tools.f.parameters"]


def test_a_function_without_parameters_has_no_schema() -> None:
    assert offered(FunctionTool(name="f", parameters={"type": "object", "properties": {}}))[0] == [
        {"functionDeclarations": [{"name": "f"}]}
    ]


def test_a_free_text_tool_is_a_function_with_one_member() -> None:
    grammar = Grammar(syntax="lark", definition="start: x")
    ((entry,), notes) = offered(CustomTool(name="f", description="d", grammar=grammar))
    (function,) = entry["functionDeclarations"]
    assert function["parametersJsonSchema"]["required"] == ["input"]
    assert "start: x" in function["description"]
    assert notes == []


def test_groups_are_sent_ungrouped_and_what_google_runs_apart() -> None:
    members, notes = offered(
        NamespaceTool(name="n", tools=(FunctionTool(name="f"), FunctionTool(name="g"))),
        HostedTool(kind="web_search"),
        HostedTool(kind="code_interpreter"),
        HostedTool(kind="image_generation"),
        HostedTool(kind="mcp"),
    )
    assert members == [
        {"functionDeclarations": [{"name": "f"}, {"name": "g"}]},
        {"googleSearch": {}},
        {"codeExecution": {}},
    ]
    assert notes == ["tools[0].namespace", "tools[4]"]


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ChooseMode(mode=ChoiceMode.AUTO), {"mode": "AUTO"}),
        (ChooseMode(mode=ChoiceMode.REQUIRED), {"mode": "ANY"}),
        (ChooseMode(mode=ChoiceMode.NONE), {"mode": "NONE"}),
        (ChooseTool(name="a.b"), {"mode": "ANY", "allowedFunctionNames": ["a_b"]}),
        (
            ChooseAmong(required=True, tools=(ChooseTool(name="f"), ChooseHosted(kind="x"))),
            {"mode": "ANY", "allowedFunctionNames": ["f"]},
        ),
        (
            ChooseAmong(required=False, tools=(ChooseTool(name="f"),)),
            {"mode": "VALIDATED", "allowedFunctionNames": ["f"]},
        ),
        (ChooseHosted(kind="web_search"), None),
    ],
)
def test_choices(choice: ToolChoice, config: dict[str, Any] | None) -> None:
    assert calling_config(choice, NAMES) == config
