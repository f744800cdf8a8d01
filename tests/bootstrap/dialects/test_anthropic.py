"""Dialogues of Anthropic's clients with a whole gateway; Claude Code's among them."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.scenarios.stage import KEY, Stage, chunks_of, stage

MESSAGES = "/v1/messages"
ASK: dict[str, Any] = {
    "model": "gpt-5.4",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hi"}],
    "thinking": {"type": "adaptive"},
}
TOOLS: list[dict[str, Any]] = [{"name": name, "input_schema": {"type": "object"}} for name in ("ls", "cat")]


async def streamed(play: Stage, **body: Any) -> list[dict[str, Any]]:
    """The events of a stream; every frame names its own, and the headers name the request."""
    reply = await play.client.post(MESSAGES, json=ASK | {"stream": True} | body)
    assert reply.headers["request-id"].startswith("req_")
    told = chunks_of(reply)
    names = [line.removeprefix("event: ") for line in reply.text.splitlines() if line.startswith("event: ")]
    assert names == [event["type"] for event in told]
    return told


def content_of(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The content blocks that these events build up."""
    blocks: list[dict[str, Any]] = []
    for event in told:
        if event["type"] == "content_block_start":
            assert event["index"] == len(blocks)
            blocks.append(event["content_block"])
        elif event["type"] == "content_block_delta":
            block, delta = blocks[event["index"]], event["delta"]
            member = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}
            if delta["type"] in member:
                block[member[delta["type"]]] += delta[member[delta["type"]]]
            elif delta["type"] == "input_json_delta":
                block["json"] = block.get("json", "") + delta["partial_json"]
    for block in blocks:
        if "json" in block:
            block["input"] = json.loads(block.pop("json"))
    return blocks


def text_of(told: list[dict[str, Any]]) -> str:
    return "".join(block.get("text", "") for block in content_of(told))


def error_of(reply: httpx.Response) -> dict[str, Any]:
    body = reply.json()
    assert (body["type"], body["request_id"]) == ("error", reply.headers["request-id"])
    error: dict[str, Any] = body["error"]
    return error


async def test_a_tool_turn_keeps_its_order_its_reasoning_and_its_pictures(tmp_path: Path) -> None:
    scenario = """
    rules:
      - steps:
          - reasoning: [T]
          - text: Looking
          - calls: [{name: ls, arguments: {p: "."}}, {name: cat, arguments: {f: z}}]
    """
    picture = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    async with stage(tmp_path, scenario) as play:
        told = await streamed(play, tools=TOOLS, system="You are X")
        said = content_of(told)
        assert [block["type"] for block in said] == ["thinking", "text", "tool_use", "tool_use"]
        assert [block["input"] for block in said[2:]] == [{"p": "."}, {"f": "z"}]
        assert told[-2]["delta"]["stop_reason"] == "tool_use"
        results = [
            {"type": "tool_result", "tool_use_id": said[2]["id"], "content": "x y"},
            {
                "type": "tool_result",
                "tool_use_id": said[3]["id"],
                "content": [{"type": "text", "text": "see"}, {"type": "image", "source": picture}],
            },
            {"type": "text", "text": "now explain"},
        ]
        history = [*ASK["messages"], {"role": "assistant", "content": said}, {"role": "user", "content": results}]
        await streamed(play, messages=history, tools=TOOLS, system="You are X")
        body = (await play.asked())[-1]["body"]
    sent = body["input"]
    assert body["instructions"] == "You are X"
    assert [item["type"] for item in sent] == [
        "message",
        "reasoning",
        "message",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
        "message",
    ]
    assert sent[1]["summary"] == [{"type": "summary_text", "text": "T"}]
    assert sent[1]["encrypted_content"].startswith("gAAAA")
    assert sent[5]["output"] == "x y"
    assert sent[6]["output"] == [
        {"type": "input_text", "text": "see"},
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="},
    ]
    assert sent[7]["content"] == [{"type": "input_text", "text": "now explain"}]
    assert all(tool["strict"] is False for tool in body["tools"])


