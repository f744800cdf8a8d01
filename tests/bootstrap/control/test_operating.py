"""The routes about the gateway itself, over a gateway that runs."""

from pathlib import Path

from codex_proxy.bootstrap.simulated import simulated_backend, simulated_vendor
from codex_proxy.simulator.scenario import parse_scenario
from tests.scenarios.stage import stage_over


async def test_a_vendor_keys_connection_is_tested_with_its_own_address(tmp_path: Path) -> None:
    async with simulated_backend(parse_scenario("")) as base_url, stage_over(base_url, tmp_path, {}) as play:
        new = {"provider": "openai", "apiKey": "sk-one", "models": ["gpt-x"], "allowPrivate": True}
        for url, last in ((simulated_vendor(base_url, "chat"), "pass"), ("http://127.0.0.1:9/v1", "skip")):
            added = await play.client.post("/auth/api-keys", json=new | {"baseUrl": url})
            assert added.status_code == 200, added.text
            entry = next(
                each for each in (await play.client.get("/auth/api-keys")).json()["keys"] if each["baseUrl"] == url
            )
            told = (await play.client.post("/admin/test-connection", json={"vendorKeyId": entry["id"]})).json()
            assert [check["status"] for check in told["checks"]][-1] == last, told
            assert "key of openai" in told["checks"][1]["detail"]


async def test_updates_are_told_and_off_until_somebody_wants_them(tmp_path: Path) -> None:
    async with simulated_backend(parse_scenario("")) as base_url, stage_over(base_url, tmp_path, {}) as play:
        told = (await play.client.post("/admin/check-update")).json()
        applied = await play.client.post("/admin/apply-update")
    assert (told["proxy"]["policy"], told["proxy"]["can_self_update"], told["proxy"]["release"]) == ("off", False, None)
    assert "update.gateway" in told["proxy"]["error"]
    assert (applied.status_code, applied.json()["started"]) == (400, False)
