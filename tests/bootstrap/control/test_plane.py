"""The control plane put together."""

from pathlib import Path

from codex_proxy import __version__
from tests.scenarios.stage import FIRST_THEN_SILENCE, STREAMED_CHAT, stage


async def test_the_gateways_health_is_told_of_the_gateway_that_runs(tmp_path: Path) -> None:
    async with stage(tmp_path, FIRST_THEN_SILENCE, AUTH__MAX_CONCURRENT_PER_ACCOUNT="2") as play:
        await play.models_fetched()
        async with play.client.stream("POST", "/v1/chat/completions", json=STREAMED_CHAT) as reply:
            await anext(reply.aiter_bytes())
            told = (await play.client.get("/health/details")).json()
    assert (told["status"], told["version"], told["accounts"]) == ("ok", __version__, {"active": 2})
    assert told["slots"] == {"used_count": 1, "total_count": 4, "waiting_count": 0}
    assert (told["exchanges_count"], told["uptime_seconds"] > 0) == (1, True)


async def test_the_bridges_settings_and_the_owners_desks_are_there(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        document = (await play.client.get("/openapi/openapi.json")).json()
    assert {"/health/details", "/admin/ollama-settings", "/auth/accounts", "/api/proxies"} <= document["paths"].keys()
