"""Bodies for the backend."""

import msgspec
import pytest

from codex_proxy.canonical.request import (
    CodexHints,
    Dialect,
    JsonOutput,
    Reasoning,
    Sampling,
    SchemaOutput,
    SessionHints,
)
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.canonical.tools import ChooseHosted, FunctionTool, HostedTool
from codex_proxy.protocols.codex.asking.body import NOT_TAKEN, build_body
from codex_proxy.protocols.codex.asking.lite import LiteContext
from tests.protocols.codex.parts import MODEL, request, target, user

CODEX = SessionHints(codex=CodexHints())


def test_a_plain_request_in_the_real_clients_key_order() -> None:
    body = build_body(request(), target(default_instructions="be nice")).members
    assert list(body) == [
        "model",
        "stream",
        "instructions",
        "input",
        "tool_choice",
        "reasoning",
        "store",
        "include",
        "prompt_cache_key",
        "client_metadata",
    ]
    assert (body["model"], body["stream"], body["store"]) == ("gpt-5.4", True, False)
    assert body["instructions"] == "be nice"
    assert body["include"] == ["reasoning.encrypted_content"]
    assert body["prompt_cache_key"] == "session"
    assert body["input"] == [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]}]


def test_sampling_and_unknown_members_never_pass_and_are_noted() -> None:
    asked = request(sampling=Sampling(temperature=0.5, stop=("x",)), extra={"new_thing": 1})
    built = build_body(asked, target())
    assert not {"temperature", "stop", "new_thing"} & built.members.keys()
    assert sorted(note.path for note in built.notes) == ["new_thing", "temperature"]


@pytest.mark.parametrize(("wanted", "sent"), [("xhigh", "high"), ("low", "low"), ("minimal", "low")])
def test_the_effort_is_one_that_the_model_has(wanted: str, sent: str) -> None:
    body = build_body(request(), target(effort=wanted)).members
    assert body["reasoning"] == {"effort": sent, "summary": "auto"}


def test_hidden_thoughts_are_not_summarised() -> None:
    body = build_body(request(reasoning=Reasoning(effort="low", visible=False)), target()).members
    assert body["reasoning"] == {"effort": "low"}
    plain = build_body(request(), target(model=ModelFacts(slug="x"))).members
    assert "reasoning" not in plain


def test_a_field_that_was_refused_before_stays_out() -> None:
    rejected = frozenset({"prompt_cache_key", "reasoning.summary"})
    body = build_body(request(), target(effort="low", learned_rejects=rejected)).members
    assert "prompt_cache_key" not in body
    assert body["reasoning"] == {"effort": "low"}
    notes = build_body(request(), target(effort="low", learned_rejects=rejected)).notes
    assert [note.path for note in notes] == ["prompt_cache_key", "reasoning.summary"]


def test_tools_come_with_parallel_calls_unless_the_client_said_no() -> None:
    tools = (FunctionTool(name="look"),)
    assert build_body(request(tools=tools), target()).members["parallel_tool_calls"] is True
    refused = build_body(request(tools=tools, parallel_tool_calls=False), target()).members
    assert refused["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in build_body(request(), target()).members


@pytest.mark.parametrize(("tier", "sent"), [("fast", "priority"), ("flex", "flex"), ("default", None), (None, None)])
def test_the_tier_is_one_the_backend_knows(tier: str | None, sent: str | None) -> None:
    assert build_body(request(), target(service_tier=tier)).members.get("service_tier") == sent


def test_output_formats() -> None:
    schema = SchemaOutput(name="my answer", schema={"type": "OBJECT"}, strict=True)
    body = build_body(request(output=schema, verbosity="low"), target()).members
    assert body["text"] == {
        "verbosity": "low",
        "format": {
            "type": "json_schema",
            "strict": True,
            "schema": {"type": "object", "properties": {}},
            "name": "my_answer",
        },
    }
    plain = build_body(request(user("JSON!"), output=JsonOutput()), target()).members
    assert plain["text"] == {"format": {"type": "json_object"}}


@pytest.mark.parametrize("name", sorted(NOT_TAKEN))
def test_members_that_the_backend_refuses_are_noted_whoever_sends_them(name: str) -> None:
    for session in (SessionHints(), CODEX):
        asked = request(dialect=Dialect.OPENAI_RESPONSES, session=session, extra={name: True})
        built = build_body(asked, target())
        assert built.members.get(name) is (False if name == "store" else None)
        assert [note.path for note in built.notes] == [name]
        assert build_body(request(session=session, extra={name: None}), target()).notes == ()


def test_every_kind_of_sampling_value_is_noted() -> None:
    built = build_body(request(sampling=Sampling(logit_bias={"50256": -100}, seed=7)), target())
    assert sorted(note.path for note in built.notes) == ["logit_bias", "seed"]


def test_an_effort_that_the_owner_made_up_is_noted() -> None:
    built = build_body(request(), target(effort="banana"))
    assert "effort" not in built.members["reasoning"]
    assert [note.path for note in built.notes] == ["reasoning.effort"]
    codex = build_body(request(dialect=Dialect.OPENAI_RESPONSES, session=CODEX), target(effort="banana"))
    assert (codex.members["reasoning"], codex.notes) == ({"effort": "banana"}, ())


def test_a_codex_clients_own_members_pass() -> None:
    asked = request(dialect=Dialect.OPENAI_RESPONSES, session=CODEX, extra={"generate": False}, include=("other",))
    body = build_body(asked, target()).members
    assert body["generate"] is False
    assert body["include"] == ["reasoning.encrypted_content", "other"]
    assert "instructions" not in body


def test_the_lite_form_carries_tools_and_instructions_as_items() -> None:
    asked = request(instructions="rules", tools=(FunctionTool(name="look"),))
    built = build_body(asked, target(force_lite=True))
    assert built.lite
    assert "tools" not in built.members
    assert "instructions" not in built.members
    assert [item["type"] for item in built.members["input"]] == ["additional_tools", "message", "message"]
    assert built.members["reasoning"]["context"] == "all_turns"
    assert built.members["parallel_tool_calls"] is False
    assert isinstance(built.context, LiteContext)


def test_the_lite_form_loses_hosted_tools_and_their_choice_with_a_note() -> None:
    asked = request(tools=(HostedTool(kind="web_search"),), tool_choice=ChooseHosted(kind="web_search"))
    built = build_body(asked, target(force_lite=True))
    assert [item["type"] for item in built.members["input"]] == ["message"]
    assert built.members["tool_choice"] == "auto"
    assert [note.path for note in built.notes] == ["tools.web_search", "tool_choice"]


def test_a_lite_model_gets_the_lite_header_for_codex_clients_only() -> None:
    lite = target(model=msgspec.structs.replace(MODEL, lite=True))
    assert build_body(request(dialect=Dialect.OPENAI_RESPONSES, session=CODEX), lite).lite
    assert not build_body(request(), lite).lite
