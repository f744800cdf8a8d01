"""Traps of section 6: what clients of Gemini's API say and hear."""

import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.genai import Client, types

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.protocols.gemini.client import GeminiClient
from codex_proxy.protocols.gemini.errors import WORDS
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure
from tests.pitfalls.talk import (
    GEMINI,
    GEMINI_ARRAY,
    IDS,
    JPEG,
    LOOSE,
    PDF,
    PNG,
    broken,
    done,
    ends,
    function,
    heard,
    items,
    objects,
    parsed,
    sent,
    spoken,
    thought,
    told,
)
from tests.protocols.gemini.building.aim import aimed_at
from tests.scenarios.stage import KEY, Stage, stage

MODEL = "gemini-2.5-pro"
ASK = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
DECLARED = [{"functionDeclarations": [{"name": "f", "parameters": LOOSE}, {"name": "g", "parameters": LOOSE}]}]
VERBS = ["generateContent", "streamGenerateContent", "countTokens"]


@pytest_asyncio.fixture
async def play(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as running:
        yield running


def parts(*given: dict[str, Any]) -> list[dict[str, Any]]:
    """What the backend gets of one question of these parts."""
    content: list[dict[str, Any]] = items(GEMINI, contents=[{"role": "user", "parts": list(given)}])[0]["content"]
    return content


def called(name: str, **members: Any) -> dict[str, Any]:
    return {"functionCall": {"name": name, "args": {}} | members}


def answered(name: str, output: str, **members: Any) -> dict[str, Any]:
    return {"functionResponse": {"name": name, "response": {"output": output}} | members}


def test_p6_1_silence_is_filled_with_nothing_that_breaks_a_reader() -> None:
    beat = GEMINI.open_stream(parsed(GEMINI), IDS).heartbeat()
    assert not beat.startswith(b":")
    assert beat.strip() in {b"", b'data: {"candidates":[]}'}


def test_p6_2_nothing_follows_the_last_chunk() -> None:
    raw = heard(GEMINI, *spoken("hi"), ends()) + broken(GEMINI, Failure(kind=FailureKind.OVERLOADED, message="m"))
    assert b"[DONE]" not in raw


async def test_p6_3_every_verb_is_there_under_every_version(play: Stage) -> None:
    paths = [f"/{version}/models/{MODEL}:{verb}" for version in ("v1", "v1beta") for verb in VERBS]
    assert [(await play.client.post(path, json=ASK)).status_code for path in paths] == [200] * len(paths)


def test_p6_4_both_spellings_are_read_at_every_depth() -> None:
    config = {"thinking_config": {"thinking_level": "LOW", "include_thoughts": True}}
    content = [{"role": "user", "parts": [{"inline_data": {"mime_type": "image/png", "data": PNG}}]}]
    body = sent(GEMINI, contents=content, generation_config=config)
    assert body["reasoning"] == {"effort": "low", "summary": "auto"}
    assert body["input"][0]["content"][0]["type"] == "input_image"


@pytest.mark.parametrize(
    ("member", "required", "told"),
    [
        ({"type": "STRING"}, ["a"], {"type": "string"}),
        ({"type": "STRING"}, [], {"type": ["string", "null"]}),
        ({"type": "OBJECT"}, ["a"], None),
    ],
)
def test_p6_5_a_schema_is_strict_only_where_that_changes_nothing(
    member: dict[str, Any], required: list[str], told: dict[str, Any] | None
) -> None:
    schema = {"type": "OBJECT", "properties": {"a": member}, "required": required}
    wish = {"responseMimeType": "application/json", "responseSchema": schema}
    made = sent(GEMINI, generationConfig=wish)["text"]["format"]
    assert made["strict"] is (told is not None)
    assert made["schema"]["properties"]["a"] == (told or {"type": "object", "properties": {}})


def test_p6_6_parallel_calls_of_one_name_meet_their_results() -> None:
    talk = [
        {"role": "model", "parts": [called("f"), called("f"), called("g", id="own")]},
        {"role": "user", "parts": [answered("f", "1"), answered("g", "3", id="own"), answered("f", "2")]},
        {"role": "model", "parts": [called("f")]},
        {"role": "user", "parts": [answered("f", "4")]},
    ]
    made = items(GEMINI, contents=talk, tools=DECLARED)
    calls = [item["call_id"] for item in made if item["type"] == "function_call"]
    outputs = {item["call_id"]: item["output"] for item in made if item["type"] == "function_call_output"}
    assert len(set(calls)) == 4
    assert calls[2] == "own"
    assert [outputs[call_id] for call_id in calls] == ["1", "2", "3", "4"]


def test_p6_7_an_error_in_the_stream_is_one_that_both_sdks_read() -> None:
    (error,) = objects(broken(GEMINI, Failure(kind=FailureKind.OVERLOADED, message="full")))
    assert error == {"error": {"code": 503, "message": "full", "status": "UNAVAILABLE"}}


def test_p6_8_the_url_safe_alphabet_becomes_the_standard_one() -> None:
    data = base64.b64encode(base64.b64decode(PNG) + b"\xff\xfe\xfb").decode()
    urlsafe = data.replace("+", "-").replace("/", "_")
    (made,) = parts({"inlineData": {"mimeType": "image/png", "data": urlsafe}})
    assert made["image_url"] == f"data:image/png;base64,{data}"


@pytest.mark.parametrize(
    ("mime_type", "data", "kind"),
    [
        ("application/pdf", PDF, "input_file"),
        ("audio/wav", "UklGRg==", "input_audio"),
        ("image/jpeg", JPEG, "input_image"),
    ],
)
def test_p6_9_inline_bytes_are_what_their_type_says(mime_type: str, data: str, kind: str) -> None:
    assert parts({"inlineData": {"mimeType": mime_type, "data": data}})[0]["type"] == kind


def test_p6_10_a_thoughts_token_travels_on_the_call_and_back() -> None:
    chunks = told(GEMINI, done(thought("hm", token="gAAAAtoken")), done(function("f", "{}"), 1), ends(), tools=DECLARED)
    (part,) = [part for chunk in chunks for part in shown(chunk) if "functionCall" in part]
    talk = [{"role": "model", "parts": [part]}, {"role": "user", "parts": [answered("f", "r")]}]
    back, call, _ = items(GEMINI, contents=talk, tools=DECLARED)
    assert (back["type"], back["encrypted_content"], call["type"]) == ("reasoning", "gAAAAtoken", "function_call")


def shown(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = (chunk.get("candidates") or [{}])[0].get("content", {}).get("parts", [])
    return made


def test_p6_11_thoughts_are_counted_apart() -> None:
    usage = told(GEMINI, *spoken("hi"), ends())[-1]["usageMetadata"]
    assert (usage["thoughtsTokenCount"], usage["candidatesTokenCount"], usage["totalTokenCount"]) == (4, 5, 29)


@pytest.mark.parametrize(
    ("calling", "choice"),
    [
        ({"mode": "VALIDATED"}, "auto"),
        ({"mode": "ANY"}, "required"),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, {"type": "function", "name": "f"}),
        (
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}, {"type": "function", "name": "g"}],
            },
        ),
    ],
)
def test_p6_12_every_mode_of_calling_is_heard(calling: dict[str, Any], choice: Any) -> None:
    made = sent(GEMINI, tools=DECLARED, toolConfig={"functionCallingConfig": calling})["tool_choice"]
    assert made == choice


