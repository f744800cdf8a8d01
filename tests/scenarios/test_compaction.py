"""Compactions: what the client gets, what the backend was asked, and where the conversation lives afterwards."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI

from tests.scenarios.stage import KEY, Stage, stage

COMPACT = "/v1/responses/compact"
CODEX = {"originator": "codex_exec", "user-agent": "codex_exec/0.125.0", "session-id": "s-1"}
ITEMS = [
    {"role": "user", "content": "remember the number 7"},
    {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "noted"}]},
]
LIMIT = "{status: 429, body: {error: {type: usage_limit_reached, message: used up, resets_in_seconds: 30}}}"


def limiting(account: str, endpoint: str = "responses/compact") -> str:
    """A scenario in which this account's compactions, or other requests, meet a limit."""
    return f"rules: [{{when: {{account: {account}, endpoint: {endpoint}}}, reply: {LIMIT}}}]"


async def compacted(play: Stage, headers: dict[str, str] | None = None, **members: Any) -> httpx.Response:
    body = {"model": "gpt-5.4", "instructions": "be brief", "input": ITEMS} | members
    return await play.client.post(COMPACT, json=body, headers=headers)


async def entries(play: Stage) -> list[dict[str, Any]]:
    """Everything but lookups that the backend was asked, oldest first."""
    told = (await play.backend.get("/__journal")).json()["entries"]
    return [entry for entry in told if entry["endpoint"].startswith("/codex/") and entry["method"] == "POST"]


async def test_the_official_sdk_reads_the_reply_and_goes_on_with_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        async with AsyncOpenAI(base_url=f"{play.url}/v1", api_key=KEY) as client:
            told = await client.responses.compact(model="gpt-5.4", input="remember the number 7")
            items: list[Any] = [item.model_dump(exclude_none=True, warnings=False) for item in told.output]
            items.append({"role": "user", "content": "which number?"})
            after = await client.responses.create(model="gpt-5.4", input=items)
        asked = await entries(play)
    assert told.id.startswith("resp_")
    assert told.object == "response.compaction"
    assert told.created_at > 0
    assert [item.type for item in told.output] == ["message", "compaction"]
    assert told.usage.total_tokens == told.usage.input_tokens + told.usage.output_tokens > 0
    assert after.status == "completed"
    assert [entry["endpoint"] for entry in asked] == ["/codex/responses/compact", "/codex/responses"]
    assert len({entry["account"] for entry in asked}) == 1


async def test_the_call_is_plain_and_whole_and_shows_the_conversation(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        reply = await compacted(play, stream=True, service_tier="flex", metadata={"a": "b"}, temperature=0.5)
        (entry,) = await entries(play)
    headers = dict(entry["headers"])
    assert reply.status_code == 200
    assert list(entry["body"]) == ["model", "input", "instructions"]
    assert entry["body"]["input"][0]["role"] == "user"
    assert "content-encoding" not in headers
    assert headers["accept"] == "*/*"
    assert headers["x-codex-window-id"] == f"{headers['thread-id']}:0"
    assert headers["session-id"] == headers["thread-id"]
    notes = reply.headers["x-codex-proxy-notes"]
    for note in ("service_tier;dropped", "stream;dropped", "temperature;dropped", "usage;invented"):
        assert note in notes, note


async def test_a_codex_client_gets_the_backends_items_as_they_are(tmp_path: Path) -> None:
    odd = {"type": "additional_tools", "role": "developer", "tools": [], "new_member": {"deep": [1]}}
    async with stage(tmp_path) as play:
        reply = await compacted(play, CODEX, input=[odd, *ITEMS], tools=[], parallel_tool_calls=True)
        (entry,) = await entries(play)
    assert reply.status_code == 200
    assert entry["body"]["input"][0] == odd
    sealed = reply.json()["output"][-1]
    assert sealed["type"] == "compaction"
    assert sealed["encrypted_content"]
    assert reply.json()["output"][0]["content"] == entry["body"]["input"][1]["content"]


async def test_a_limit_moves_the_compaction_and_with_it_the_conversation(tmp_path: Path) -> None:
    async with stage(tmp_path, limiting("account-1")) as play:
        first = await play.client.post("/v1/responses", json={"model": "gpt-5.4", "input": "hi"}, headers=CODEX)
        reply = await compacted(play, CODEX)
        sealed = reply.json()["output"]
        states = await play.states()
        body = {"model": "gpt-5.4", "input": [*sealed, {"role": "user", "content": "go on"}]}
        after = await play.client.post("/v1/responses", json=body, headers=CODEX)
        asked = [(entry["account"], entry["endpoint"], entry["status"]) for entry in await entries(play)]
    assert (first.status_code, reply.status_code, after.status_code) == (200, 200, 200)
    assert states == {"limited": 1, "active": 1}
    assert asked == [
        ("account-1", "/codex/responses", 200),
        ("account-1", "/codex/responses/compact", 429),
        ("account-2", "/codex/responses/compact", 200),
        ("account-2", "/codex/responses", 200),
    ]


async def test_after_a_compaction_the_conversation_is_in_its_next_window(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        for _ in range(2):
            sealed = (await compacted(play, CODEX)).json()["output"]
            body = {"model": "gpt-5.4", "input": [*sealed, {"role": "user", "content": "go on"}]}
            assert (await play.client.post("/v1/responses", json=body, headers=CODEX)).status_code == 200
        headers = [dict(entry["headers"]) for entry in await entries(play)]
    assert len({told["thread-id"] for told in headers}) == 1
    assert [told["x-codex-window-id"].rpartition(":")[2] for told in headers] == ["0", "1", "1", "2"]


@pytest.mark.parametrize(
    ("members", "status", "code", "param"),
    [
        ({"input": None}, 400, "missing_required_parameter", "input"),
        ({"previous_response_id": "resp_1"}, 400, "previous_response_not_found", "previous_response_id"),
        ({"model": "llama-4"}, 404, "model_not_found", "model"),
        ({"tools": [7]}, 400, "invalid_type", "tools[0]"),
    ],
)
async def test_what_is_wrong_is_named(
    tmp_path: Path, members: dict[str, Any], status: int, code: str, param: str
) -> None:
    async with stage(tmp_path) as play:
        await play.models_fetched()
        reply = await compacted(play, **members)
        asked = await entries(play)
    assert (reply.status_code, reply.json()["error"]["code"], reply.json()["error"]["param"]) == (status, code, param)
    assert asked == []


async def test_every_account_at_its_limit_is_told_with_the_time(tmp_path: Path) -> None:
    scenario = f"rules: [{{when: {{endpoint: responses/compact}}, reply: {LIMIT}}}]"
    async with stage(tmp_path, scenario) as play:
        sdk, codex = await compacted(play), await compacted(play, CODEX)
    assert (sdk.status_code, sdk.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert int(sdk.headers["retry-after"]) > 0
    assert (codex.status_code, codex.json()["error"]["type"]) == (429, "usage_limit_reached")


@pytest.mark.parametrize("body", ["'<html>'", "{output: seven}", "{error: {code: server_error, message: no}}"])
async def test_a_reply_that_is_no_compaction_is_a_failure(tmp_path: Path, body: str) -> None:
    async with stage(tmp_path, f"rules: [{{reply: {{status: 200, body: {body}}}}}]") as play:
        reply = await compacted(play)
        asked = await entries(play)
    assert (reply.status_code, reply.json()["error"]["code"]) == (502, "upstream_error")
    assert {entry["account"] for entry in asked} == {"account-1", "account-2"}
