from typing import Any

import pytest

from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseHosted,
    ChooseMode,
    ChooseTool,
    FunctionTool,
    HostedTool,
    ToolChoice,
)
from codex_proxy.protocols.anthropic.request.tools import Offer, parse_choice
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields

F = {"name": "f", "description": "d", "input_schema": {"type": "object"}}
SEARCH = {"type": "web_search_20260209", "name": "web_search"}
CODE = {"type": "code_execution_20260120", "name": "code_execution"}


def offered(*tools: Any) -> Offer:
    return Offer(list(tools), "tools")


def chosen(choice: Any, *tools: Any, notes: list[Note] | None = None) -> ToolChoice | None:
    offer = offered(*tools)
    return parse_choice(Fields({"tool_choice": choice}), offer, offer.tools, notes if notes is not None else [])


def test_a_clients_own_tool() -> None:
    (tool,) = offered({**F, "type": "custom", "cache_control": {}, "defer_loading": True, "strict": True}).tools
    assert tool == FunctionTool(name="f", description="d", parameters={"type": "object"}, strict=True)


def test_a_tool_without_schema_is_still_a_tool() -> None:
    assert offered({"name": "f"}).tools == (FunctionTool(name="f"),)


def test_examples_of_inputs_end_up_in_the_description_as_far_as_they_are_short() -> None:
    (tool,) = offered({**F, "input_examples": [{"a": 1}, {"b": "x" * 2000}, {"c": 2}]}).tools
    assert isinstance(tool, FunctionTool)
    assert tool.description == 'd\nExamples of inputs:\n{"a":1}\n{"c":2}'


def test_tools_that_the_client_runs_get_their_schema_written_in() -> None:
    bash, editor = offered(
        {"type": "bash_20250124", "name": "bash"},
        {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 5},
    ).tools
    assert isinstance(bash, FunctionTool)
    assert isinstance(editor, FunctionTool)
    assert bash.parameters is not None
    assert (bash.name, bash.strict, set(bash.parameters["properties"])) == ("bash", False, {"command", "restart"})
    assert editor.name == "str_replace_based_edit_tool"


def test_web_search_becomes_the_hosted_one() -> None:
    offer = offered(
        {
            **SEARCH,
            "allowed_domains": ["a.example"],
            "blocked_domains": ["b.example"],
            "max_uses": 5,
            "user_location": {"type": "approximate", "city": "Oslo"},
        }
    )
    settings = {
        "filters": {"allowed_domains": ["a.example"]},
        "user_location": {"type": "approximate", "city": "Oslo"},
    }
    assert offer.tools == (HostedTool(kind="web_search", settings=settings),)
    assert offer.searches
    assert [(note.path, note.weight) for note in offer.notes] == [
        ("tools[0].blocked_domains", Weight.LOSSY),
        ("tools[0].max_uses", Weight.COSMETIC),
    ]


def test_fetching_is_what_the_search_does_too() -> None:
    offer = offered(SEARCH, {"type": "web_fetch_20250910", "name": "web_fetch"}, F)
    assert [type(tool) for tool in offer.tools] == [HostedTool, FunctionTool]
    assert [note.path for note in offer.notes] == ["tools[1]"]


def test_a_clients_tool_that_is_called_like_the_search_stays_its_own() -> None:
    offer = offered({"name": "WebSearch"}, {"name": "web_search"})
    assert all(isinstance(tool, FunctionTool) for tool in offer.tools)
    assert not offer.searches
    assert chosen({"type": "tool", "name": "web_search"}, {"name": "web_search"}) == ChooseTool(name="web_search")


def test_what_only_anthropic_runs_is_left_out_with_a_note() -> None:
    offer = offered(CODE, {"type": "tool_search_tool_bm25_20251119", "name": "s"}, F)
    assert [tool.name for tool in offer.tools if isinstance(tool, FunctionTool)] == ["f"]
    assert [(note.path, note.weight) for note in offer.notes] == [
        ("tools[0]", Weight.LOSSY),
        ("tools[1]", Weight.COSMETIC),
    ]


def test_the_upstreams_picture_tool_is_offered_as_it_is() -> None:
    offer = offered({"type": "image_generation", "size": "auto"})
    assert offer.tools == (HostedTool(kind="image_generation", settings={"size": "auto"}),)
    assert not offer.searches


def test_an_unknown_type_with_a_schema_is_a_clients_tool() -> None:
    assert offered({**F, "type": "custom_20990101"}).tools == offered(F).tools


@pytest.mark.parametrize(
    ("tool", "path"),
    [
        ({"input_schema": {}}, "tools[0].name"),
        ({"name": ""}, "tools[0].name"),
        ({"type": 7, "name": "f"}, "tools[0].type"),
        ({"type": "mcp_toolset", "mcp_server_name": "s"}, "tools[0].type"),
        (7, "tools[0]"),
    ],
)
def test_tools_of_the_wrong_shape_are_named(tool: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        offered(tool)
    assert refused.value.path == path


def test_choices() -> None:
    assert chosen({"type": "auto"}, F) == ChooseMode(mode=ChoiceMode.AUTO)
    assert chosen({"type": "any"}, F) == ChooseMode(mode=ChoiceMode.REQUIRED)
    assert chosen({"type": "none"}, F) == ChooseMode(mode=ChoiceMode.NONE)
    assert chosen({"type": "tool", "name": "f"}, F) == ChooseTool(name="f")
    assert chosen({"type": "tool", "name": "web_search"}, SEARCH) == ChooseHosted(kind="web_search")
    fetch = {"type": "web_fetch_20250910", "name": "web_fetch"}
    assert chosen({"type": "tool", "name": "web_fetch"}, fetch) == ChooseHosted(kind="web_search")
    assert chosen(None, F) is None


def test_a_choice_of_what_is_not_offered() -> None:
    with pytest.raises(InvalidRequest, match=r"tool_choice.name: names 'g'"):
        chosen({"type": "tool", "name": "g"}, F)


def test_choices_that_mean_nothing_are_noted() -> None:
    notes: list[Note] = []
    assert chosen({"type": "any"}, notes=notes) is None
    assert chosen({"type": "mood"}, F, notes=notes) is None
    assert [(note.path, note.weight) for note in notes] == [
        ("tool_choice", Weight.COSMETIC),
        ("tool_choice.type", Weight.LOSSY),
    ]


def test_a_request_that_depends_on_what_is_not_here_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="'code_execution_20260120' is not available"):
        chosen({"type": "any"}, CODE)
    assert chosen({"type": "auto"}, CODE, notes=[]) is None
    computer = {"type": "computer_toolset_20260801"}
    with pytest.raises(InvalidRequest, match="computer_toolset"):
        offered(computer).check_not_emptied(forced=False)
    offered(computer, F).check_not_emptied(forced=False)
