"""Tools and choices are values that can be told apart by type."""

import msgspec

from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseAmong,
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


def test_every_tool_survives_its_own_json() -> None:
    tools: tuple[Tool, ...] = (
        FunctionTool(name="f", parameters={"type": "object"}, strict=False),
        CustomTool(name="patch", grammar=Grammar(syntax="lark", definition="start: A")),
        NamespaceTool(name="group", tools=(FunctionTool(name="g"),)),
        HostedTool(kind="web_search", settings={"external_web_access": True}),
    )
    assert msgspec.json.decode(msgspec.json.encode(tools), type=tuple[Tool, ...]) == tools


def test_every_choice_survives_its_own_json() -> None:
    choices: tuple[ToolChoice, ...] = (
        ChooseMode(mode=ChoiceMode.AUTO),
        ChooseAmong(required=True, tools=(ChooseTool(name="f"),)),
    )
    assert msgspec.json.decode(msgspec.json.encode(choices), type=tuple[ToolChoice, ...]) == choices
