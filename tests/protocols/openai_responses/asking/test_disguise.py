"""Free-text tools as functions."""

import pytest

from codex_proxy.canonical.blocks import Text, ToolCall, ToolKind, ToolResult
from codex_proxy.canonical.request import Role, Turn
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
    ToolChoice,
)
from codex_proxy.protocols.openai_responses.asking.disguise import (
    disguised_choice,
    disguised_names,
    disguised_tool,
    disguised_turns,
)

PATCH = CustomTool(name="patch", description="Edits files.", grammar=Grammar(syntax="lark", definition="start: X"))
LOOK = FunctionTool(name="look")
GROUP = NamespaceTool(name="files", tools=(CustomTool(name="write"), LOOK))


def test_a_free_text_tool_becomes_a_function_that_says_what_its_text_must_be() -> None:
    made = disguised_tool(PATCH)
    assert isinstance(made, FunctionTool)
    assert (made.name, made.strict) == ("patch", False)
    assert made.parameters is not None
    assert made.parameters["required"] == ["input"]
    assert made.description is not None
    assert made.description.startswith("Edits files.\n\n")
    assert made.description.endswith("lark grammar:\nstart: X")


def test_members_of_groups_are_disguised_and_other_tools_are_not() -> None:
    made = disguised_tool(GROUP)
    assert isinstance(made, NamespaceTool)
    assert [type(tool) for tool in made.tools] == [FunctionTool, FunctionTool]
    for tool in (LOOK, HostedTool(kind="web_search")):
        assert disguised_tool(tool) is tool


def test_the_names_to_undo_are_those_of_free_text_tools() -> None:
    assert disguised_names((PATCH, LOOK, GROUP, HostedTool(kind="x"))) == {"patch", "write"}


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (ChooseTool(name="patch", kind=ToolKind.CUSTOM), ChooseTool(name="patch")),
        (
            ChooseAmong(required=True, tools=(ChooseTool(name="p", kind=ToolKind.CUSTOM), ChooseHosted(kind="x"))),
            ChooseAmong(required=True, tools=(ChooseTool(name="p"), ChooseHosted(kind="x"))),
        ),
        (ChooseMode(mode=ChoiceMode.AUTO), ChooseMode(mode=ChoiceMode.AUTO)),
        (None, None),
    ],
)
def test_choices(choice: ToolChoice | None, told: ToolChoice | None) -> None:
    assert disguised_choice(choice) == told


def test_earlier_calls_and_results_are_those_of_functions() -> None:
    call = ToolCall(call_id="c", name="patch", arguments='a "b"', kind=ToolKind.CUSTOM, item_id="ctc_1")
    result = ToolResult(call_id="c", parts=(Text(text="done"),), kind=ToolKind.CUSTOM, item_id="ctco_1")
    words = Text(text="x")
    made = disguised_turns((Turn(role=Role.ASSISTANT, blocks=(words, call)), Turn(role=Role.TOOL, blocks=(result,))))
    assert made[0].blocks == (words, ToolCall(call_id="c", name="patch", arguments='{"input":"a \\"b\\""}'))
    assert made[1].blocks == (ToolResult(call_id="c", parts=(Text(text="done"),)),)
