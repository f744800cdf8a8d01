"""Parts that follow; ``tests/scenarios/test_live_settings`` sees each of them."""

from pathlib import Path

from tests.scenarios.stage import stage

SETTINGS = "/admin/settings"


async def test_a_bridge_that_cannot_follow_leaves_everybody_as_they_were(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        taken = int(play.url.rpartition(":")[2])
        values = {"ollama.enabled": True, "ollama.port": taken, "auth.max_concurrent_per_account": 3}
        refused = await play.client.post(SETTINGS, json={"values": values})
        assert (refused.status_code, refused.json()["code"]) == (409, "cannot_follow")
        assert f"127.0.0.1:{taken} is already in use; nothing was changed" in refused.json()["error"]
        assert (await play.client.get("/health/details")).json()["slots"]["total_count"] == 32
        assert not (tmp_path / "local.yaml").exists()
        del values["ollama.port"], values["ollama.enabled"]
        assert (await play.client.post(SETTINGS, json={"values": values})).status_code == 200
        assert (await play.client.get("/health/details")).json()["slots"]["total_count"] == 6