def test_p6_13_json_schemas_are_read_under_their_own_names() -> None:
    tools = [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": LOOSE}]}]
    wish = {"responseMimeType": "application/json", "responseJsonSchema": LOOSE | {"required": ["path"]}}
    body = sent(GEMINI, tools=tools, generationConfig=wish)
    assert body["tools"][0]["parameters"]["properties"] == LOOSE["properties"]
    assert body["text"]["format"]["schema"]["properties"] == LOOSE["properties"]


def test_p6_14_without_sse_the_stream_is_one_array() -> None:
    raw = heard(GEMINI_ARRAY, *spoken("hi"), ends())
    assert len(json.loads(raw)) > 1


async def test_p6_15_the_sdk_finds_its_methods(play: Stage) -> None:
    options = types.HttpOptions(base_url=play.url)
    sdk = Client(api_key=KEY, http_options=options).aio
    listed = [model.name async for model in await sdk.models.list()]
    assert "models/gpt-5.4" in listed
    assert (await sdk.models.get(model="gpt-5.4")).name == "models/gpt-5.4"
    assert (await sdk.models.count_tokens(model="gpt-5.4", contents="hi")).total_tokens


def test_p6_16_every_ending_has_a_reason_that_sdks_know() -> None:
    for reason in ("max_output_tokens", "content_filter", "max_messages", "something new"):
        cut = ends(kind="response.incomplete", incomplete_details={"reason": reason})
        (candidate,) = told(GEMINI, *spoken("hi"), cut)[-1]["candidates"]
        assert candidate["finishReason"] in types.FinishReason.__members__


def test_p6_17_the_key_travels_in_a_header() -> None:
    made = GeminiClient().build_call(parsed(GEMINI), aimed_at(ModelFacts(slug="gemini-2.5-pro")))
    assert "key" not in made.path
    assert dict(made.headers)["x-goog-api-key"] == "key"


def test_p6_18_errors_in_an_array_are_read() -> None:
    body = b'[{"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}]'
    failure = parse_vendor_failure(429, {}, body, WORDS)
    assert (failure.kind, failure.message) == (FailureKind.RATE_LIMITED, "slow down")
