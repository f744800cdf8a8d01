"""Usage statistics of a whole gateway: exchanges go in by clients' requests and come out on the control plane."""

import asyncio
import csv
import io
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from codex_proxy.storage.opening import DATABASE_FILE
from tests.scenarios.key_stage import guest
from tests.scenarios.stage import STREAMED_CHAT, Stage, chat_text, stage

STATS = "/admin/usage-stats"
CHAT = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
COUNTED = """
rules:
  - {when: {contains: fail}, reply: {status: 400, body: {error: {message: no, code: bad}}}}
  - {when: {contains: wait}, steps: [{text: first}, {stall: true}]}
  - {steps: [{text: four words of answer}], usage: {input_tokens: 1000, cached_tokens: 400, output_tokens: 100}}
"""
COST = (600 * 2.5 + 400 * 0.25 + 100 * 15) / 1_000_000


async def summary(play: Stage, query: str = "") -> dict[str, Any]:
    reply = await play.client.get(f"{STATS}/summary{query}")
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


async def recorded(play: Stage, count: int, query: str = "") -> dict[str, Any]:
    """The summary once it has so many exchanges."""
    async with asyncio.timeout(15):
        while (told := await summary(play, query))["total_request_count"] < count:
            pass
    return told


async def history(play: Stage, query: str) -> dict[str, Any]:
    reply = await play.client.get(f"{STATS}/history?{query}")
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


async def raw_exchanges(play: Stage) -> list[dict[str, Any]]:
    return [point["exchange"] for point in (await history(play, "hours=1&granularity=raw"))["data_points"]]


async def logged(play: Stage, count: int) -> dict[str, Any]:
    """The request log's summary once it has so many costs."""
    async with asyncio.timeout(15):
        while True:
            told: dict[str, Any] = (await play.client.get("/admin/logs/summary")).json()
            if told["priced_count"] >= count:
                return told