async def test_what_claude_code_says_reaches_the_backend_and_what_it_says_to_its_maker_does_not(tmp_path: Path) -> None:
    session = "b4085e40-a591-497b-926a-001fc57d48e1"
    asked = {
        "model": "claude-opus-5-5",
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.330.7ca;"},
            {"type": "text", "text": "You are an agent.", "cache_control": {"type": "ephemeral"}},
        ],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "go", "cache_control": {"type": "ephemeral"}}]},
            {"role": "system", "content": "be quick", "output_config": {"effort": "high"}},
        ],
        "tools": [*TOOLS, {"name": "Placeholder", "input_schema": {}, "defer_loading": True}],
        "thinking": {"type": "adaptive", "display": "omitted"},
        "output_config": {"effort": "medium"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": json.dumps({"device_id": "d", "session_id": session})},
    }
    headers = {"anthropic-version": "2023-06-01", "anthropic-beta": "claude-code-20250219"}
    async with stage(tmp_path) as play:
        reply = await play.client.post(f"{MESSAGES}?beta=true", json=ASK | asked, headers=headers)
        (entry,) = await play.asked()
    body = entry["body"]
    assert reply.json()["model"] == "claude-opus-5-5"
    assert body["instructions"] == "You are an agent."
    assert [(item["role"], item["content"][0]["text"]) for item in body["input"]] == [
        ("user", "go"),
        ("developer", "be quick"),
    ]
    assert body["reasoning"]["effort"] == "high"
    assert [tool["name"] for tool in body["tools"]] == ["ls", "cat", "Placeholder"]
    words = set(json.dumps(body).replace('"', " ").split())
    assert not words & {"cache_control", session, "cc_version", "defer_loading"}
    assert "context_management" in reply.headers["x-codex-proxy-notes"]


async def test_a_thread_is_refused_so_that_the_sdk_goes_on_without(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.post(MESSAGES, json=ASK | {"thread": {"type": "create"}})
    assert reply.status_code == 400
    assert error_of(reply)["details"] == {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}


async def test_a_limit_before_the_answer_is_an_http_error(tmp_path: Path) -> None:
    limit = "{error: {type: usage_limit_reached, message: limit, resets_in_seconds: 1800}}"
    async with stage(tmp_path, f"rules: [{{reply: {{status: 429, body: {limit}}}}}]") as play:
        reply = await play.client.post(MESSAGES, json=ASK | {"stream": True})
    assert (reply.status_code, error_of(reply)["type"]) == (429, "rate_limit_error")
    assert int(reply.headers["retry-after"]) > 0


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_prompt_too_long_makes_clients_compact(tmp_path: Path, streaming: bool) -> None:
    overflow = "{failed: {code: context_length_exceeded, message: Your input exceeds the context window.}}"
    async with stage(tmp_path, f"rules: [{{steps: [{overflow}]}}]") as play:
        reply = await play.client.post(MESSAGES, json=ASK | {"stream": streaming})
    error = error_of(reply)
    assert (reply.status_code, error["type"]) == (400, "invalid_request_error")
    words, _, rest = error["message"].partition(" tokens > ")
    assert words.startswith("prompt is too long: ")
    assert int(words.rpartition(" ")[2]) == int(rest.split()[0]) + 1


@pytest.mark.parametrize("fault", ["{failed: {code: server_error}}", "{end: true}", "{cut: true}"])
async def test_a_failure_after_content_is_an_event_of_its_own(tmp_path: Path, fault: str) -> None:
    async with stage(tmp_path, f"rules: [{{steps: [{{text: half}}, {fault}]}}]") as play:
        told = await streamed(play)
    assert text_of(told) == "half"
    assert told[-1]["type"] == "error"
    assert told[-1]["error"].keys() >= {"type", "message"}
    assert told[-1]["request_id"].startswith("req_")
    assert "message_stop" not in [event["type"] for event in told]


async def test_an_answer_cut_short_says_so_with_its_counts(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: half}, {incomplete: max_output_tokens}]}]") as play:
        told = await streamed(play)
    assert told[-2]["delta"]["stop_reason"] == "max_tokens"
    assert told[-2]["usage"]["output_tokens"] > 0


async def test_a_stop_string_split_between_words(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{steps: [{text: abc THE END xyz}]}]") as play:
        told = await streamed(play, stop_sequences=["THE END"])
    assert text_of(told) == "abc "
    assert told[-2]["delta"] == {"stop_reason": "stop_sequence", "stop_sequence": "THE END"}


async def interrupted(folder: Path, silence_ms: int) -> list[dict[str, Any]]:
    """A stream that is silent between its words."""
    scenario = f"rules: [{{steps: [{{text: first}}, {{delay_ms: {silence_ms}}}, {{text: last}}]}}]"
    pace = {"SERVER__FIRST_BYTE_GRACE_SECONDS": "0.01", "SERVER__HEARTBEAT_SECONDS": "0.02"}
    async with stage(folder, scenario, **pace) as play:
        return await streamed(play)


