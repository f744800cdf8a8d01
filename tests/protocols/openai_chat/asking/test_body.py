"""The body of a vendor's chat request."""

import json
from typing import Any

import pytest
from openai.types.chat import CompletionCreateParams
from pydantic import TypeAdapter

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import (
    Dialect,
    JsonOutput,
    Reasoning,
    Request,
    Role,
    Sampling,
    SchemaOutput,
    SessionHints,
    Turn,
)
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.tools import ChoiceMode, ChooseHosted, ChooseMode, CustomTool, FunctionTool, HostedTool
from codex_proxy.protocols.openai_chat.asking.body import Body, build_body
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile, ThinkingSwitch
from tests.protocols.codex.parts import target

LS = FunctionTool(name="ls", parameters={"type": "object", "properties": {}}, strict=False)
PATCH = CustomTool(name="patch")
LONG = "mcp__" + "x" * 80 + "__read"


def asks(text: str = "hi", **members: Any) -> Request:
    turns = (Turn(role=Role.USER, blocks=(Text(text=text),)),)
    return Request(**{"dialect": Dialect.ANTHROPIC, "model": "m", "turns": turns, **members})


def built(request: Request, profile: ChatProfile | None = None, **members: Any) -> Body:
    return build_body(request, target(**members), profile or ChatProfile())


def body_of(request: Request, profile: ChatProfile | None = None, **members: Any) -> dict[str, Any]:
    return built(request, profile, **members).members


def dropped(body: Body) -> list[str]:
    return [note.path for note in body.notes if note.verdict is Verdict.DROPPED]


def test_a_full_request_is_one_the_sdk_could_have_sent() -> None:
    schema = SchemaOutput(name="city", schema={"type": "object"}, strict=True, description="d")
    request = asks(
        instructions="be brief",
        tools=(LS, PATCH),
        tool_choice=ChooseMode(mode=ChoiceMode.REQUIRED),
        parallel_tool_calls=False,
        output=schema,
        reasoning=Reasoning(effort="high"),
        sampling=Sampling(temperature=0.5, seed=1, max_tokens=9, stop=("END",), top_k=3),
    )
    body = body_of(request)
    TypeAdapter(CompletionCreateParams).validate_python(body)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {
            "name": "city",
            "schema": {"type": "object", "properties": {}},
            "strict": True,
            "description": "d",
        },
    }
    assert (body["temperature"], body["max_completion_tokens"], body["stop"], body["top_k"]) == (0.5, 9, ["END"], 3)
    assert (body["tool_choice"], body["parallel_tool_calls"], body["reasoning_effort"]) == ("required", False, "high")
    assert built(request).context.custom_tools == {"patch"}


def test_a_schema_stays_loose_for_a_vendor_that_knows_no_strictness() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    call = built(asks(dialect=Dialect.GEMINI, output=SchemaOutput(name="s", schema=schema)), ChatProfile(strict=False))
    asked = call.members["response_format"]["json_schema"]
    assert (asked["schema"], "strict" in asked, call.context.loose_schema) == (schema, False, None)


def test_a_profile_changes_the_words() -> None:
    modest = ChatProfile(
        max_tokens_field="max_tokens", stream_options=False, parallel_tool_calls=False, json_schema=False, strict=False,
        custom_tools=True,
    )  # fmt: skip
    request = asks(
        stream=True, tools=(LS,), parallel_tool_calls=True, sampling=Sampling(max_tokens=9),
        output=SchemaOutput(name="n", schema={}),
    )  # fmt: skip
    body = body_of(request, modest)
    assert body["max_tokens"] == 9
    assert body["response_format"] == {"type": "json_object"}
    assert "stream_options" not in body
    assert "parallel_tool_calls" not in body
    assert "strict" not in body["tools"][0]["function"]
    call = built(request, modest)
    assert [(note.path, note.weight) for note in call.notes] == [("response_format.json_schema", Weight.LOSSY)]
    assert call.context.custom_tools == frozenset()
    assert body_of(asks(output=JsonOutput()))["response_format"] == {"type": "json_object"}


def test_fields_the_vendor_refused_before_are_left_out() -> None:
    call = built(asks(sampling=Sampling(seed=1)), learned_rejects=frozenset({"seed", "user"}))
    assert "seed" not in call.members
    assert [note.path for note in call.notes] == ["seed"]


def test_web_search_for_vendors_that_have_it() -> None:
    request = asks(tools=(HostedTool(kind="web_search"), LS), tool_choice=ChooseHosted(kind="web_search"))
    assert body_of(request, ChatProfile(web_search=True))["web_search_options"] == {}
    call = built(request)
    assert "web_search_options" not in call.members
    assert [note.path for note in call.notes] == ["tool_choice", "tools[0]"]


