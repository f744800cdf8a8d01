"""Keys that imported accounts brought: each is served by its own account, in every dialect, and by no other."""

from pathlib import Path
from typing import Any

import httpx

from tests.scenarios.account_stage import Simulator, gateway, simulator
from tests.scenarios.stage import Stage

KEYS = ["codex-proxy-" + f"{number:048x}" for number in (1, 2)]
MESSAGES = [{"role": "user", "content": "hi"}]
GEMINI = {"contents": [{"parts": [{"text": "hi"}], "role": "user"}]}
DIALECTS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "gpt-5.4", "messages": MESSAGES},
    "/v1/responses": {"model": "gpt-5.4", "input": "hi"},
    "/v1/completions": {"model": "gpt-5.4", "prompt": "hi"},
    "/v1/messages": {"model": "gpt-5.4", "max_tokens": 99, "messages": MESSAGES},
    "/v1beta/models/gpt-5.4:generateContent": GEMINI,
}
CLOSED = """
rules:
  - when: {account: one}
    reply: {status: 429, body: {error: {type: usage_limit_reached, message: used up, resets_in_seconds: 500}}}
"""


async def imported(play: Stage, services: Simulator) -> list[str]:
    """Two accounts of a full export, each with a key of its own; their ids here."""
    pairs = await services.grant("one", "two")
    accounts = [
        {"token": pair.access_token, "refreshToken": pair.refresh_token, "proxyApiKey": key}
        for pair, key in zip(pairs, KEYS, strict=True)
    ]
    told = await play.client.post("/auth/accounts/import?include_state=true", json={"accounts": accounts})
    assert told.json()["added"] == 2
    listed = (await play.client.get("/auth/accounts")).json()["accounts"]
    return [one["id"] for name in ("one", "two") for one in listed if one["accountId"] == name]


async def ask(play: Stage, path: str, key: str) -> httpx.Response:
    return await play.client.post(path, json=DIALECTS[path], headers={"authorization": f"Bearer {key}"})


async def test_each_key_is_served_by_its_account_in_every_dialect(tmp_path: Path) -> None:
    async with simulator() as services, gateway(tmp_path, services) as play:
        await imported(play, services)
        for path in DIALECTS:
            for key in KEYS:
                assert (await ask(play, path, key)).status_code == 200, path
        callers = [entry["account"] for entry in await play.asked()]
    assert callers == ["one", "two"] * len(DIALECTS)


async def test_a_key_whose_account_is_used_up_hears_of_that_in_its_dialect_and_uses_no_other(tmp_path: Path) -> None:
    async with simulator(CLOSED) as services, gateway(tmp_path, services) as play:
        await imported(play, services)
        for _ in range(2):
            for path in DIALECTS:
                refused = await ask(play, path, KEYS[0])
                assert (refused.status_code, int(refused.headers["retry-after"]) > 400) == (429, True), path
                assert refused.json()["error"]["message"], path
        told = (await ask(play, "/v1/chat/completions", KEYS[0])).json()["error"]["message"]
        usage = [
            (await play.client.get("/wham/usage", headers={"authorization": f"Bearer {key}"})).json() for key in KEYS
        ]
        callers = [entry["account"] for entry in await play.asked()]
    assert told == "the account that this key belongs to cannot serve this now (1 limited)"
    assert [one["rate_limit"]["allowed"] for one in usage] == [False, True]
    assert callers == ["one"]


async def test_such_a_key_is_no_key_of_the_owners_survives_a_restart_and_goes_with_its_account(tmp_path: Path) -> None:
    async with simulator() as services:
        async with gateway(tmp_path, services) as play:
            one, _ = await imported(play, services)
        async with gateway(tmp_path, services) as play:
            assert (await ask(play, "/v1/responses", KEYS[0])).status_code == 200
            headers = {"authorization": f"Bearer {KEYS[0]}"}
            assert (await play.client.get("/auth/accounts", headers=headers)).status_code == 403
            await play.client.post("/auth/accounts/batch-status", json={"ids": [one], "status": "disabled"})
            refused = await ask(play, "/v1/messages", KEYS[0])
            await play.client.delete(f"/auth/accounts/{one}")
            afterwards = [(await ask(play, "/v1/responses", key)).status_code for key in KEYS]
    assert (refused.status_code, "(1 disabled)" in refused.json()["error"]["message"]) == (503, True)
    assert afterwards == [401, 200]
