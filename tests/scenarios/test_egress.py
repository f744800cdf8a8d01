"""Whatever is sent in an account's name leaves the way the account does, or not at all."""

import pytest

from codex_proxy.accounts.egress.ways import NoWay, Through
from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.canonical.failure import FailureKind, Sent
from codex_proxy.gateway.ports import TransportError
from codex_proxy.operations.egress.addresses import exit_of, parse_proxy
from codex_proxy.operations.quota.asking import Asker
from codex_proxy.protocols.codex.usage import build_usage_call
from tests.protocols.codex.parts import CLIENT
from tests.scenarios.egress_stage import DIRECT, HERE, PASSWORD, THERE, EgressStage, egress_stage, two_exits
from tests.waiting import until

SCHEMES = pytest.mark.parametrize("scheme", ["http", "socks5", "socks5h"])


@SCHEMES
async def test_p_11_b_07_everything_an_account_sends_leaves_through_its_own_proxy(scheme: str) -> None:
    async with two_exits() as (here, there), egress_stage() as stage:
        await stage.assign({"account-1": here, "account-2": there}, scheme=scheme)
        for _ in range(2):
            await stage.do_everything()
        endpoints = {entry["endpoint"] for entry in await stage.journal()}
        assert endpoints == {
            "/codex/responses",
            "/codex/models",
            "/wham/accounts/check",
            "/wham/usage",
            "/oauth/token",
        }
        assert await stage.peers() == {"account-1": {HERE}, "account-2": {THERE}}
    assert {passage.user for passage in here.passages} == {"here"}
    assert {passage.user for passage in there.passages} == {"there"}


async def test_an_account_without_a_proxy_is_seen_to_come_directly() -> None:
    async with two_exits() as (here, _), egress_stage() as stage:
        await stage.assign({"account-1": here, "account-2": "direct"})
        await stage.do_everything()
        assert await stage.peers() == {"account-1": {HERE}, "account-2": {DIRECT}}


async def test_p_01_auto_keeps_an_account_at_one_exit_and_moves_it_once_when_that_one_fails() -> None:
    async with two_exits() as (here, there), egress_stage("", "account-1") as stage:
        for proxy in (here, there):
            await stage.proxies.add(parse_proxy(proxy.url()))
        await stage.assign({"account-1": "auto"})
        for _ in range(20):
            assert await stage.ask() is None
        [first] = (await stage.peers())["account-1"]
        failing = {HERE: here, THERE: there}[first]
        await failing.stop()
        assert [await stage.ask() for _ in range(20)] == [None] * 20
        peers = [entry["peer"] for entry in await stage.journal()]
        assert len(set(peers[:20])) == len(set(peers[20:])) == 1
        assert await stage.peers() == {"account-1": {HERE, THERE}}