async def test_an_exchange_is_told_in_sum_over_time_and_by_itself(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        assert (await play.chat(model="gpt-5.4-high")).status_code == 200
        told = await recorded(play, 1, "?group_by=model")
        hours = await history(play, "hours=2&granularity=hourly")
        (raw,) = (await history(play, "hours=1&granularity=raw"))["data_points"]
        page = (await play.client.get(f"{STATS}/export")).text
        accounts = (await play.client.get("/auth/accounts")).json()["accounts"]
        log = await logged(play, 1)
        (line,) = (await play.client.get("/admin/logs?model=gpt-5.4")).json()["records"]
    assert float(log["cost_usd"]) == float(line["costUsd"]) == COST
    assert (told["total_input_tokens"], told["total_cached_tokens"], told["total_output_tokens"]) == (1000, 400, 100)
    assert (told["total_accounts"], told["active_accounts"], told["total_unpriced_count"]) == (2, 2, 0)
    assert told["total_estimated_cost_usd"] == COST
    assert sum(account["usage"]["estimated_cost_usd"] for account in accounts) == COST
    assert told["recording"] == {
        "enabled": True,
        "waiting_count": 0,
        "written_count": 1,
        "lost_count": 0,
        "failing_since": None,
        "reason": None,
    }
    (group,) = told["groups"]
    assert (group["group"], group["request_count"], group["estimated_cost_usd"]) == ("gpt-5.4", 1, COST)
    assert sum(point["request_count"] for point in hours["data_points"]) == 1
    assert len(hours["data_points"]) in {2, 3}
    exchange = raw["exchange"]
    assert exchange["request_id"].startswith("req_")
    assert (exchange["model_asked"], exchange["model"], exchange["effort"]) == ("gpt-5.4-high", "gpt-5.4", "high")
    assert (exchange["dialect"], exchange["vendor"], exchange["status"]) == ("openai_chat", "codex", "completed")
    assert exchange["duration_ms"] >= exchange["first_content_ms"] > 0
    (line,) = csv.DictReader(io.StringIO(page))
    assert (line["request_id"], line["model_asked"]) == (exchange["request_id"], "gpt-5.4-high")
    assert (line["input_tokens"], line["estimated_cost_usd"]) == ("1000", "0.0031")


async def test_a_forgotten_period_is_in_no_sum_and_in_the_log_of_changes(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        assert (await play.chat()).status_code == 200
        await recorded(play, 1)
        first = (await history(play, "hours=1"))["from"]
        period = {"from": first, "to": "2999-01-01T00:00:00Z"}
        told = await play.client.delete(STATS, params=period)
        left = await summary(play)
        raw = await raw_exchanges(play)
        entries = (await play.client.get("/admin/audit")).json()["entries"]
    assert (told.status_code, told.json()["request_count"], told.json()["from"]) == (200, 1, first)
    assert (left["total_request_count"], left["total_input_tokens"], raw) == (0, 0, [])
    assert (entries[0]["action"], entries[0].get("outcome", "done")) == (f"DELETE {STATS}", "done")
    assert entries[0]["details"] == {"from": first, "to": told.json()["to"], "exchanges": 1}


async def test_u_02_what_failed_and_what_was_left_counts_as_a_request(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        assert (await play.chat("fail")).status_code == 400
        assert (await play.chat(model="nobody-serves-this")).status_code == 404
        async with play.client.stream(
            "POST", "/v1/chat/completions", json=STREAMED_CHAT | {"messages": [{"role": "user", "content": "wait"}]}
        ) as reply:
            chunks = reply.aiter_bytes()
            while b"first" not in await anext(chunks):
                pass
        told = await recorded(play, 3, "?group_by=status")
        by_failure = await summary(play, "?group_by=failure&status=failed")
        left = await summary(play, "?status=aborted")
        exchanges = await raw_exchanges(play)
    assert {group["group"]: group["request_count"] for group in told["groups"]} == {"failed": 2, "aborted": 1}
    assert {group["group"] for group in by_failure["groups"]} == {"invalid_request", "model_not_found"}
    assert (told["total_failed_count"], told["total_aborted_count"]) == (2, 1)
    assert [(each["status"], each["http_status"]) for each in exchanges] == [
        ("failed", 400),
        ("failed", 404),
        ("aborted", 499),
    ]
    assert (left["total_estimated_count"], left["total_unpriced_count"]) == (1, 0)
    assert left["total_estimated_cost_usd"] > 0  # S-12: what was streamed before a client left is not free
    assert left["total_output_tokens"] > 0


async def test_u_07_a_request_id_of_the_clients_choice_names_no_record(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        for _ in range(2):
            body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
            await play.client.post("/v1/chat/completions", json=body, headers={"x-request-id": "mine"})
        await recorded(play, 2)
        names = {each["request_id"] for each in await raw_exchanges(play)}
    assert len(names) == 2
    assert "mine" not in names


async def test_what_waits_is_written_when_the_gateway_stops_and_there_after_a_restart(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        await play.chat()
    async with stage(tmp_path, COUNTED) as play:
        assert (await summary(play))["total_request_count"] == 1


async def test_u_04_a_removed_or_reset_account_takes_no_usage_along(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        await play.chat()
        before = await recorded(play, 1, "?group_by=account")
        row_id = before["groups"][0]["group"]
        assert before["groups"][0]["name"] is not None
        assert (await play.client.post(f"/auth/accounts/{row_id}/reset-usage")).status_code == 200
        assert (await play.client.delete(f"/auth/accounts/{row_id}")).status_code == 200
        after = await summary(play, "?group_by=account")
        bars = (await history(play, "hours=3"))["data_points"]
    assert after["total_estimated_cost_usd"] == before["total_estimated_cost_usd"] == COST
    assert (after["groups"][0]["group"], after["groups"][0]["name"]) == (row_id, None)
    assert all(point["request_count"] >= 0 for point in bars)
    assert after["total_accounts"] == before["total_accounts"] - 1


async def test_usage_of_client_keys_has_their_names(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play, guest(play, name="laptop") as client:
        assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 200
        told = await recorded(play, 1, "?group_by=key")
    (group,) = told["groups"]
    assert (group["name"], group["group"][:3], group["request_count"]) == ("laptop", "ck_", 1)


async def test_nothing_is_recorded_where_the_owner_wants_it_so(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED, USAGE_STATS__ENABLED="false") as play:
        assert (await play.chat()).status_code == 200
    async with stage(tmp_path, COUNTED, USAGE_STATS__ENABLED="false") as play:
        told = await summary(play)
    assert (told["total_request_count"], told["recording"]["enabled"]) == (0, False)


async def test_u_03_answers_go_on_while_the_database_is_locked_and_count_once_it_is_not(tmp_path: Path) -> None:
    async with stage(tmp_path, COUNTED) as play:
        await play.chat()
        await recorded(play, 1)
        locking = sqlite3.connect(tmp_path / DATABASE_FILE, isolation_level=None)
        try:
            locking.execute("BEGIN IMMEDIATE")
            replies = await asyncio.gather(
                *(play.client.post("/v1/chat/completions", json=STREAMED_CHAT) for _ in "abc")
            )
            assert [chat_text(reply) for reply in replies] == ["four words of answer"] * 3
            told = await summary(play)
            assert (told["total_request_count"], told["recording"]["waiting_count"]) == (1, 3)
        finally:
            locking.close()
        told = await recorded(play, 4)
    assert told["recording"]["lost_count"] == 0


async def test_answers_go_on_while_the_disk_is_full_and_what_is_lost_is_told(tmp_path: Path) -> None:
    # A process of its own: what limits the size of files limits those of the whole process.
    command = [sys.executable, "-m", "tests.scenarios.full_disk", str(tmp_path)]
    ran = await asyncio.to_thread(lambda: subprocess.run(command, capture_output=True, text=True, check=False))
    assert ran.returncode == 0, ran.stderr
    told = msgspec.json.decode(ran.stdout)
    assert told["answers"] == ["four words of answer"] * 3
    assert told["before"]["recording"]["reason"] is None
    assert (told["full"]["total_request_count"], told["full"]["recording"]["waiting_count"]) == (1, 3)
    assert told["full"]["recording"]["failing_since"] is not None
    assert "cannot be written" in told["full"]["recording"]["reason"]
    assert "3 exchanges are in no statistics" in ran.stderr
