"""Handed-out keys in front of a whole gateway on sockets: budgets, limits, models, scopes, and a kill."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.storage.runtime_file import RuntimeFile
from tests.scenarios.key_stage import KEYS, OWN, guest, handed_out, own
from tests.scenarios.stage import CHAT, KEY, STREAMED_CHAT, chat_text, stage
from tests.transports.vendors.stage import Vendor

ASKED = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
PRICED = "rules: [{usage: {input_tokens: 1000, output_tokens: 900}, steps: [{text: paid}]}]"
COST_USD = 0.016  # of one such answer: 1,000 tokens for $2.50 and 900 for $15 a million
STALLED = """
rules:
  - {when: {contains: wait}, steps: [{text: first}, {stall: true}]}
  - {usage: {input_tokens: 1000, output_tokens: 900}, steps: [{text: paid}]}
"""


async def test_counts_that_no_answer_can_have_spoil_no_books(tmp_path: Path) -> None:
    nonsense = f"""
rules:
  - {{when: {{contains: nonsense}}, steps: [{{text: a}}], usage: {{input_tokens: {10**19}, output_tokens: {2**63}}}}}
  - {{steps: [{{text: fine}}], usage: {{input_tokens: 10, output_tokens: 2}}}}
"""
    async with stage(tmp_path, nonsense) as play, guest(play, max_budget_usd=1_000_000) as client:
        told = [
            await client.post("/v1/chat/completions", json=ASKED | {"messages": [{"role": "user", "content": text}]})
            for text in ("nonsense", "fine", "fine")
        ]
        usage = (await play.client.get("/admin/usage-stats/summary")).json()
        metrics = (await play.client.get("/metrics")).text
    assert [reply.status_code for reply in told] == [200] * 3
    assert usage["recording"]["reason"] is None
    assert 'codex_proxy_records_lost_total{kind="log"} 0' in metrics


@pytest.mark.timeout(120)
async def test_s_11_of_two_hundred_at_once_no_more_are_paid_than_there_is_money_for(tmp_path: Path) -> None:
    settings = {"CLIENT_KEYS__DEFAULT_OUTPUT_TOKENS": "900", "AUTH__QUEUE_LIMIT": "300"}
    async with (
        stage(tmp_path, PRICED, **settings) as play,
        guest(play, max_budget_usd=round(20 * COST_USD, 6)) as client,
    ):
        replies = await asyncio.gather(*(client.post(CHAT, json=ASKED) for _ in range(200)))
        statuses = Counter(reply.status_code for reply in replies)
        asked, told = await play.asked(), await own(client)
        assert statuses.keys() == {200, 429}
        assert 15 <= statuses[200] <= 20
        assert len(asked) == statuses[200] == told["request_count"]
        assert told["used_cost_usd"] == pytest.approx(statuses[200] * COST_USD)
        assert told["budgets"][0]["reserved"] == 0
        refused = next(reply for reply in replies if reply.status_code == 429)
        assert refused.json()["error"]["code"] == "insufficient_quota"
        assert refused.headers["x-should-retry"] == "false"


async def test_s_11_two_gateways_on_one_directory_share_a_budget(tmp_path: Path) -> None:
    settings = {"CLIENT_KEYS__DEFAULT_OUTPUT_TOKENS": "900", "AUTH__QUEUE_LIMIT": "300"}
    async with (
        stage(tmp_path, PRICED, **settings) as here,
        guest(here, max_budget_usd=round(6 * COST_USD, 6)) as client,
        stage(tmp_path, PRICED, **settings) as there,
    ):
        urls = [f"{play.url}{CHAT}" for play in (here, there) for _ in range(20)]
        replies = await asyncio.gather(*(client.post(url, json=ASKED) for url in urls))
        paid_count = sum(reply.status_code == 200 for reply in replies)
        assert 4 <= paid_count <= 6
        assert {reply.status_code for reply in replies} == {200, 429}
        assert len(await here.asked()) + len(await there.asked()) == paid_count
        assert (await own(client))["used_cost_usd"] <= 6 * COST_USD


@contextlib.asynccontextmanager
async def process(data_dir: Path, scenario: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A gateway in a process of its own, and its URL."""
    environ = {
        "CODEX_PROXY_SERVER__PROXY_API_KEY": KEY,
        "CODEX_PROXY_CLIENT_KEYS__RESERVATION_SECONDS": "4",
    }
    command = ("-m", "codex_proxy", "serve", "--port", "0", "--data-dir", str(data_dir), "--simulate", str(scenario))
    started = await asyncio.create_subprocess_exec(
        sys.executable, *command, env={**os.environ, **environ}, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert started.stdout is not None
        line = (await asyncio.wait_for(started.stdout.readline(), 60)).decode()
        yield started, line.split()[-1]
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await started.wait()


@contextlib.asynccontextmanager
async def answering(
    client: httpx.AsyncClient, body: str, headers: dict[str, str]
) -> AsyncIterator[AsyncIterator[bytes]]:
    """A stream whose first words have come; its end may be a broken connection."""
    with contextlib.suppress(httpx.HTTPError):
        async with client.stream("POST", CHAT, content=body, headers=headers) as reply:
            chunks = reply.aiter_bytes()
            while b"first" not in await anext(chunks):
                pass
            yield chunks


# Real processes: their starts, and the life of what a dead one held back, take seconds.
@pytest.mark.timeout(180)
async def test_a_gateway_that_is_killed_in_the_middle_loses_and_doubles_nothing(tmp_path: Path) -> None:
    scenario, data_dir = tmp_path / "scenario.yaml", tmp_path / "data"
    await asyncio.to_thread(scenario.write_text, STALLED)
    waiting = json.dumps(STREAMED_CHAT).replace('"x"', '"wait"')
    async with process(data_dir, scenario) as (first, url), httpx.AsyncClient(base_url=url, timeout=60) as owner:
        owner.headers["authorization"] = f"Bearer {KEY}"
        made = (await owner.post(KEYS, json={"name": "guest", "max_budget_usd": 1})).json()["key"]
        guest_headers = {"authorization": f"Bearer {made['key']}"}
        assert (await owner.post(CHAT, json=ASKED, headers=guest_headers)).status_code == 200
        async with contextlib.AsyncExitStack() as streams:
            begun = [await streams.enter_async_context(answering(owner, waiting, guest_headers)) for _ in range(3)]
            before = (await owner.get(OWN, headers=guest_headers)).json()["budgets"][0]
            first.send_signal(signal.SIGKILL)
            await first.wait()
    assert len(begun) == 3
    assert before["used"] == pytest.approx(COST_USD)
    assert before["reserved"] > 0.1
    options = ServeOptions(flags={"server.port": 0}, data_dir=data_dir, simulate=True, scenario=scenario)
    async with serving(options, {}) as second, httpx.AsyncClient(base_url=second.url, timeout=60) as client:
        client.headers.update(guest_headers)
        async with asyncio.timeout(30):
            while (told := await own(client))["budgets"][0]["reserved"]:  # noqa: ASYNC110 - it is another process's
                await asyncio.sleep(0.2)
        assert told["used_cost_usd"] == pytest.approx(COST_USD)
        assert told["remaining_budget_usd"] == pytest.approx(1 - COST_USD)
        assert told["request_count"] == 1
        assert (await client.post(CHAT, json=ASKED)).status_code == 200
        again = await own(client)
        assert (again["request_count"], again["budgets"][0]["reserved"]) == (2, 0)


async def test_s_12_a_stream_that_a_client_leaves_is_paid_for(tmp_path: Path) -> None:
    async with stage(tmp_path, STALLED) as play, guest(play, max_budget_usd=1) as client:
        body = json.dumps(STREAMED_CHAT).replace('"x"', '"wait"')
        async with answering(client, body, {}):
            assert (await own(client))["budgets"][0]["reserved"] > 0
        async with asyncio.timeout(10):
            while (told := await own(client))["budgets"][0]["reserved"]:
                pass
        assert told["used_cost_usd"] > 0
        assert told["request_count"] == 1


@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [
        (CHAT, {}, ASKED),
        ("/v1/responses", {}, {"model": "gpt-5.4", "input": "hi"}),
        ("/v1/messages", {"anthropic-version": "2023-06-01"}, ASKED | {"max_tokens": 9}),
        ("/v1beta/models/gpt-5.4:generateContent", {}, {"contents": [{"parts": [{"text": "hi"}]}]}),
    ],
)
async def test_limits_are_told_and_refused_in_every_dialects_own_words(
    tmp_path: Path, path: str, headers: dict[str, str], body: dict[str, Any]
) -> None:
    async with stage(tmp_path) as play, guest(play, requests_per_minute=1) as client:
        first = await client.post(path, json=body, headers=headers)
        assert (first.status_code, first.headers["x-ratelimit-limit-requests"]) == (200, "1")
        assert first.headers["x-ratelimit-remaining-requests"] == "0"
        second = await client.post(path, json=body, headers=headers)
        assert second.status_code == 429
        assert 0 < int(second.headers["retry-after"]) <= 60
        assert "1 requests per minute" in second.text
        assert {"error"} <= second.json().keys()


