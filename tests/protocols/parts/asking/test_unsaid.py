"""Notes for what a vendor's dialect has no member for."""

from typing import Any

import pytest

from codex_proxy.canonical.blocks import Annotation, Block, DataSource, File, Image, Text, ToolResult
from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.canonical.request import Dialect, Reasoning, Request, Role, Sampling, SessionHints, Turn
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.tools import CustomTool, FunctionTool, HostedTool, NamespaceTool
from codex_proxy.protocols.parts.asking.unsaid import (
    unknown_members,
    unsaid,
    unsaid_in_tools,
    unsaid_in_turns,
    unsaid_settings,
    unsaid_tier,
    unstrict,
)
from tests.protocols.gemini.building.aim import aimed_at

MODEL = ModelFacts(slug="m")
PICTURE = DataSource(media_type="image/png", data="AAAA")


def request(*blocks: Block, dialect: Dialect = Dialect.OPENAI_CHAT, **members: Any) -> Request:
    return Request(dialect=dialect, model="m", turns=(Turn(role=Role.USER, blocks=blocks),), **members)


def paths(notes: tuple[Note, ...]) -> list[str]:
    return [note.path for note in notes]


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("verbosity", {"verbosity": "low"}),
        ("metadata", {"metadata": {"a": "b"}}),
        ("prompt_cache_key", {"session": SessionHints(prompt_cache_key="k")}),
        ("user", {"session": SessionHints(user="u")}),
        ("top_k", {"sampling": Sampling(top_k=0)}),
        ("presence_penalty", {"sampling": Sampling(presence_penalty=0)}),
        ("frequency_penalty", {"sampling": Sampling(frequency_penalty=0)}),
        ("seed", {"sampling": Sampling(seed=0)}),
        ("logit_bias", {"sampling": Sampling(logit_bias={"1": 2})}),
        ("top_logprobs", {"sampling": Sampling(top_logprobs=0)}),
        ("reasoning.summary", {"reasoning": Reasoning(summary="detailed")}),
    ],
)
def test_what_was_said_is_named_and_nothing_else(name: str, members: dict[str, Any]) -> None:
    assert paths(unsaid(request(**members), name)) == [name]
    assert unsaid(request(), name) == ()


def test_a_member_is_named_as_its_client_spells_it() -> None:
    asked = request(dialect=Dialect.ANTHROPIC, session=SessionHints(user="u"))
    assert paths(unsaid(asked, "user")) == ["metadata.user_id"]


def test_a_tier_is_named_whoever_asked_for_it() -> None:
    assert unsaid_tier(request(), aimed_at(MODEL)) == unsaid_tier(request(service_tier="auto"), aimed_at(MODEL)) == ()
    assert paths(unsaid_tier(request(service_tier="flex"), aimed_at(MODEL))) == ["service_tier"]
    assert paths(unsaid_tier(request(), aimed_at(MODEL, service_tier="fast"))) == ["service_tier"]


def test_members_that_only_the_client_knows() -> None:
    asked = request(
        extra={"new": 1, "unset": None, "text.new": 2},
        reasoning=Reasoning(extra={"mode": "pro"}),
        tools=(FunctionTool(name="f", extra={"defer": True}),),
    )
    assert paths(unknown_members(asked)) == ["new", "text.new", "reasoning.mode", "tools.defer"]


@pytest.mark.parametrize(
    ("include", "told"),
    [
        ((), []),
        (("reasoning.encrypted_content", "web_search_call.action.sources"), []),
        (("reasoning.encrypted_content", "file_search_call.results"), ["include"]),
    ],
)
def test_what_is_to_be_included_beside_what_comes_anyway(include: tuple[str, ...], told: list[str]) -> None:
    assert paths(unknown_members(request(include=include))) == told


def test_members_of_tools_are_named_once_groups_included_and_hosted_tools_excepted() -> None:
    tools = (
        NamespaceTool(name="g", tools=(FunctionTool(name="f", extra={"a": 1}),), extra={"b": 1}),
        CustomTool(name="c", extra={"a": 1, "unset": None}),
        HostedTool(kind="web_search", settings={"d": 1}),
    )
    assert paths(unsaid_in_tools(tools)) == ["tools.a", "tools.b"]


def test_members_within_messages_are_named_once_and_those_of_no_effect_not_at_all() -> None:
    result = ToolResult(call_id="c", parts=(Text(text="x", extra={"inner": 1}),), extra={"outer": 1})
    blocks = (
        Text(text="a", extra={"a": 1, "cache_control": {}}),
        Text(text="b", extra={"a": 2, "unset": None}),
        result,
    )
    assert paths(unsaid_in_turns(request(*blocks))) == ["messages.a", "messages.inner", "messages.outer"]


def test_citations_and_phases_are_named() -> None:
    turn = Turn(
        role=Role.ASSISTANT,
        blocks=(Text(text="a", annotations=(Annotation(kind="url_citation"),)),),
        phase="commentary",
        extra={"new": 1},
    )
    asked = Request(dialect=Dialect.OPENAI_RESPONSES, model="m", turns=(turn,))
    assert paths(unsaid_in_turns(asked)) == ["messages.annotations", "messages.new", "messages.phase"]


def test_details_and_names_are_named_where_the_vendor_has_none() -> None:
    blocks = (
        Image(source=PICTURE, detail="low"),
        File(source=PICTURE, filename="a.pdf"),
    )
    turn = Turn(role=Role.USER, blocks=blocks, name="ann")
    asked = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(turn,))
    assert unsaid_in_turns(asked) == ()
    named = unsaid_in_turns(asked, names=True, details=True, file_names=True)
    assert paths(named) == ["messages.detail", "messages.filename", "messages.name"]


def test_a_name_that_nobody_gave_is_not_missed() -> None:
    blocks = (Image(source=PICTURE, detail="auto"), File(source=PICTURE, filename="document.pdf"))
    assert unsaid_in_turns(request(*blocks), names=True, details=True, file_names=True) == ()


def test_settings_of_a_search_that_constrain_it_are_lossy() -> None:
    settings = {
        "filters": {"allowed_domains": ["a"], "blocked_domains": []},
        "search_context_size": "low",
        "unset": None,
    }
    found = {note.path: note.weight for note in unsaid_settings(settings)}
    assert found == {
        "tools.web_search.filters.allowed_domains": Weight.LOSSY,
        "tools.web_search.search_context_size": Weight.COSMETIC,
    }
    assert paths(unsaid_settings(settings, {"filters.allowed_domains", "search_context_size"})) == []


def test_a_schema_that_binds_nobody_is_lossy() -> None:
    note = unstrict("tools.f")
    assert (note.path, note.weight) == ("tools.f.strict", Weight.LOSSY)
