"""Request bodies."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import CodexHints, JsonOutput, Reasoning, Request, Role, SchemaOutput, Turn
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_responses.request.body import REFUSED, parse_request_body


def parse(headers: dict[str, str] | None = None, **members: Any) -> Request:
    body = {"model": "gpt-5.4", "input": "hi"} | members
    return parse_request_body(json.dumps(body).encode(), headers=headers or {}).request


def test_the_short_form() -> None:
    request = parse()
    assert request.turns == (Turn(role=Role.USER, blocks=(Text(text="hi"),)),)
    assert (request.model, request.stream, request.is_codex_client) == ("gpt-5.4", False, False)


def test_every_member_has_its_place() -> None:
    request = parse(
        instructions="be nice",
        stream=True,
        temperature=0.5,
        top_p=1,
        max_output_tokens=9,
        reasoning={"effort": "low", "summary": "auto", "future": 1},
        service_tier="flex",
        parallel_tool_calls=False,
        include=["reasoning.encrypted_content"],
        metadata={"session_id": "conversation"},
        prompt_cache_key=None,
        user="someone",
        text={"format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}}, "verbosity": "low"},
        tool_choice="required",
        future=1,
        store=False,
    )
    assert (request.instructions, request.stream, request.service_tier) == ("be nice", True, "flex")
    assert (request.sampling.temperature, request.sampling.top_p, request.sampling.max_tokens) == (0.5, 1, 9)
    assert request.reasoning == Reasoning(effort="low", summary="auto", visible=True, extra={"future": 1})
    assert request.output == SchemaOutput(name="a", schema={"type": "object"})
    assert (request.verbosity, request.parallel_tool_calls, request.session.user) == ("low", False, "someone")
    assert request.session.conversation_id == "conversation"
    assert request.extra == {"future": 1}


def test_any_json_is_asked_for_by_its_own_word() -> None:
    assert parse(text={"format": {"type": "json_object"}}).output == JsonOutput()


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_would_change_the_answer_unseen_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(**{name: {"id": "x"}})
    assert refused.value.path == name


@pytest.mark.parametrize("name", ["truncation", "max_tool_calls", "brand_new"])
def test_what_only_some_upstreams_take_is_kept_for_them(name: str) -> None:
    body = json.dumps({"model": "m", "input": "hi", name: {"a": 1}}).encode()
    parsed = parse_request_body(body, headers={})
    assert (parsed.request.extra, parsed.notes) == ({name: {"a": 1}}, ())


def test_of_store_only_the_wish_to_keep_the_answer_is_kept() -> None:
    assert parse(store=True).extra == {"store": True}
    assert parse(store=False).extra == {}


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": 7}, "input"),
        ({"input": [7]}, "input[0]"),
        ({"stream": "yes"}, "stream"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"reasoning": "high"}, "reasoning"),
        ({"max_output_tokens": "many"}, "max_output_tokens"),
        ({"instructions": 7}, "instructions"),
        ({"text": {"format": 7}}, "text.format"),
        ({"model": 7}, "model"),
    ],
)
def test_a_wrong_member_is_named(members: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse(**members)
    assert refused.value.path == path


def test_instructions_may_stand_alone_and_may_be_items() -> None:
    assert parse(instructions="do it", input=[]).turns == ()
    listed = parse(instructions=[{"role": "developer", "content": "rules"}])
    assert [turn.role for turn in listed.turns] == [Role.DEVELOPER, Role.USER]


def test_a_codex_client_is_known_by_its_headers() -> None:
    headers = {
        "originator": "codex_cli_rs",
        "x-codex-turn-metadata": '{"turn_id":"t"}',
        "x-codex-turn-state": "state",
        "session-id": "s",
        "x-openai-internal-codex-responses-lite": "true",
    }
    request = parse(headers, client_metadata={"a": "b", "n": 1})
    assert request.session.codex == CodexHints(
        client_metadata={"a": "b"}, turn_metadata={"turn_id": "t"}, turn_state="state", lite=True
    )
    assert request.session.conversation_id == "s"


def test_broken_turn_metadata_is_no_error() -> None:
    codex = parse({"user-agent": "codex_exec/0.169.0", "x-codex-turn-metadata": "{"}).session.codex
    assert codex == CodexHints()


def test_an_effort_nobody_knows_is_ignored_and_noted_unless_a_codex_client_says_it() -> None:
    body = json.dumps({"model": "m", "input": "hi", "reasoning": {"effort": "banana", "summary": "auto"}}).encode()
    parsed = parse_request_body(body, headers={})
    assert parsed.request.reasoning == Reasoning(summary="auto", visible=True)
    assert [note.path for note in parsed.notes] == ["reasoning.effort"]
    codex = parse_request_body(body, headers={"originator": "codex_cli_rs"})
    assert (codex.request.reasoning.effort, codex.notes) == ("banana", ())
