"""The simulated backend in this process."""

from pathlib import Path

import httpx
import pytest

from codex_proxy.accounts.account import read_claims
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.simulated import (
    ACCOUNTS,
    scenario_of,
    simulated_backend,
    simulated_tokens,
    simulated_urls,
    simulated_vendor,
)
from codex_proxy.operations.accounts.configured import accounts_of_tokens
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.simulator.tokens import ISSUER


def test_its_accounts_are_different_people() -> None:
    accounts = accounts_of_tokens(simulated_tokens())
    assert [(account.credential.account_id, account.plan) for account in accounts] == list(ACCOUNTS)


def test_a_scenario_that_cannot_be_used_refuses_the_start(tmp_path: Path) -> None:
    assert scenario_of(None) is None
    with pytest.raises(StartRefused, match="scenario"):
        scenario_of(tmp_path / "none.yaml")


def test_its_tokens_say_who_issued_them() -> None:
    assert {read_claims(token)["iss"] for token in simulated_tokens()} == {ISSUER}
    assert {read_claims(token)["iss"] for token in simulated_tokens("http://127.0.0.1:1")} == {"http://127.0.0.1:1"}


async def test_everything_it_serves_has_an_address() -> None:
    async with simulated_backend(None) as base_url, httpx.AsyncClient() as client:
        urls = simulated_urls(base_url)
        statuses = [
            (await client.get(url)).status_code for url in (urls.authorize, urls.token, urls.feed, urls.dist_tags)
        ]
    assert statuses == [400, 405, 200, 200]
    assert base_url.startswith(urls.issuer + "/")


async def test_vendors_are_beside_the_backend() -> None:
    async with simulated_backend(None) as base_url, httpx.AsyncClient() as client:
        key = {"authorization": "Bearer k"}
        listed = await client.get(f"{simulated_vendor(base_url, 'chat')}/models", headers=key)
        assert listed.json()["data"]
    assert simulated_vendor("http://127.0.0.1:1/backend-api", "acme", version="v1beta") == (
        "http://127.0.0.1:1/vendors/acme/v1beta"
    )


async def test_it_can_break_a_connection_without_an_answer() -> None:
    scenario = parse_scenario("issuer: {faults: [{answer: cut}], refresh_tokens: {rt: account-1}}")
    asked = {"grant_type": "refresh_token", "client_id": scenario.issuer.client_id, "refresh_token": "rt"}
    async with simulated_backend(scenario) as base_url, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            await client.post(simulated_urls(base_url).token, json=asked)
        assert (await client.get(simulated_urls(base_url).feed)).status_code == 200


async def test_a_taken_port_refuses_the_start() -> None:
    async with simulated_backend(None) as base_url:
        assert base_url.startswith("http://127.0.0.1:")
        port = int(base_url.split(":")[2].partition("/")[0])
        with pytest.raises(StartRefused, match="in use"):
            async with simulated_backend(None, port=port):
                pass
