"""Tools as upstreams of the family take them."""

import pytest

from codex_proxy.canonical.blocks import ToolCall
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.canonical.tools import ChooseAmong, ChooseTool, CustomTool, FunctionTool, HostedTool, NamespaceTool
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.openai_responses.asking.offers import (
    chosen_tool,
    client_names,
    offered_function,
    offered_once,
)
from codex_proxy.protocols.parts.names import NameMap
from tests.protocols.codex.parts import request

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}


def test_a_functions_strictness_is_always_said() -> None:
    notes: list[Note] = []
    made = offered_function(FunctionTool(name="look", parameters=OPEN), NameMap(()), notes)
    assert (made, notes) == (FunctionTool(name="look", parameters=OPEN, strict=False), [])


def test_strict_is_dropped_with_a_lossy_note_where_the_schema_does_not_qualify() -> None:
    notes: list[Note] = []
    made = offered_function(FunctionTool(name="look", parameters=OPEN, strict=True), NameMap(()), notes)
    assert made.strict is False
    assert [(note.path, note.weight) for note in notes] == [("tools.look.strict", Weight.LOSSY)]


def test_names_are_those_of_tools_and_of_earlier_calls() -> None:
    earlier = Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id="c", name="old", arguments="{}"),))
    asked = request(earlier, tools=(FunctionTool(name="look"), CustomTool(name="patch"), HostedTool(kind="web_search")))
    assert list(client_names(asked)) == ["look", "patch", "old"]


def test_of_two_tools_with_one_name_the_last_is_offered_and_hosted_ones_are_never_one() -> None:
    search = HostedTool(kind="web_search")
    tools = (FunctionTool(name="a"), search, FunctionTool(name="a", description="newer"), search)
    offered, notes = offered_once(tools, lambda tool, _: tool)
    assert offered == (search, tools[2], search)
    assert [(note.path, note.verdict) for note in notes] == [("tools[2].name", Verdict.REPAIRED)]


def test_a_choice_is_told_in_upstream_names() -> None:
    asked = request(tools=(FunctionTool(name="a.b"),), tool_choice=ChooseTool(name="a.b"))
    assert chosen_tool(asked, NameMap(["a.b"])) == ChooseTool(name="a_b")
    among = ChooseAmong(required=True, tools=(ChooseTool(name="a.b"),))
    asked = request(tools=asked.tools, tool_choice=among)
    assert chosen_tool(asked, NameMap(["a.b"])) == ChooseAmong(required=True, tools=(ChooseTool(name="a_b"),))


def test_a_choice_of_a_tool_that_is_not_offered_is_refused_unless_a_group_may_hold_it() -> None:
    asked = request(tools=(CustomTool(name="patch"),), tool_choice=ChooseTool(name="look"))
    with pytest.raises(Unsupported, match="look"):
        chosen_tool(asked, NameMap(()))
    asked = request(tools=(NamespaceTool(name="places"),), tool_choice=ChooseTool(name="look"))
    assert chosen_tool(asked, NameMap(())) == ChooseTool(name="look")
