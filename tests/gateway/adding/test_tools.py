"""The owner's tools beside a client's."""

from typing import Any

import pytest

from codex_proxy.canonical.notes import Verdict, Weight
from codex_proxy.canonical.request import CodexHints, Dialect, Request, SessionHints
from codex_proxy.canonical.tools import (
    ChoiceMode,
    ChooseAmong,
    ChooseHosted,
    ChooseMode,
    ChooseTool,
    CustomTool,
    FunctionTool,
    HostedTool,
    NamespaceTool,
    Tool,
)
from codex_proxy.gateway.adding.tools import added_notes, as_taken, with_tools

SEARCH, LOOKUP, OWN = HostedTool(kind="web_search"), FunctionTool(name="lookup"), FunctionTool(name="own")
AUTO = ChooseMode(mode=ChoiceMode.AUTO)


def request(*tools: Tool, **members: Any) -> Request:
    return Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(), tools=tools, **members)


@pytest.mark.parametrize("choice", [None, AUTO])
def test_they_stand_behind_the_clients_own(choice: ChooseMode | None) -> None:
    asked = request(OWN, tool_choice=choice)
    assert with_tools(asked, (SEARCH, LOOKUP), lite=False) == (request(OWN, SEARCH, LOOKUP, tool_choice=choice), 2)
    assert with_tools(asked, (), lite=False) == (asked, 0)


@pytest.mark.parametrize(
    "own",
    [
        (SEARCH, FunctionTool(name="lookup", description="another")),
        (HostedTool(kind="web_search", settings={"search_context_size": "low"}), CustomTool(name="lookup")),
        (NamespaceTool(name="web", tools=(LOOKUP, SEARCH)),),
        (SEARCH, NamespaceTool(name="lookup")),
    ],
)
def test_nothing_is_offered_twice(own: tuple[Tool, ...]) -> None:
    assert with_tools(request(*own), (SEARCH, LOOKUP), lite=False) == (request(*own), 0)


@pytest.mark.parametrize(
    "members",
    [
        {"tool_choice": ChooseMode(mode=ChoiceMode.NONE)},
        {"tool_choice": ChooseMode(mode=ChoiceMode.REQUIRED)},
        {"tool_choice": ChooseTool(name="own")},
        {"tool_choice": ChooseHosted(kind="web_search")},
        {"tool_choice": ChooseAmong(required=False, tools=(ChooseTool(name="own"),))},
        {"knows_tools": False},
        {"session": SessionHints(codex=CodexHints(lite=True))},
    ],
)
def test_who_chooses_has_no_words_or_has_tools_in_the_input_is_left_alone(members: dict[str, Any]) -> None:
    asked = request(OWN, **members)
    assert with_tools(asked, (SEARCH, LOOKUP), lite=False) == (asked, 0)


def test_a_codex_client_is_left_alone_where_the_models_form_has_tools_in_the_input() -> None:
    codex = request(session=SessionHints(codex=CodexHints()))
    assert with_tools(codex, (SEARCH,), lite=True) == (codex, 0)
    assert with_tools(codex, (SEARCH,), lite=False)[1] == 1
    assert with_tools(request(), (SEARCH,), lite=True)[1] == 1


def test_what_an_upstream_does_not_take_is_not_offered_and_what_it_is_offered_is_told() -> None:
    asked = request(OWN, SEARCH, LOOKUP)
    left, (note,) = as_taken(asked, 2, lambda tool, _: not isinstance(tool, HostedTool))
    assert left == request(OWN, LOOKUP)
    assert (note.path, note.verdict, note.weight) == ("tools", Verdict.INVENTED, Weight.COSMETIC)
    assert note.detail == "the owner's default tools were added: lookup"
    assert as_taken(asked, 2, lambda tool, others: False) == (request(OWN), ())
    whole, (note,) = as_taken(asked, 2, lambda tool, others: True)
    assert whole is asked
    assert note.detail == "the owner's default tools were added: web_search, lookup"
    assert as_taken(asked, 0, lambda tool, others: False) == (asked, ())


def test_an_upstream_sees_what_else_it_is_offered() -> None:
    seen: list[tuple[Tool, tuple[Tool, ...]]] = []

    def takes(tool: Tool, others: Any) -> bool:
        seen.append((tool, tuple(others)))
        return True

    as_taken(request(OWN, SEARCH, LOOKUP), 2, takes)
    assert seen == [(SEARCH, (OWN,)), (LOOKUP, (OWN, SEARCH))]


def test_nothing_added_is_not_told() -> None:
    assert added_notes(request(OWN), 0) == ()
