"""Endpoints that are passed on: who may ask them, what leaves, what comes back."""

from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.stage import Stage, stage

SEARCH, TRACES = "/v1/alpha/search", "/v1/memories/trace_summarize"
CODEX = {
    "originator": "codex_exec",
    "user-agent": "codex_exec/0.169.0",
    "session-id": "s-1",
    "x-codex-turn-metadata": '{"turn_id":"theirs"}',
    "x-something-of-theirs": "secret",
}


async def entries(play: Stage) -> list[dict[str, Any]]:
    told = (await play.backend.get("/__journal")).json()["entries"]
    return [entry for entry in told if entry["method"] == "POST"]


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        (SEARCH, "/codex/alpha/search"),
        (TRACES, "/codex/memories/trace_summarize"),
        ("/backend-api/codex/alpha/search", "/codex/alpha/search"),
        ("/memories/trace_summarize", "/codex/memories/trace_summarize"),
    ],
)
async def test_the_body_goes_and_the_reply_comes_back(tmp_path: Path, path: str, endpoint: str) -> None:
    body = {"model": "gpt-5.4", "query": "rivers", "odd": [1, {"deep": None}]}
    async with stage(tmp_path) as play:
        reply = await play.client.post(path, json=body, headers=CODEX)
        (entry,) = await entries(play)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.json() == {"endpoint": endpoint.removeprefix("/codex/"), "asked": body}
    assert entry["endpoint"] == endpoint
    assert not {"x-something-of-theirs", "session-id", "x-codex-turn-metadata"} & dict(entry["headers"]).keys()
    assert dict(entry["headers"])["originator"] == "Codex Desktop"


async def test_only_the_name_of_the_model_is_replaced(tmp_path: Path) -> None:
    async with stage(tmp_path, MODEL__ALIASES='{"mine":"gpt-5.5"}') as play:
        reply = await play.client.post(SEARCH, json={"query": "x", "model": "mine"}, headers=CODEX)
        unnamed = await play.client.post(SEARCH, json={"query": "x"}, headers=CODEX)
    assert reply.json()["asked"] == {"query": "x", "model": "gpt-5.5"}
    assert unnamed.json()["asked"] == {"query": "x"}


@pytest.mark.parametrize("path", [SEARCH, TRACES])
async def test_to_other_clients_they_are_not_there(tmp_path: Path, path: str) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.post(path, json={"query": "x"})
        asked = await entries(play)
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "unknown_url")
    assert asked == []


@pytest.mark.parametrize("path", ["/v1/alpha/other", "/v1/memories/x", "/v1/responses/review", "/v1/alpha/search/more"])
async def test_nothing_else_is_passed_on_to_anybody(tmp_path: Path, path: str) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.post(path, json={"query": "x"}, headers=CODEX)
        asked = await entries(play)
    assert reply.status_code == 404
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert asked == []


async def test_a_failure_moves_on_to_the_next_account_and_is_worded_as_ever(tmp_path: Path) -> None:
    rule = "{when: {account: account-1}, reply: {status: 401, body: {detail: Unauthorized}}}"
    async with stage(tmp_path, f"rules: [{rule}]") as play:
        good = await play.client.post(SEARCH, json={"query": "x"}, headers=CODEX)
        states = await play.states()
        bad = await play.client.post(SEARCH, content=b"[]", headers=CODEX)
    assert good.status_code == 200
    assert states == {"expired": 1, "active": 1}
    assert (bad.status_code, bad.json()["error"]["code"]) == (400, "invalid_json")


async def test_a_reply_that_is_no_json_passes_too(tmp_path: Path) -> None:
    async with stage(tmp_path, "rules: [{reply: {status: 200, body: '<b>plain</b>'}}]") as play:
        reply = await play.client.post(SEARCH, json={"query": "x"}, headers=CODEX)
    assert (reply.text, reply.headers["content-type"]) == ("<b>plain</b>", "text/html; charset=utf-8")
