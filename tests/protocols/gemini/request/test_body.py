"""Whole requests, as clients send them."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import Dialect, Role, SchemaOutput
from codex_proxy.canonical.tools import FunctionTool, HostedTool
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.body import parse_request
from codex_proxy.protocols.gemini.schema import GeminiRequest, ReplyForm, Verb

ASK = [{"role": "user", "parts": [{"text": "hi"}]}]


def read(
    body: dict[str, Any], verb: Verb = Verb.GENERATE, headers: dict[str, str] | None = None
) -> tuple[GeminiRequest, list[str]]:
    """The request and the paths of its notes."""
    parsed = parse_request(json.dumps(body).encode(), headers or {}, model="gemini-2.5-flash", verb=verb)
    assert isinstance(parsed.request, GeminiRequest)
    return parsed.request, [note.path for note in parsed.notes]


def test_a_request_of_gemini_cli() -> None:
    request, notes = read(
        {
            "contents": ASK,
            "systemInstruction": {"role": "user", "parts": [{"text": "be brief"}]},
            "tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object"}}]}],
            "generationConfig": {
                "temperature": 1,
                "topK": 64,
                "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 8192},
            },
        },
        Verb.STREAM,
    )
    assert notes == []
    assert (request.dialect, request.model, request.stream) == (Dialect.GEMINI, "gemini-2.5-flash", True)
    assert request.instructions == "be brief"
    assert [(turn.role, turn.blocks) for turn in request.turns] == [(Role.USER, (Text(text="hi"),))]
    assert request.tools == (FunctionTool(name="f", parameters={"type": "object"}),)
    assert (request.reasoning.effort, request.reasoning.visible) == ("medium", True)
    assert request.form == ReplyForm(thoughts=True)
    assert request.extra == {}


def test_a_request_of_the_python_sdk_in_mixed_spellings() -> None:
    request, _ = read(
        {
            "contents": [{"parts": [{"inline_data": {"mime_type": "image/png", "data": "aGk="}}], "role": "user"}],
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseSchema": {
                    "type": "OBJECT",
                    "properties": {"a": {"type": "STRING"}},
                    "property_ordering": ["a"],
                },
                "thinkingConfig": {"include_thoughts": True, "thinking_level": "HIGH"},
            },
        }
    )
    assert isinstance(request.output, SchemaOutput)
    assert "property_ordering" not in request.output.schema
    assert request.reasoning.effort == "high"


def test_the_stream_is_the_verbs_matter() -> None:
    assert read({"contents": ASK})[0].stream is False
    assert read({"contents": ASK}, Verb.STREAM)[0].stream is True


@pytest.mark.parametrize(
    "body",
    [{"contents": ASK}, {"generateContentRequest": {"model": "models/m", "contents": ASK, "systemInstruction": "s"}}],
)
def test_both_forms_of_a_question_for_the_count(body: dict[str, Any]) -> None:
    request, notes = read(body, Verb.COUNT)
    assert request.turns[0].blocks == (Text(text="hi"),)
    assert (request.stream, request.extra, notes) == (False, {}, [])


def test_members_without_a_meaning_keep_their_place() -> None:
    request, notes = read(
        {
            "contents": ASK,
            "safetySettings": [{"category": "c", "threshold": "t"}],
            "labels": {"a": "b"},
            "brand_new": 1,
            "nothing": None,
            "generationConfig": {"speechConfig": {}, "audioTimestamp": True},
            "tool_config": {"includeServerSideToolInvocations": True},
        }
    )
    assert request.extra == {
        "safetySettings": [{"category": "c", "threshold": "t"}],
        "labels": {"a": "b"},
        "brand_new": 1,
        "generationConfig.speechConfig": {},
        "generationConfig.audioTimestamp": True,
        "tool_config.includeServerSideToolInvocations": True,
    }
    assert notes == []


@pytest.mark.parametrize(
    ("told", "tier"),
    [("SERVICE_TIER_FLEX", "flex"), ("priority", "priority"), ("standard", None), ("unspecified", None), (None, None)],
)
def test_the_tier_is_told_back_where_one_was_asked_for(told: str | None, tier: str | None) -> None:
    request, _ = read({"contents": ASK, "serviceTier": told})
    assert (request.service_tier, request.form.tier) == (tier, tier is not None)


def test_pictures_are_a_tool() -> None:
    request, _ = read({"contents": ASK, "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}})
    assert request.tools == (HostedTool(kind="image_generation"),)


def test_a_word_of_an_enumeration_is_asked_for_bare() -> None:
    config = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["a"]}}
    assert read({"contents": ASK, "generationConfig": config})[0].form.bare_text


def test_conversations_are_known_by_their_header() -> None:
    assert read({"contents": ASK}, headers={"x-session-id": "s"})[0].session.conversation_id == "s"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "contents"),
        ({"contents": ASK, "cachedContent": "cachedContents/x"}, "cachedContent"),
        ({"contents": ASK, "cached_content": "cachedContents/x"}, "cached_content"),
        ({"contents": ASK, "generation_config": {"candidate_count": 2}}, "generation_config.candidate_count"),
        ({"contents": ASK, "generationConfig": []}, "generationConfig"),
        ({"contents": ASK, "tools": [7]}, "tools[0]"),
    ],
)
def test_errors_name_the_field_in_the_clients_spelling(body: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(body)
    assert refused.value.path == path


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="not valid JSON"):
        parse_request(b"{", {}, model="m", verb=Verb.GENERATE)
