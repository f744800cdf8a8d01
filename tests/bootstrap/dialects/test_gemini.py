"""Dialogues of Gemini's clients with a whole gateway."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scenarios.stage import KEY, Stage, stage

GENERATE = "/v1beta/models/gpt-5.4:generateContent"
STREAM = "/v1beta/models/gpt-5.4:streamGenerateContent"
ASK: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
LIMIT = "{error: {type: usage_limit_reached, message: limit, resets_in_seconds: 1800}}"


def chunks_of(reply: httpx.Response) -> list[Any]:
    frames = reply.text.split("\n\n")
    return [json.loads(frame.strip().removeprefix("data: ")) for frame in frames if frame.strip()]


def text_of(chunks: list[Any]) -> str:
    parts = [part for chunk in chunks for one in chunk["candidates"] for part in one["content"]["parts"]]
    return "".join(part.get("text", "") for part in parts)


async def streamed(play: Stage, **body: Any) -> list[Any]:
    return chunks_of(await play.client.post(f"{STREAM}?alt=sse", json=ASK | body))


async def test_every_variant_of_the_path_answers(tmp_path: Path) -> None:
    project = "projects/p/locations/l/publishers/google/models"
    async with stage(tmp_path) as play:
        for path in (
            "/v1beta/models/gpt-5.4",
            "/v1/models/gpt-5.4",
            "/v1alpha/models/gpt-5.4",
            "/gemini/v1beta/models/gpt-5.4",
            "/gemini/v1/models/gpt-5.4",
            "/models/gpt-5.4",
            "/v1beta/tunedModels/gpt-5.4",
            f"/v1/{project}/gpt-5.4",
            f"/v1beta1/{project}/gpt-5.4",
        ):
            reply = await play.client.post(f"{path}:generateContent", json=ASK)
            assert (reply.status_code, reply.json().get("modelVersion")) == (200, "gpt-5.4"), path
        asked = await play.asked()
    assert {entry["body"]["model"] for entry in asked} == {"gpt-5.4"}


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "gemini-3.8-flash"])
async def test_geminis_own_names_are_served(tmp_path: Path, model: str) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.post(f"/v1beta/models/{model}:generateContent", json=ASK)
    assert reply.json()["modelVersion"] == model


async def test_keys_in_all_of_geminis_places(tmp_path: Path) -> None:
    async with stage(tmp_path) as play, httpx.AsyncClient(base_url=play.url, timeout=60) as stranger:
        assert (await stranger.post(GENERATE, json=ASK)).status_code == 401
        assert (await stranger.post(f"{GENERATE}?key={KEY}", json=ASK)).status_code == 200
        assert (await stranger.post(GENERATE, json=ASK, headers={"x-goog-api-key": KEY})).status_code == 200


async def test_the_lists_by_who_asks(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        google = {"x-goog-api-client": "google-genai-sdk/3"}
        shared = (await play.client.get("/v1/models")).json()
        assert shared["object"] == "list"
        assert (await play.client.get("/v1/models", headers=google)).json()["models"]
        assert (await play.client.get("/v1beta/models")).json()["models"]
        assert (await play.client.get("/v1/models/gpt-5.4", headers=google)).json()["name"] == "models/gpt-5.4"
        assert (await play.client.get("/v1/models/gpt-5.4")).json()["id"] == "gpt-5.4"


async def test_a_tool_turn_carries_its_reasoning_back_to_the_backend(tmp_path: Path) -> None:
    scenario = """
    rules:
      - when: {has_tool_output: false}
        steps: [{reasoning: [looking]}, {calls: [{name: ls, arguments: {p: "."}}, {name: cat, arguments: {f: z}}]}]
      - steps: [{text: done}]
    """
    tools = [{"functionDeclarations": [{"name": "ls"}, {"name": "cat"}]}]
    thinking = {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
    async with stage(tmp_path, scenario) as play:
        told = await streamed(play, tools=tools, **thinking)
        parts = [part for chunk in told for part in chunk["candidates"][0]["content"]["parts"]]
        assert parts[0] == {"text": "looking", "thought": True}
        calls = [part["functionCall"] for part in parts if "functionCall" in part]
        assert [(call["name"], call["args"]) for call in calls] == [("ls", {"p": "."}), ("cat", {"f": "z"})]
        assert ["thoughtSignature" in part for part in parts if "functionCall" in part] == [True, False]
        results = [
            {"functionResponse": {"name": call["name"], "response": {"output": f"{call['name']} says"}}}
            for call in calls
        ]
        history = [*ASK["contents"], {"role": "model", "parts": parts}, {"role": "user", "parts": results}]
        again = await streamed(play, contents=history, tools=tools)
        sent = (await play.asked())[-1]["body"]["input"]
    assert text_of(again) == "done"
    kinds = [item["type"] for item in sent]
    assert kinds == ["message", "reasoning", *["function_call"] * 2, *["function_call_output"] * 2]
    assert [item["call_id"] for item in sent[2:4]] == [item["call_id"] for item in sent[4:]]
    assert sent[1]["encrypted_content"]


async def test_a_limit_before_the_answer_is_an_http_error(tmp_path: Path) -> None:
    async with stage(tmp_path, f"rules: [{{reply: {{status: 429, body: {LIMIT}}}}}]") as play:
        reply = await play.client.post(f"{STREAM}?alt=sse", json=ASK)
        array = await play.client.post(STREAM, json=ASK)
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["status"]) == (429, 429, "RESOURCE_EXHAUSTED")
    assert [detail["retryDelay"] for detail in error["details"] if "retryDelay" in detail]
    assert int(reply.headers["retry-after"]) > 0
    assert array.json()[0]["error"]["code"] == 429


@pytest.mark.parametrize("fault", ["{failed: {code: server_error}}", "{end: true}", "{cut: true}"])
async def test_a_failure_after_content_is_an_error_in_the_stream(tmp_path: Path, fault: str) -> None:
    async with stage(tmp_path, f"rules: [{{steps: [{{text: half}}, {fault}]}}]") as play:
        told = await streamed(play)
        array = (await play.client.post(STREAM, json=ASK)).json()
    for chunks in (told, array):
        assert text_of(chunks[:-1]) == "half"
        assert chunks[-1]["error"].keys() >= {"code", "message", "status"}


async def test_a_refused_prompt_has_no_candidates(tmp_path: Path) -> None:
    refusal = "{error: {code: content_policy_violation, message: not allowed}}"
    async with stage(tmp_path, f"rules: [{{reply: {{status: 400, body: {refusal}}}}}]") as play:
        reply = await play.client.post(GENERATE, json=ASK)
    assert reply.status_code == 200
    assert reply.json()["promptFeedback"]["blockReason"] == "PROHIBITED_CONTENT"
    assert "candidates" not in reply.json()


async def test_an_answer_cut_short_says_so_with_its_counts(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: half}, {incomplete: max_output_tokens}]}]") as play:
        told = await streamed(play)
    assert told[-1]["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert told[-1]["usageMetadata"]["totalTokenCount"]


async def test_silence_is_filled_with_whitespace(tmp_path: Path) -> None:
    scenario = "rules: [{steps: [{text: first}, {delay_ms: 500}, {text: last}]}]"
    pace = {"SERVER__FIRST_BYTE_GRACE_SECONDS": "0.01", "SERVER__HEARTBEAT_SECONDS": "0.02"}
    async with stage(tmp_path, scenario, **pace) as play:
        events = await play.client.post(f"{STREAM}?alt=sse", json=ASK)
        array = await play.client.post(STREAM, json=ASK)
    assert "\n\n\n" in events.text
    assert ":" not in [line[:1] for line in events.text.splitlines()]
    assert text_of(chunks_of(events)) == text_of(array.json()) == "firstlast"


async def test_a_stop_string_cuts_the_text(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: abcENDxyz}]}]") as play:
        told = await streamed(play, generationConfig={"stopSequences": ["END"]})
    assert text_of(told) == "abc"
    assert told[-1]["candidates"][0]["finishReason"] == "STOP"


async def test_a_list_at_the_root_is_asked_for_in_a_wrapper_and_comes_without(tmp_path: Path) -> None:
    schema = {"type": "ARRAY", "items": {"type": "STRING"}}
    config = {"responseMimeType": "application/json", "responseSchema": schema}
    scenario = """rules: [{steps: [{text: '{"value":["a","b"]}'}]}]"""
    async with stage(tmp_path, scenario) as play:
        told = await streamed(play, generationConfig=config)
        whole = (await play.client.post(GENERATE, json=ASK | {"generationConfig": config})).json()
        (form, _) = [entry["body"]["text"]["format"] for entry in await play.asked()]
    assert json.loads(text_of(told)) == json.loads(text_of([whole])) == ["a", "b"]
    assert form == {
        "type": "json_schema",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"value": {"type": "array", "items": {"type": "string"}}},
            "required": ["value"],
            "additionalProperties": False,
        },
        "name": "response",
    }


async def test_a_web_search_with_its_sources(tmp_path: Path) -> None:
    search = "{type: web_search_call, id: ws_1, status: completed, action: {type: search, query: weather}}"
    async with stage(tmp_path, f"rules: [{{steps: [{{hosted: {search}}}, {{text: sunny}}]}}]") as play:
        told = await streamed(play, tools=[{"googleSearch": {}}])
        (asked,) = await play.asked()
    assert asked["body"]["tools"] == [{"type": "web_search"}]
    assert told[-1]["candidates"][0]["groundingMetadata"]["webSearchQueries"] == ["weather"]


async def test_bad_input_names_the_field_in_the_clients_spelling(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.post(GENERATE, json=ASK | {"generation_config": {"candidate_count": 2}})
        unknown = await play.client.post("/v1beta/models/nobody:generateContent", json=ASK)
        broken = await play.client.post(GENERATE, content=b"{")
    error = reply.json()["error"]
    assert (reply.status_code, error["status"]) == (400, "INVALID_ARGUMENT")
    assert "generation_config.candidate_count" in error["message"]
    assert (unknown.status_code, unknown.json()["error"]["status"]) == (404, "NOT_FOUND")
    assert broken.json()["error"]["code"] == 400