async def test_s_13_a_key_uses_and_sees_its_models_only(tmp_path: Path) -> None:
    settings = {"MODEL__ALIASES": '{"mine":"gpt-5.5","gpt-5.4-mine":"gpt-5.5"}'}
    async with stage(tmp_path, **settings) as play, guest(play, allowed_models=["gpt-5.4*"]) as client:
        allowed = await client.post(CHAT, json=ASKED | {"model": "gpt-5.4-high-fast"})
        assert allowed.status_code == 200
        for model in ("gpt-5.5", "mine", "gpt-5.4-mine", "gpt-5.4-opus", "gpt-5.5-high"):
            refused = await client.post(CHAT, json=ASKED | {"model": model})
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "model_not_allowed"), model
        listed = [row["id"] for row in (await client.get("/v1/models")).json()["data"]]
        assert listed
        assert all(name.startswith("gpt-5.4") and name != "gpt-5.4-mine" for name in listed)
        assert (await client.get("/v1/models/gpt-5.5")).status_code == 404


async def test_s_07_scopes_open_what_they_name_and_never_the_owners_side(tmp_path: Path) -> None:
    async with stage(tmp_path) as play, guest(play, scopes=["models:read"]) as client:
        assert (await client.get("/v1/models")).status_code == 200
        for path in (CHAT, "/v1/embeddings", "/v1/images/generations", "/v1/audio/speech"):
            assert (await client.post(path, json=ASKED)).status_code == 403, path
        assert (await client.get("/wham/usage")).status_code == 403
        for path in (KEYS, "/auth/accounts", "/health/details", "/auth/api-keys"):
            assert (await client.get(path)).status_code == 403, path
        assert (await client.get(OWN)).status_code == 200