async def test_silence_is_filled_with_pings(tmp_path: Path) -> None:
    told = await interrupted(tmp_path / "short", 500)
    if [event["type"] for event in told].count("ping") <= 2:  # the machine was busy elsewhere meanwhile
        told = await interrupted(tmp_path / "long", 10_000)
    assert [event["type"] for event in told].count("ping") > 2
    assert text_of(told) == "firstlast"


async def test_a_web_search_with_its_results(tmp_path: Path) -> None:
    action = "{type: search, query: weather, sources: [{type: url, url: 'https://a.example'}]}"
    search = f"{{type: web_search_call, id: ws_1, status: completed, action: {action}}}"
    tool = {"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.example"]}
    async with stage(tmp_path, f"rules: [{{steps: [{{hosted: {search}}}, {{text: sunny}}]}}]") as play:
        told = await streamed(play, tools=[tool])
        (entry,) = await play.asked()
    call, result, text = content_of(told)
    assert (call["type"], call["input"]) == ("server_tool_use", {"query": "weather"})
    assert [found["url"] for found in result["content"]] == ["https://a.example"]
    assert text["text"] == "sunny"
    assert told[-2]["usage"]["server_tool_use"]["web_search_requests"] == 1
    assert entry["body"]["tools"] == [{"type": "web_search", "filters": {"allowed_domains": ["a.example"]}}]
    assert "web_search_call.action.sources" in entry["body"]["include"]


async def test_foreign_signatures_never_reach_the_backend(tmp_path: Path) -> None:
    thought = {"type": "thinking", "thinking": "T", "signature": "EuwJCm4IDxgC"}
    said = {"role": "assistant", "content": [thought, {"type": "text", "text": "ok"}]}
    async with stage(tmp_path) as play:
        reply = await play.client.post(MESSAGES, json=ASK | {"messages": [*ASK["messages"], said, *ASK["messages"]]})
        (entry,) = await play.asked()
    assert reply.status_code == 200
    assert [item["type"] for item in entry["body"]["input"]] == ["message"] * 3


@pytest.mark.parametrize(
    ("path", "method"),
    [("/v1/messages/batches", "POST"), ("/v1/files", "GET"), ("/v1/skills", "GET"), ("/v1/complete", "POST")],
)
async def test_what_is_not_served_is_told_in_the_clients_words(tmp_path: Path, path: str, method: str) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.request(method, path)
    assert (reply.status_code, error_of(reply)["type"]) == (404, "not_found_error")


async def test_counts_ask_no_account(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.post(f"{MESSAGES}/count_tokens", json={**ASK, "tools": TOOLS})
        refused = await play.client.post(f"{MESSAGES}/count_tokens", json={"model": "x"})
        assert await play.asked() == []
    assert reply.json()["input_tokens"] > 0
    assert (refused.status_code, error_of(refused)["type"]) == (400, "invalid_request_error")


async def test_the_lists_by_who_asks(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        ours = {"anthropic-version": "2023-06-01"}
        listed = (await play.client.get("/v1/models?limit=1", headers=ours)).json()
        assert (len(listed["data"]), listed["has_more"]) == (1, True)
        assert (await play.client.get("/v1/models/gpt-5.4", headers=ours)).json()["type"] == "model"
        assert (await play.client.get("/v1/models")).json()["object"] == "list"
        missing = await play.client.get("/v1/models/nobody", headers=ours)
        wrong = await play.client.get("/v1/models?limit=0", headers=ours)
    assert (missing.status_code, error_of(missing)["type"]) == (404, "not_found_error")
    assert (wrong.status_code, error_of(wrong)["type"]) == (400, "invalid_request_error")


async def test_keys_in_both_places_and_paths_that_want_none(tmp_path: Path) -> None:
    async with stage(tmp_path) as play, httpx.AsyncClient(base_url=play.url, timeout=60) as stranger:
        assert (await stranger.post(MESSAGES, json=ASK)).status_code == 401
        assert (await stranger.post(MESSAGES, json=ASK, headers={"x-api-key": KEY})).status_code == 200
        assert (await stranger.head("/api/hello")).status_code == 200
        assert (await stranger.post("/api/event_logging/batch", json={})).json() == {}
