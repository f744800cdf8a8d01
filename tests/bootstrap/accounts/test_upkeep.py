"""Accounts at the start, all the time, and at the end."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.keeping import EgressProxy
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.pool import News
from codex_proxy.bootstrap.accounts.upkeep import load
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.operations.accounts.configured import accounts_of_tokens
from codex_proxy.simulator.tokens import make_token
from codex_proxy.storage.opening import DATABASE_FILE
from tests.bootstrap.accounts.ground import kept_up, services_in
from tests.scenarios.account_stage import keep, simulator, stores_in
from tests.waiting import until


def configured(*names: str) -> tuple[Account, ...]:
    """Accounts as the settings name them."""
    return accounts_of_tokens(
        [
            make_token(account_id=name, plan="plus", email=f"{name}@example.invalid", expires_at=4_000_000_000)
            for name in names
        ]
    )


async def test_configured_tokens_are_kept_once_however_often_the_gateway_starts(tmp_path: Path) -> None:
    for _ in range(3):
        async with services_in(tmp_path) as services:
            await load(services, configured("one", "two"))
            assert len(services.ground.pool) == 2
    async with stores_in(tmp_path) as stores:
        assert len((await stores.accounts.load()).changed) == 2


async def test_a_01_where_the_store_cannot_be_read_the_configured_ones_serve_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    broken, complaints = b"this is no database" * 100, list[str]()
    (tmp_path / DATABASE_FILE).write_bytes(broken)
    async with services_in(tmp_path, complaints) as services:
        await load(services, configured("one"))
        async with kept_up(services):
            assert len(services.ground.pool) == 1
    assert (tmp_path / DATABASE_FILE).read_bytes() == broken
    assert any("accounts are not loaded" in told for told in complaints)


async def test_p_02_where_the_ways_out_cannot_be_read_nobody_leaves(tmp_path: Path) -> None:
    async with simulator() as backend:
        (record,) = await keep(tmp_path, backend, await backend.grant("one"))
    async with stores_in(tmp_path) as stores:
        await stores.egress.put([EgressProxy(proxy_id="p", name="Home", url="http://127.0.0.1:9")])
        await stores.egress.assign({record.row_id: "p"})
    with closing(sqlite3.connect(tmp_path / DATABASE_FILE)) as database, database:
        database.execute("update egress_proxies set url = substr(url, 1, length(url) - 1)")
    (named,) = configured("named")
    here = "http://127.0.0.1:9"
    async with services_in(
        tmp_path, oauth_token_endpoint=f"{here}/oauth/token", oauth_auth_endpoint=f"{here}/oauth/authorize"
    ) as services:
        ground = services.ground
        await load(services, (named,))
        async with kept_up(services):
            await until(lambda: record.row_id in ground.pool)
            assert ground.book.stranded([record.row_id, named.row_id]).keys() == {record.row_id, named.row_id}
            assert ground.pool.standing(ground.clock.now()).usable_now is False


async def test_accounts_of_another_issuer_refuse_the_start(tmp_path: Path) -> None:
    async with simulator() as backend:
        await keep(tmp_path, backend, await backend.grant("one"))
    async with services_in(tmp_path) as services:
        with pytest.raises(StartRefused, match="came from http://127"):
            await load(services, ())


async def test_simulated_issuers_may_change_their_ports(tmp_path: Path) -> None:
    async with simulator() as backend:
        await keep(tmp_path, backend, await backend.grant("one"))
    here = "http://127.0.0.1:9"
    async with services_in(
        tmp_path, oauth_token_endpoint=f"{here}/oauth/token", oauth_auth_endpoint=f"{here}/oauth/authorize"
    ) as services:
        await load(services, ())
        assert len(services.ground.pool) == 1


async def test_what_happened_is_written_at_the_end_at_the_latest(tmp_path: Path) -> None:
    (account,) = configured("one")
    async with services_in(tmp_path) as services:
        await load(services, (account,))
        async with kept_up(services):
            now = SystemClock().now()
            news = News(occurrence=Occurrence.USAGE_LIMIT, until=now + 3600)
            services.ground.pool.settle(account.row_id, news, now)
            services.ground.pool.affinity.settle(("key", "conversation"), account.row_id, now)
    async with services_in(tmp_path) as services:
        await load(services, ())
        now = SystemClock().now()
        assert services.ground.pool.verdicts(now)[account.row_id].state is State.LIMITED
        assert services.ground.pool.affinity.home(("key", "conversation"), now) == account.row_id


async def test_what_another_process_does_is_followed(tmp_path: Path) -> None:
    async with services_in(tmp_path) as services, services_in(tmp_path) as other:
        await load(services, ())
        async with kept_up(services):
            await load(other, configured("late"))
            await until(lambda: len(services.ground.pool) == 1)


async def test_accounts_of_the_node_gateway_are_taken_over_once(tmp_path: Path) -> None:
    token = make_token(account_id="one", plan="plus", email="one@example.invalid", expires_at=4_000_000_000)
    entry = {"id": "0123456789abcdef", "token": token, "refreshToken": None, "label": "mine", "status": "disabled"}
    source = json.dumps({"accounts": [entry]}).encode()
    (tmp_path / "accounts.json").write_bytes(source)
    for _ in range(2):
        async with services_in(tmp_path) as services:
            await load(services, ())
            (record,) = services.ground.pool.records()
            assert (record.label, record.enabled, record.email) == ("mine", False, "one@example.invalid")
    assert (tmp_path / "accounts.json").read_bytes() == source