async def test_a_key_that_is_off_or_over_says_so_and_one_that_is_revoked_is_unknown(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        made = await handed_out(play)
        headers = {"authorization": f"Bearer {made['key']}"}
        path = f"{KEYS}/{made['id']}"

        async def code() -> tuple[int, str]:
            reply = await play.client.get(OWN, headers=headers)
            return reply.status_code, reply.json().get("error", {}).get("code", "")

        assert await code() == (200, "")
        await play.client.put(path, json={"status": "disabled"})
        assert await code() == (401, "key_disabled")
        await play.client.put(path, json={"status": "active", "expires_at": "2020-01-01T00:00:00Z"})
        assert await code() == (401, "key_expired")
        await play.client.delete(path)
        assert await code() == (401, "invalid_api_key")
        assert (await play.client.get(OWN)).status_code == 404


async def test_s_12_embeddings_are_counted_and_paid_too(tmp_path: Path) -> None:
    body = b'{"data":[{"embedding":[0.1]}],"usage":{"prompt_tokens":30,"total_tokens":30}}'
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    vendor, settings = Vendor(head.encode() + body), {"SECURITY__ALLOW_PRIVATE_UPSTREAMS": "true"}
    async with vendor.listening() as port, stage(tmp_path, **settings) as play:
        model = {"id": "embed-1", "capabilities": ["embeddings"]}
        told = {"provider": "custom", "apiKey": "k" * 20, "baseUrl": f"http://127.0.0.1:{port}/v1", "models": [model]}
        assert (await play.client.post("/auth/api-keys", json=told)).status_code == 200
        async with guest(play, max_tokens=50) as client:
            asked = {"model": "embed-1", "input": "hi"}
            assert (await client.post("/v1/embeddings", json=asked)).status_code == 200
            assert (await own(client))["used_tokens"] == 30
            assert (await client.post("/v1/embeddings", json=asked | {"input": "hi" * 100})).status_code == 429
        async with guest(play, max_budget_usd=5) as client:
            refused = await client.post("/v1/embeddings", json=asked)
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "price_unknown")


async def test_a_key_and_what_it_used_are_there_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path, PRICED) as play:
        made = await handed_out(play)
        headers = {"authorization": f"Bearer {made['key']}"}
        assert chat_text(await play.client.post(CHAT, json=STREAMED_CHAT, headers=headers)) == "paid"
    async with stage(tmp_path) as play:
        told = (await play.client.get(OWN, headers=headers)).json()
    assert (told["request_count"], told["used_tokens"]) == (1, 1_900)
    assert not await asyncio.to_thread(RuntimeFile(tmp_path).running)


async def test_a_client_that_asks_for_its_usage_is_told_its_budgets(tmp_path: Path) -> None:
    budgets = [{"period": "day", "unit": "tokens", "limit": 19_000}]
    async with stage(tmp_path, PRICED) as play, guest(play, budgets=budgets) as client:
        assert (await client.post(CHAT, json=ASKED)).status_code == 200
        await own(client)
        told = (await client.get("/api/codex/usage")).json()
        assert told["rate_limit"]["primary_window"]["used_percent"] == 10
        assert told["rate_limit"]["primary_window"]["limit_window_seconds"] == 86_400
        assert (told["rate_limit"]["allowed"], told["rate_limit"]["secondary_window"]) == (True, None)
