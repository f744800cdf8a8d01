"""A gateway that is watched over: what it tells of itself, to whom."""

from pathlib import Path

from tests.scenarios.stage import CHAT, STREAMED_CHAT, stage

NO_KEY = {"authorization": ""}


async def test_what_was_answered_is_measured(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        assert (await play.chat()).status_code == 200
        async with play.client.stream("POST", CHAT, json=STREAMED_CHAT) as reply:
            await reply.aread()
        assert (await play.client.post(CHAT, json={"model": "gpt-nothing", "messages": []})).status_code == 400
        told = (await play.client.get("/metrics")).text
        refused = await play.client.get("/metrics", headers=NO_KEY)
    assert refused.status_code == 401
    for line in (
        'codex_proxy_exchanges_total{dialect="openai_chat",model="gpt-5.4",outcome="completed"} 2',
        'codex_proxy_attempts_total{upstream="codex",outcome="completed"} 2',
        'codex_proxy_first_content_seconds_count{dialect="openai_chat"} 2',
        "codex_proxy_running_exchanges 0",
        'codex_proxy_accounts{state="active"} 2',
    ):
        assert f"{line}\n" in told, line
    assert 'kind="output"' in told
    assert "codex_proxy_stream_gap_seconds_count" in told


async def test_s_04_whoever_shows_no_key_hears_whether_it_runs_and_no_more(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        minimal = (await play.client.get("/health", headers=NO_KEY)).json()
        whole = (await play.client.get("/health")).json()
        ready = await play.client.get("/health/ready", headers=NO_KEY)
    assert minimal.keys() == {"status", "timestamp"}
    assert (whole["authenticated"], whole["pool"]["total"], whole["pool"]["active"]) == (True, 2, 2)
    assert whole["pool"]["available_slots"] == whole["pool"]["total_slots"] == 32
    assert (ready.status_code, ready.json()["status"], ready.json()["reasons"]) == (200, "ready", [])


async def test_a_gateway_without_accounts_is_well_and_not_ready(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        ids = [each["id"] for each in (await play.client.get("/auth/accounts")).json()["accounts"]]
        assert (await play.client.post("/auth/accounts/batch-delete", json={"ids": ids})).status_code == 200
        assert (await play.client.get("/health")).status_code == 200
        ready = await play.client.get("/health/ready")
    assert (ready.status_code, ready.json()["reasons"]) == (503, ["no_upstream"])
