"""The simulated backend in this process."""

from pathlib import Path

import httpx
import pytest

from codex_proxy.accounts.account import read_claims
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.simulated import (
    ACCOUNTS,
    scenario_of,
    simulated,
    simulated_backend,
    simulated_tokens,
    simulated_urls,
    simulated_vendor,
)
from codex_proxy.operations.accounts.configured import accounts_of_tokens
from codex_proxy.settings.load import LoadedSettings, load_settings
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
    async with simulated_backend(None) as base_url, httpx.AsyncClient(timeout=60) as client:
        urls = simulated_urls(base_url)
        statuses = [
            (await client.get(url)).status_code for url in (urls.authorize, urls.token, urls.feed, urls.dist_tags)
        ]
    assert statuses == [400, 405, 200, 200]
    assert base_url.startswith(urls.issuer + "/")


async def test_vendors_are_beside_the_backend() -> None:
    async with simulated_backend(None) as base_url, httpx.AsyncClient(timeout=60) as client:
        key = {"authorization": "Bearer k"}
        listed = await client.get(f"{simulated_vendor(base_url, 'chat')}/models", headers=key)
        assert listed.json()["data"]
    assert simulated_vendor("http://127.0.0.1:1/backend-api", "acme", version="v1beta") == (
        "http://127.0.0.1:1/vendors/acme/v1beta"
    )


async def test_it_can_break_a_connection_without_an_answer() -> None:
    scenario = parse_scenario("issuer: {faults: [{answer: cut}], refresh_tokens: {rt: account-1}}")
    asked = {"grant_type": "refresh_token", "client_id": scenario.issuer.client_id, "refresh_token": "rt"}
    async with simulated_backend(scenario) as base_url, httpx.AsyncClient(timeout=60) as client:
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


def loaded(data_dir: Path, **settings: str) -> LoadedSettings:
    flags = {name.replace("__", "."): value for name, value in settings.items()}
    return load_settings(flags=flags, environ={}, data_dir=data_dir, config_file=None)


def test_its_gateway_is_told_nothing_that_leads_elsewhere(tmp_path: Path) -> None:
    told = loaded(
        tmp_path, update__engine_feed_url="https://feed.invalid/tags", tls__proxy_url="http://egress.invalid:1"
    )
    settings = simulated(told, "http://127.0.0.1:1/backend-api").settings
    assert (settings.security.loopback_only, settings.tls.proxy_url, settings.images.fetch_remote) == (
        True,
        None,
        False,
    )
    urls = (
        settings.api.base_url,
        settings.update.feed_url,
        settings.update.engine_feed_url,
        settings.tls.health_check_url,
    )
    assert all(str(url).startswith("http://127.0.0.1:1/") for url in urls)


@pytest.mark.parametrize("url", ["postgresql://db.invalid/x", "postgresql:///x?host=10.0.0.1"])
def test_a_store_elsewhere_refuses_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(StartRefused, match="database_url leads elsewhere"):
        simulated(loaded(tmp_path, storage__database_url=url), "http://127.0.0.1:1/backend-api")


@pytest.mark.parametrize("url", ["postgresql://localhost/x", "postgresql://[::1]/x", "postgresql:///x?host=/run/pg"])
def test_a_store_here_does_not(tmp_path: Path, url: str) -> None:
    told = simulated(loaded(tmp_path, storage__database_url=url), "http://127.0.0.1:1/backend-api")
    assert told.settings.storage.database_url == url
