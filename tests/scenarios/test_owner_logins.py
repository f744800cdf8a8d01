"""Logging in over the control plane of a whole gateway, from a fresh data directory: a script sits at the browser."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.scenarios.account_stage import Simulator, gateway, simulator
from tests.scenarios.stage import Stage

AT_ONCE = "issuer: {auto: true, logins: [account-1, account-2], device: {interval_seconds: 1, auto_after: 2}}"


async def redirect_of(services: Simulator, auth_url: str) -> str:
    """Where the issuer sends the browser once somebody has logged in; the page there is not opened."""
    async with httpx.AsyncClient() as browser:
        reply = await browser.get(auth_url)
    assert reply.status_code in {302, 303}
    assert auth_url.startswith(services.issuer)
    return reply.headers["location"]


async def listed(play: Stage) -> list[dict[str, str]]:
    accounts = (await play.client.get("/auth/accounts")).json()["accounts"]
    assert isinstance(accounts, list)
    return accounts


async def test_a_browser_login_whose_address_is_pasted_serves_at_once(tmp_path: Path) -> None:
    async with simulator(AT_ONCE) as services, gateway(tmp_path, services) as play:
        assert (await play.chat()).status_code == 503
        begun = (await play.client.post("/auth/login-start", json={})).json()
        pasted = {"callbackUrl": await redirect_of(services, begun["authUrl"])}
        for _ in range(2):
            assert (await play.client.post("/auth/code-relay", json=pasted)).status_code == 200
        told = (await play.client.post("/auth/login-status", json={"state": begun["state"]})).json()
        assert (told["status"], told["account"]["email"]) == ("done", (await listed(play))[0]["email"])
        assert (await play.chat()).status_code == 200
        assert len(await listed(play)) == 1


async def test_a_device_login_serves_at_once(tmp_path: Path) -> None:
    async with simulator(AT_ONCE) as services, gateway(tmp_path, services) as play:
        begun = (await play.client.post("/auth/device-login", json={})).json()
        assert begun["verificationUri"] == f"{services.issuer}/codex/device"
        for _ in range(10):
            told = (await play.client.post(f"/auth/device-poll/{begun['deviceCode']}")).json()
            if "success" in told:
                break
            await asyncio.sleep(told["interval"])
        assert (await play.chat()).status_code == 200


async def test_a_login_survives_a_restart_and_a_second_one_of_the_same_person_is_the_same_account(
    tmp_path: Path,
) -> None:
    only = AT_ONCE.replace("[account-1, account-2]", "[account-1]")
    async with simulator(only) as services:
        for _ in range(2):
            async with gateway(tmp_path, services) as play:
                begun = (await play.client.post("/auth/login-start", json={})).json()
                pasted = {"callbackUrl": await redirect_of(services, begun["authUrl"])}
                assert (await play.client.post("/auth/code-relay", json=pasted)).status_code == 200
                assert (await play.chat()).status_code == 200
        async with gateway(tmp_path, services) as play:
            assert [account["status"] for account in await listed(play)] == ["active"]
            assert (await play.chat()).status_code == 200


async def test_c_06_no_log_line_holds_a_state_a_code_or_a_token(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with simulator(AT_ONCE) as services, gateway(tmp_path, services) as play:
        begun = (await play.client.post("/auth/login-start", json={})).json()
        redirect = await redirect_of(services, begun["authUrl"])
        await play.client.post("/auth/code-relay", json={"callbackUrl": redirect})
        assert (await play.chat()).status_code == 200
        code = httpx.URL(redirect).params["code"]
    told = capfd.readouterr()
    for secret in (begun["state"], code, "eyJ"):
        assert secret not in told.out + told.err


async def test_no_login_begins_where_the_owner_wants_none_and_who_is_here_goes_on(tmp_path: Path) -> None:
    async with simulator(AT_ONCE) as services, gateway(tmp_path, services) as play:
        begun = (await play.client.post("/auth/login-start", json={})).json()
        pasted = {"callbackUrl": await redirect_of(services, begun["authUrl"])}
        change = {"values": {"auth.chatgpt_oauth": False}}
        assert (await play.client.post("/admin/settings", json=change)).status_code == 200
        asked = [("POST", "/auth/login-start"), ("POST", "/auth/device-login"), ("GET", "/auth/login")]
        for method, path in asked:
            refused = await play.client.request(method, path)
            assert (refused.status_code, refused.json()["code"]) == (403, "logins_off")
            assert "auth.chatgpt_oauth" in refused.json()["error"]
        assert (await play.client.get("/auth/status")).json()["login_ways"] == []
        assert (await play.client.post("/auth/code-relay", json=pasted)).status_code == 200
        assert (await play.chat()).status_code == 200
