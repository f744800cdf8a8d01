"""Tools offered to the backend."""

import pytest

from codex_proxy.canonical.notes import Verdict, Weight
from codex_proxy.canonical.request import Dialect
from codex_proxy.canonical.tools import ChooseAmong, ChooseTool, CustomTool, FunctionTool, HostedTool
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.codex.asking.offers import chosen_tool, client_names, offered_tools
from codex_proxy.protocols.parts.names import NameMap
from tests.protocols.codex.parts import request

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}


def test_a_functions_strictness_is_always_said() -> None:
    asked = request(tools=(FunctionTool(name="look", parameters=OPEN),))
    tools, notes = offered_tools(asked, NameMap(client_names(asked)))
    assert tools == (FunctionTool(name="look", parameters=OPEN, strict=False),)
    assert notes == ()


def test_strict_is_dropped_with_a_lossy_note_where_the_schema_does_not_qualify() -> None:
    asked = request(tools=(FunctionTool(name="look", parameters=OPEN, strict=True),))
    tools, notes = offered_tools(asked, NameMap(()))
    assert isinstance(tools[0], FunctionTool)
    assert tools[0].strict is False
    assert [(note.path, note.weight) for note in notes] == [("tools.look.strict", Weight.LOSSY)]


def test_a_responses_client_keeps_its_own_form() -> None:
    tool = FunctionTool(name="look", parameters=OPEN)
    tools, _ = offered_tools(request(dialect=Dialect.OPENAI_RESPONSES, tools=(tool,)), NameMap(()))
    assert tools == (tool,)


def test_an_illegal_name_is_mapped_in_tool_and_choice() -> None:
    asked = request(tools=(FunctionTool(name="a.b"),), tool_choice=ChooseTool(name="a.b"))
    names = NameMap(client_names(asked))
    tools, _ = offered_tools(asked, names)
    assert isinstance(tools[0], FunctionTool)
    assert tools[0].name == "a_b"
    assert chosen_tool(asked, names) == ChooseTool(name="a_b")


def test_of_two_tools_with_one_name_the_last_is_offered() -> None:
    asked = request(tools=(FunctionTool(name="a"), FunctionTool(name="a", description="newer")))
    tools, notes = offered_tools(asked, NameMap(()))
    assert [tool.description for tool in tools if isinstance(tool, FunctionTool)] == ["newer"]
    assert [note.verdict for note in notes] == [Verdict.REPAIRED]


def test_a_choice_of_a_tool_that_is_not_offered_is_refused() -> None:
    asked = request(tools=(CustomTool(name="patch"),), tool_choice=ChooseTool(name="look"))
    with pytest.raises(Unsupported, match="look"):
        chosen_tool(asked, NameMap(()))


def test_allowed_tools_are_mapped_too() -> None:
    asked = request(tools=(FunctionTool(name="a.b"),))
    choice = ChooseAmong(required=True, tools=(ChooseTool(name="a.b"),))
    asked = request(tools=asked.tools, tool_choice=choice)
    assert chosen_tool(asked, NameMap(["a.b"])) == ChooseAmong(required=True, tools=(ChooseTool(name="a_b"),))


def test_picture_settings_that_the_backend_refuses_are_left_out() -> None:
    tool = HostedTool(kind="image_generation", settings={"size": "1024x1024", "n": 2})
    tools, notes = offered_tools(request(tools=(tool,)), NameMap(()))
    assert tools == (HostedTool(kind="image_generation", settings={"size": "1024x1024"}),)
    assert [note.path for note in notes] == ["tools.image_generation.n"]