@SCHEMES
async def test_p_02_a_dead_proxy_is_a_clear_failure_that_names_it_and_nothing_goes_directly(scheme: str) -> None:
    async with two_exits() as (here, _), egress_stage("", "account-1") as stage:
        await stage.assign({"account-1": here}, scheme=scheme)
        await here.stop()
        failure = await stage.ask()
        assert failure is not None
        assert (failure.kind, failure.sent) == (FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
        assert "the egress exit of account-1" in failure.message
        assert PASSWORD not in failure.message
        for _ in range(3):
            failure = await stage.ask()
            assert failure is not None
            assert "exit of account-1" in failure.message
        assert not await stage.lookups.refresh()
        assert len((await stage.lists.refresh()).failures) == 1
        await stage.queries.ask(stage.accounts["account-1"])
        assert await stage.journal() == []


async def test_p_02_a_proxy_that_was_disabled_or_removed_is_no_reason_to_go_directly() -> None:
    async with two_exits() as (here, _), egress_stage("", "account-1") as stage:
        proxy = (await stage.assign({"account-1": here}))["account-1"]
        await stage.proxies.enable(proxy.proxy_id, enabled=False)
        assert (await stage.ask()) is not None
        account = stage.pool.account(stage.accounts["account-1"])
        with pytest.raises(TransportError, match="the egress exit of account-1 cannot be used: it is disabled"):
            stage.lookups.route_of(account)
        asker = Asker(transport=stage.transport, route_of=stage.lookups.route_of, egress=stage.watch)
        refused = await asker.ask(build_usage_call(CLIENT, account.credential), account)
        assert getattr(refused, "kind", None) is FailureKind.UNREACHABLE
        await stage.proxies.enable(proxy.proxy_id, enabled=True)
        assert await stage.ask() is None
        assert await stage.peers() == {"account-1": {HERE}}


async def test_b_07_a_token_is_not_spent_where_the_proxy_is_dead() -> None:
    async with two_exits() as (here, _), egress_stage("", "account-1") as stage:
        proxy = (await stage.assign({"account-1": here}))["account-1"]
        await here.stop()
        with pytest.raises(IssuerError) as caught:
            await stage.renew("account-1")
        assert (caught.value.refusal, caught.value.maybe_spent) == (Refusal.UNREACHABLE, False)
        assert "exit of account-1" in str(caught.value)
        await stage.proxies.enable(proxy.proxy_id, enabled=False)
        with pytest.raises(IssuerError) as caught:
            await stage.renew("account-1")
        assert (caught.value.refusal, caught.value.maybe_spent) == (Refusal.UNREACHABLE, False)
        assert await stage.journal() == []
        await here.start()
        await stage.proxies.enable(proxy.proxy_id, enabled=True)
        await stage.renew("account-1")
        assert await stage.peers() == {"account-1": {HERE}}


async def test_other_accounts_serve_while_one_cannot_leave() -> None:
    async with two_exits() as (here, there), egress_stage() as stage:
        await stage.assign({"account-1": here, "account-2": there})
        await here.stop()
        assert [await stage.ask() for _ in range(6)] == [None] * 6
        assert stage.book.stranded(stage.accounts.values()).keys() == {stage.accounts["account-1"]}
        assert await stage.peers() == {"account-2": {THERE}}


async def test_p_08_a_check_finds_where_a_proxy_comes_out_excludes_a_dead_one_and_brings_it_back() -> None:
    async with two_exits() as (here, _), egress_stage("", "account-1") as stage:
        proxy = (await stage.assign({"account-1": here}, scheme="socks5"))["account-1"]
        row_id = stage.accounts["account-1"]
        assert (await stage.checks.check(proxy.proxy_id)).exit_ip == HERE
        await here.stop()
        for _ in range(2):
            stage.clock.ahead_seconds += 1
            assert (await stage.checks.check(proxy.proxy_id)).error == "it cannot be reached"
        way = stage.book.way(row_id)
        assert isinstance(way, NoWay)
        failure = await stage.ask()
        assert failure is not None
        assert failure.kind is FailureKind.NO_ACCOUNT or "exit of account-1" in failure.message
        await here.start()
        stage.clock.ahead_seconds += 61
        await stage.checks.run_due()
        assert isinstance(stage.book.way(row_id), Through)
        assert await stage.ask() is None
        assert {peer for peers in (await stage.peers()).values() for peer in peers} == {HERE}


async def test_what_traffic_excluded_comes_back_though_nobody_checks_by_the_clock() -> None:
    async with two_exits() as (here, _), egress_stage("", "account-1") as stage:
        await stage.assign({"account-1": here})
        await here.stop()
        for _ in range(2):
            await stage.ask()
        assert stage.book.stranded(stage.accounts.values())
        await stage.checks.run_due()
        assert stage.book.stranded(stage.accounts.values())
        await here.start()
        stage.clock.ahead_seconds += 61
        await stage.checks.run_due()
        assert not stage.book.stranded(stage.accounts.values())
        assert await stage.ask() is None


REGION = f"edge: {{rules: [{{answer: region, address: {HERE}}}]}}"


async def states(stage: EgressStage) -> set[str]:
    return {verdict.state.value for verdict in stage.pool.verdicts(stage.clock.now()).values()}


async def test_a_05_a_refused_country_is_the_exits_and_touches_no_account() -> None:
    names = [f"account-{number}" for number in range(1, 21)]
    async with two_exits() as (here, there), egress_stage(REGION, *names) as stage:
        await stage.assign({name: here if place % 2 else there for place, name in enumerate(names)})
        assert [await stage.ask() for _ in range(20)] == [None] * 20
        assert await states(stage) == {"active"}
        answered = [entry for entry in await stage.journal() if entry["status"] == 200]
        assert {entry["peer"] for entry in answered} == {THERE}
        refused = [entry for entry in await stage.journal() if entry["status"] == 403]
        assert len(refused) == 1


async def test_a_05_with_no_other_exit_the_region_is_named_and_it_ends_by_itself() -> None:
    async with two_exits() as (here, _), egress_stage(REGION) as stage:
        await stage.assign({"account-1": here, "account-2": here})
        for _ in range(2):
            failure = await stage.ask()
            assert failure is not None
            assert failure.kind is FailureKind.REGION_BLOCKED
        assert await states(stage) == {"active"}
        asked_count = len(await stage.journal())
        await stage.ask()
        assert len(await stage.journal()) == asked_count
        stage.clock.ahead_seconds += 1801
        await stage.ask()
        assert len(await stage.journal()) == asked_count + 1


async def test_a_19_cookies_stay_with_their_exit() -> None:
    async with two_exits() as (here, there), egress_stage("edge: {cookies: true}", "account-1") as stage:
        await stage.assign({"account-1": here})
        for _ in range(2):
            assert await stage.ask() is None
        await stage.assign({"account-1": there})
        for _ in range(2):
            assert await stage.ask() is None
        await stage.assign({"account-1": "direct"})
        assert await stage.ask() is None
        cookies = [dict(entry["headers"]).get("cookie") for entry in await stage.journal()]
        assert [cookie is not None for cookie in cookies] == [False, True, False, True, False]
        await stage.jars.write()
        kept = {(cookie.egress_id, cookie.name) for cookie in await stage.cookies.load()}
        assert kept == {(exit_of(None), "__cf_bm"), (exit_of(None), "_cfuvid")}


async def test_a_19_a_path_block_ends_with_the_cookies_that_brought_it() -> None:
    async with egress_stage("edge: {cookies: true}", "account-1") as stage:
        row_id = stage.accounts["account-1"]
        stage.jars.set(row_id, None, {"__cf_bm": "of-another-address"})
        assert await stage.ask() is not None
        assert stage.jars.shown(row_id, None) == ()
        stage.clock.ahead_seconds += 3600
        assert await stage.ask() is None


async def test_p_12_a_changed_assignment_counts_for_the_next_request_and_ends_idle_connections() -> None:
    async with two_exits() as (here, there), egress_stage("", "account-1") as stage:
        await stage.assign({"account-1": here}, scheme="socks5")
        for _ in range(2):
            assert await stage.ask() is None
        assert (here.connections_count, here.open_count) == (1, 1)
        await stage.assign({"account-1": there}, scheme="socks5")
        await until(lambda: here.open_count == 0)
        assert await stage.ask() is None
        assert (here.connections_count, there.connections_count) == (1, 1)


async def test_p_12_a_changed_address_counts_for_the_next_request() -> None:
    async with two_exits() as (here, there), egress_stage("", "account-1") as stage:
        proxy = (await stage.assign({"account-1": here}))["account-1"]
        assert await stage.ask() is None
        await stage.proxies.change(proxy.proxy_id, url=there.url("socks5"))
        await until(lambda: here.open_count == 0)
        assert await stage.ask() is None
        assert [entry["peer"] for entry in await stage.journal()] == [HERE, THERE]
