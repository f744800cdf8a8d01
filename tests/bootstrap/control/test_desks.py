"""What the owner does with accounts, reached over the control plane."""

from pathlib import Path

import pytest

from tests.scenarios.account_stage import gateway, simulator
from tests.scenarios.stage import stage

READABLE = (
    "/auth/status",
    "/auth/accounts",
    "/auth/quota/warnings",
    "/admin/jobs",
    "/api/proxies",
    "/api/proxies/assignments",
)


HOSTS = {"gateway.example": 200, "gateway.example:8080": 200, "127.0.0.1": 200, "rebound.example": 421}


@pytest.mark.parametrize("path", READABLE)
async def test_the_owner_reads_it_and_nobody_else_does(tmp_path: Path, path: str) -> None:
    async with stage(tmp_path) as play:
        assert (await play.client.get(path)).status_code == 200
        assert (await play.client.get(path, headers={"authorization": "Bearer wrong"})).status_code == 401


async def test_accounts_come_by_import_and_show_no_token(tmp_path: Path) -> None:
    async with simulator() as services, gateway(tmp_path, services) as play:
        pairs = await services.grant("one", "two")
        accounts = [{"token": pair.access_token, "refreshToken": pair.refresh_token} for pair in pairs]
        told = (await play.client.post("/auth/accounts/import", json={"accounts": accounts})).json()
        assert (told["added"], told["failed"]) == (2, 0)
        listed = (await play.client.get("/auth/accounts")).json()
        assert [account["status"] for account in listed["accounts"]] == ["active", "active"]
        assert listed["persistence_health"]["ok"] is True
        secrets = {token for pair in pairs for token in (pair.access_token, pair.refresh_token)}
        assert not any(token in str(listed) for token in secrets if token)
        assert [(await play.chat(text)).status_code for text in "ab"] == [200, 200]
        request_id = (await play.chat("c")).headers["x-request-id"]
        explained = (await play.client.get(f"/admin/explain/{request_id}")).json()
        assert explained["choices"][0]["chosen"] in {account["id"] for account in listed["accounts"]}


async def test_an_account_is_refreshed_switched_off_and_removed(tmp_path: Path) -> None:
    async with simulator() as services, gateway(tmp_path, services) as play:
        (pair,) = await services.grant("one")
        added = await play.client.post("/auth/accounts", json={"refreshToken": pair.refresh_token, "label": "mine"})
        row_id = added.json()["account"]["id"]
        assert (await play.client.post(f"/auth/accounts/{row_id}/refresh")).json()["result"] == "alive"
        switched = {"ids": [row_id], "status": "disabled"}
        assert (await play.client.post("/auth/accounts/batch-status", json=switched)).json()["updated"] == 1
        assert (await play.chat()).status_code == 503
        assert (await play.client.delete(f"/auth/accounts/{row_id}")).status_code == 200
        assert (await play.client.get("/auth/accounts")).json()["accounts"] == []
        assert await services.sendings(pair.refresh_token) == 1


async def test_s_04_a_host_name_that_nobody_listed_reaches_nothing_of_the_owners(tmp_path: Path) -> None:
    async with stage(tmp_path, SERVER__NAMES='["gateway.example"]') as play:
        asked = {name: await play.client.get("/auth/accounts", headers={"host": name}) for name in HOSTS}
    assert {name: reply.status_code for name, reply in asked.items()} == HOSTS


async def test_what_accounts_used_is_counted_and_survives_a_restart(tmp_path: Path) -> None:
    for expected in (2, 4):
        async with stage(tmp_path) as play:
            assert [(await play.chat(text)).status_code for text in "ab"] == [200, 200]
            accounts = (await play.client.get("/auth/accounts")).json()["accounts"]
            assert sum(account["usage"]["request_count"] for account in accounts) == expected


async def test_models_are_fetched_and_routes_explained(tmp_path: Path) -> None:
    async with stage(tmp_path, MODEL__ALIASES='{"mine": "gpt-6.1-sol-max"}') as play:
        told = (await play.client.post("/admin/refresh-models")).json()
        route = (await play.client.get("/admin/route?model=mine")).json()
    assert (told["success"], set(told["plans"]), told["failures"]) == (True, {"plus", "pro"}, [])
    assert (route["upstream"], route["model"], route["effort"]) == ("codex", "gpt-6.1-sol", "max")
    assert (route["plans"], route["accounts_count"]) == (["plus", "pro"], 2)
