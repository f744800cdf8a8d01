"""Tools, and the choice among them, as vendors take them."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import Text, ToolCall, ToolKind
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
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
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile, ChoiceWord
from codex_proxy.protocols.openai_chat.asking.tools import Offer, free_text_names, offer_tools, used_names
from codex_proxy.protocols.openai_chat.tools import parse_tool_choice, parse_tools
from codex_proxy.protocols.parts.fields import Fields

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}}
READ = FunctionTool(name="read", description="Reads", parameters=SCHEMA, strict=True)
PATCH = CustomTool(name="patch", description="Patches", grammar=Grammar(syntax="lark", definition="start: X"))
PLAIN = ChatProfile()
REQUIRED = ChooseMode(mode=ChoiceMode.REQUIRED)
NONE = ChooseMode(mode=ChoiceMode.NONE)
NAMED = ChooseTool(name="read")
AMONG = ChooseAmong(required=True, tools=(NAMED,))


def asks(*tools: Tool, choice: ToolChoice | None = None, **members: Any) -> Request:
    turns = (Turn(role=Role.USER, blocks=(Text(text="hi"),)),)
    return Request(**{"dialect": Dialect.ANTHROPIC, "model": "m", "turns": turns, **members}, tools=tools,
                   tool_choice=choice)  # fmt: skip


def offered(
    *tools: Tool, profile: ChatProfile = PLAIN, choice: ToolChoice | None = None, thinks: bool = False
) -> Offer:
    return offer_tools(asks(*tools, choice=choice), profile, str, thinks=thinks)


def names(offer: Offer) -> list[str]:
    return [tool["function"]["name"] for tool in offer.members.get("tools", [])]


def losses(offer: Offer) -> list[str]:
    return [note.path for note in offer.notes if note.weight is Weight.LOSSY]


def test_functions_are_written_nested_and_read_back() -> None:
    made = offered(READ, PATCH, profile=ChatProfile(custom_tools=True))
    assert parse_tools(Fields({"tools": made.members["tools"]})) == (READ, PATCH)
    assert made.notes == ()


def test_a_free_text_tool_is_disguised_as_a_function() -> None:
    patch = ChooseTool(name="patch", kind=ToolKind.CUSTOM)
    made = offered(PATCH, choice=patch)
    (wire,) = made.members["tools"]
    assert wire["type"] == "function"
    assert wire["function"]["parameters"]["required"] == ["input"]
    assert "start: X" in wire["function"]["description"]
    assert made.members["tool_choice"] == {"type": "function", "function": {"name": "patch"}}


def test_what_a_vendor_does_not_run_is_noted() -> None:
    group = NamespaceTool(name="ns", tools=(READ,))
    made = offered(HostedTool(kind="web_search"), group, choice=ChooseHosted(kind="web_search"))
    assert names(made) == ["read"]
    assert losses(made) == ["tool_choice", "tools[0]", "tools[1].namespace"]
    assert "tool_choice" not in made.members


def test_a_vendor_with_web_search_is_asked_for_it() -> None:
    settings = {"search_context_size": "low", "user_location": {"type": "approximate", "city": "Ulm"}}
    search = HostedTool(kind="web_search", settings=settings)
    made = offered(search, profile=ChatProfile(web_search=True))
    assert made.members.keys() == {"web_search_options"}
    assert parse_tools(Fields(made.members)) == (search,)
    assert made.notes == ()


@pytest.mark.parametrize("choice", [REQUIRED, NONE, NAMED, AMONG])
def test_a_written_choice_is_read_back(choice: ToolChoice) -> None:
    wire = offered(READ, choice=choice).members["tool_choice"]
    assert parse_tool_choice(Fields({"tool_choice": wire}), (READ,)) == choice


@pytest.mark.parametrize(
    ("words", "choice", "said", "tools", "lost"),
    [
        ("auto", REQUIRED, "auto", ["read", "other"], ["tool_choice"]),
        ("auto", NONE, None, [], []),
        ("auto", NAMED, "auto", ["read", "other"], ["tool_choice"]),
        ("auto required", NAMED, "required", ["read"], []),
        ("auto required", AMONG, "required", ["read"], []),
        ("auto named", AMONG, "auto", ["read"], ["tool_choice"]),
        ("auto", ChooseAmong(required=False, tools=(NAMED,)), "auto", ["read"], []),
    ],
)
def test_a_choice_that_cannot_be_told_is_made_by_what_is_offered(
    words: str, choice: ToolChoice, said: str | None, tools: list[str], lost: list[str]
) -> None:
    profile = ChatProfile(choices=tuple(map(ChoiceWord, words.split())))
    made = offered(READ, FunctionTool(name="other"), profile=profile, choice=choice)
    assert (names(made), made.members.get("tool_choice"), losses(made)) == (tools, said, lost)


@pytest.mark.parametrize(
    ("thinks", "choice", "said"),
    [(True, REQUIRED, "auto"), (False, REQUIRED, "required"), (True, NAMED, "auto"), (True, NONE, "none")],
)
def test_some_vendors_force_no_call_while_the_model_thinks(thinks: bool, choice: ToolChoice, said: str) -> None:
    made = offered(READ, profile=ChatProfile(forces_while_thinking=False), choice=choice, thinks=thinks)
    assert made.members["tool_choice"] == said
    assert bool(losses(made)) == (said == "auto")


def test_a_vendor_that_calls_no_tools_is_offered_none() -> None:
    made = offered(READ, PATCH, HostedTool(kind="web_search"), profile=ChatProfile(tools=False, web_search=True))
    assert made.members == {"web_search_options": {}}
    assert losses(made) == ["tools[0]", "tools[1]"]


def test_names_are_made_to_fit_everywhere() -> None:
    made = offer_tools(asks(READ, choice=NAMED), PLAIN, str.upper, thinks=False)
    assert names(made) == ["READ"]
    assert made.members["tool_choice"]["function"]["name"] == "READ"


def test_the_names_of_a_request() -> None:
    called = Turn(role=Role.ASSISTANT, blocks=(ToolCall(call_id="c", name="old", arguments="{}"),))
    request = asks(NamespaceTool(name="ns", tools=(READ, PATCH)), HostedTool(kind="web_search"), turns=(called,))
    assert list(used_names(request)) == ["read", "patch", "old"]
    assert free_text_names(request) == {"patch"}