def test_a_client_of_this_dialect_keeps_its_extra_fields_and_others_do_not() -> None:
    own = asks(
        dialect=Dialect.OPENAI_CHAT, extra={"min_p": 0.1, "model": "other"}, verbosity="low", service_tier="flex",
        session=SessionHints(user="u"), metadata={"a": "b"},
    )  # fmt: skip
    body = body_of(own)
    assert (body["min_p"], body["model"], body["verbosity"], body["user"]) == (0.1, "gpt-5.4", "low", "u")
    assert (body["service_tier"], body["metadata"]) == ("flex", {"a": "b"})
    foreign = built(asks(extra={"thinking_mode": 1}), service_tier="priority")
    assert [note.path for note in foreign.notes] == ["thinking_mode"]
    assert foreign.members["service_tier"] == "priority"


def test_members_a_vendor_does_not_take_are_left_out() -> None:
    sampling = Sampling(temperature=0.5, top_p=0.5, seed=1)
    profile = ChatProfile(refuses=("seed",), refuses_thinking=("temperature", "top_p"))
    plain = built(asks(sampling=sampling), profile)
    assert (plain.members.keys() & {"temperature", "top_p", "seed"}, dropped(plain)) == (
        {"temperature", "top_p"},
        ["seed"],
    )
    thinking = built(asks(sampling=sampling, reasoning=Reasoning(effort="low")), profile)
    assert dropped(thinking) == ["seed", "temperature", "top_p"]
    assert {note.weight for note in thinking.notes} == {Weight.COSMETIC}
    always = ChatProfile(refuses_thinking=("temperature",), thinks=True)
    assert "temperature" not in body_of(asks(sampling=sampling), always)
    still = asks(sampling=sampling, reasoning=Reasoning(effort="none"))
    assert "temperature" in body_of(still, always, model=ModelFacts(slug="m"))


def test_a_member_under_another_name() -> None:
    body = body_of(asks(sampling=Sampling(seed=1)), ChatProfile(renames={"seed": "random_seed"}))
    assert (body["random_seed"], "seed" in body) == (1, False)


def test_members_that_always_go_along() -> None:
    profile = ChatProfile(sends={"reasoning_format": "parsed", "stream": False, "tier": "a"})
    own = asks(dialect=Dialect.OPENAI_CHAT, extra={"tier": "b"}, stream=True)
    body = body_of(own, profile)
    assert (body["reasoning_format"], body["stream"], body["tier"]) == ("parsed", True, "b")


def test_a_strict_vendor_gets_only_the_members_it_knows() -> None:
    own = asks(dialect=Dialect.OPENAI_CHAT, extra={"safe_prompt": True, "store": False})
    made = built(own, ChatProfile(extras=("safe_prompt",)))
    assert (made.members["safe_prompt"], dropped(made)) == (True, ["store"])


@pytest.mark.parametrize(("asked", "said"), [(1.7, 1.0), (0.2, 0.2)])
def test_a_temperature_stays_below_the_vendors_highest(asked: float, said: float) -> None:
    made = built(asks(sampling=Sampling(temperature=asked)), ChatProfile(max_temperature=1.0))
    assert (made.members["temperature"], len(made.notes)) == (said, int(asked != said))


@pytest.mark.parametrize(("text", "added"), [("as JSON please", False), ("please", True)])
def test_the_word_stands_beside_the_wish_for_json(text: str, added: bool) -> None:
    made = built(asks(text, output=JsonOutput()))
    assert made.members["response_format"] == {"type": "json_object"}
    assert ("JSON" in made.members["messages"][0]["content"]) is True
    assert [note.verdict for note in made.notes] == ([Verdict.EMULATED] if added else [])
    assert len(made.members["messages"]) == 1 + added


def test_a_form_without_a_member_is_asked_for_in_words() -> None:
    plain = built(asks(output=JsonOutput()), ChatProfile(json_object=False))
    assert "response_format" not in plain.members
    assert "JSON" in plain.members["messages"][0]["content"]
    schema = SchemaOutput(name="s", schema={"type": "object", "title": "Zebra"})
    made = built(asks(output=schema), ChatProfile(json_schema=False, json_object=False))
    assert "response_format" not in made.members
    assert "Zebra" in made.members["messages"][0]["content"]
    assert [(note.path, note.weight) for note in made.notes] == [("response_format.json_schema", Weight.LOSSY)]


def test_names_of_other_dialects_clients_fit_and_come_back() -> None:
    tool = FunctionTool(name=LONG)
    made = built(asks(tools=(tool,)))
    (sent,) = made.members["tools"]
    assert len(sent["function"]["name"]) <= 64
    assert made.context.tool_names == {sent["function"]["name"]: LONG}
    own = built(asks(dialect=Dialect.OPENAI_CHAT, tools=(tool,)))
    assert own.members["tools"][0]["function"]["name"] == LONG


def test_notes_are_values() -> None:
    made = built(asks(tools=(PATCH,), extra={"x": 1}))
    assert made.notes == (Note(path="x", verdict=Verdict.DROPPED, detail="has no meaning for the vendor"),)
    assert made.context.custom_tools == {"patch"}
    assert json.dumps(made.members)
    assert ThinkingSwitch.REASONING_EFFORT.value not in made.members
