"""The owner changes the pool, and everything counts at once."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from codex_proxy.accounts.egress.ways import Direct, NoWay, Through
from codex_proxy.accounts.keeping import EgressHealth, EgressProxy
from codex_proxy.operations.egress.addresses import InvalidProxy, parse_proxy
from codex_proxy.operations.egress.formats import UnreadableList
from codex_proxy.operations.egress.pool import AddressTaken, NoSuchProxy, NoSuchTarget, ProxyInUse
from tests.operations.egress.stage import ROWS, SECRET, A, B, C, Stage
from tests.stores.memory_keeping import MemoryEgressStore

ONE, TWO = f"http://u:{SECRET}@one.invalid:1", "socks5://two.invalid:2"
WELL = EgressHealth(checked_at=5.0, exit_ip="192.0.2.1", latency_ms=7)


async def test_a_new_proxy_is_there_at_once_under_a_name_without_credentials() -> None:
    stage = Stage()
    [proxy] = await stage.add(ONE)
    assert proxy == EgressProxy(proxy_id="p1", name="one.invalid:1", url=ONE, added_at=1001.0)
    assert stage.pool.proxies == (await stage.kept()).proxies == (proxy,)
    assert (await stage.pool.add(parse_proxy(TWO), name="Second")).name == "Second"


async def test_an_address_that_is_there_already_is_no_second_proxy() -> None:
    stage = Stage()
    [proxy] = await stage.add(ONE)
    await stage.pool.enable("p1", enabled=False)
    again = await stage.pool.add(parse_proxy(f"u:{SECRET}@ONE.invalid:1"), name="Renamed")
    assert again == replace(proxy, name="Renamed")
    assert await stage.pool.add(parse_proxy(ONE)) == again
    assert len(stage.pool.proxies) == 1


async def test_name_and_address_change_alone_or_together() -> None:
    stage = Stage()
    await stage.add(ONE)
    await stage.pool.keep_health({"p1": WELL})
    assert (await stage.pool.change("p1", name="Mine")).url == ONE
    assert stage.pool.find("p1").health == WELL
    changed = await stage.pool.change("p1", url=TWO)
    assert (changed.name, changed.url) == ("Mine", TWO)
    assert changed.health is not None
    assert changed.health.exit_ip is None
    assert (await stage.pool.change("p1", name="", url=ONE)).name == "one.invalid:1"


async def test_a_change_of_something_else_tells_the_store_nothing_of_checks() -> None:
    told: list[EgressProxy] = []

    class Store(MemoryEgressStore):
        async def put(self, proxies: Sequence[EgressProxy]) -> None:
            told.extend(proxies)
            await super().put(proxies)

    stage = Stage(Store(lambda: ROWS))
    [proxy] = await stage.add(ONE)
    await stage.pool.keep_health({proxy.proxy_id: WELL})
    assert (await stage.pool.enable(proxy.proxy_id, enabled=False)).health == WELL
    assert [each.health for each in told] == [None, None]


async def test_a_masked_address_keeps_its_password_unless_it_goes_elsewhere() -> None:
    stage = Stage()
    await stage.add(ONE)
    assert (await stage.pool.change("p1", name="Mine", url="http://u:***@one.invalid:1")).url == ONE
    with pytest.raises(InvalidProxy) as caught:
        await stage.pool.change("p1", url="http://u:***@elsewhere.invalid:1")
    assert caught.value.field == "password"
    assert stage.pool.find("p1").url == ONE


async def test_p_07_what_cannot_be_changed_is_said_and_changes_nothing() -> None:
    stage = Stage()
    await stage.add(ONE, TWO)
    before = stage.pool.proxies
    with pytest.raises(AddressTaken, match=r"two\.invalid:2"):
        await stage.pool.change("p1", url=TWO)
    with pytest.raises(InvalidProxy):
        await stage.pool.change("p1", url="anything")
    for change in (stage.pool.change("p9", name="x"), stage.pool.enable("p9", enabled=True), stage.pool.remove("p9")):
        with pytest.raises(NoSuchProxy):
            await change
    assert stage.pool.proxies == before


async def test_p_02_a_disabled_proxy_strands_its_accounts_until_it_is_enabled() -> None:
    stage = Stage()
    await stage.add(ONE)
    await stage.pool.keep_assignments({A: "p1"})
    await stage.pool.enable("p1", enabled=False)
    assert stage.ways()[A] == NoWay(egress_id="p1", name="one.invalid:1", reason="it is disabled")
    await stage.pool.enable("p1", enabled=True)
    assert stage.ways() == {A: Through(egress_id="p1", name="one.invalid:1", url=ONE), B: Direct(), C: Direct()}


async def test_p_02_a_proxy_that_is_used_goes_only_when_its_accounts_know_where_to() -> None:
    stage = Stage()
    await stage.add(ONE, TWO)
    await stage.pool.keep_assignments({B: "p1", A: "p1", C: "p2"})
    with pytest.raises(ProxyInUse) as caught:
        await stage.pool.remove("p1")
    assert caught.value.row_ids == (A, B)
    for nowhere in ("p1", "p9", ""):
        with pytest.raises(NoSuchTarget):
            await stage.pool.remove("p1", reassign=nowhere)
    assert len(stage.pool.proxies) == 2
    assert await stage.pool.remove("p1", reassign="p2") == (A, B)
    assert set(stage.pool.assignments.values()) == {"p2"}
    assert await stage.pool.remove("p2", reassign="direct") == ROWS
    assert stage.pool.assignments == dict.fromkeys(ROWS, "direct")


async def test_reassigned_to_global_means_none_of_their_own() -> None:
    stage = Stage()
    await stage.add(ONE, TWO)
    await stage.pool.keep_assignments({A: "p1"})
    assert await stage.pool.remove("p1", reassign="global") == (A,)
    assert stage.pool.assignments == {}
    assert await stage.pool.remove("p2") == ()


async def test_p_12_accounts_that_leave_another_way_are_told_and_no_others() -> None:
    stage = Stage()
    await stage.add(ONE, TWO)
    await stage.pool.keep_assignments({A: "p1", B: "p2"})
    assert stage.rerouted == [A, B]
    for change, moved in (
        (stage.pool.change("p1", url="http://three.invalid:3"), [A]),
        (stage.pool.enable("p2", enabled=False), [B]),
        (stage.pool.keep_assignments({A: "direct", C: "direct"}), [A]),
        (stage.pool.keep_assignments({}), []),
    ):
        stage.rerouted.clear()
        await change
        assert stage.rerouted == moved


async def test_an_assignment_is_told_of_the_accounts_it_concerns_and_a_proxy_of_any() -> None:
    stage = Stage()
    await stage.add(ONE)
    stage.taken.clear()
    await stage.pool.keep_assignments({A: "p1", B: "direct"})
    await stage.pool.keep_assignments({A: "p1", B: None})
    await stage.pool.enable("p1", enabled=False)
    assert stage.taken == [{A, B}, {B}, None]


async def test_another_processs_change_is_taken_in() -> None:
    ours = Stage()
    theirs = Stage(ours.store)
    await ours.add(ONE)
    await ours.pool.keep_assignments({A: "p1"})
    assert theirs.pool.proxies == ()
    await theirs.pool.follow()
    assert theirs.ways() == ours.ways()
    assert theirs.rerouted == [A]
    taken_count = theirs.taken_count
    await theirs.pool.follow()
    assert theirs.taken_count == taken_count
    await ours.pool.keep_health({"p1": EgressHealth(checked_at=5.0, error="refused")})
    await theirs.pool.follow()
    assert theirs.book.standing("p1").failures == 1


async def test_a_change_builds_on_what_another_process_changed_just_before() -> None:
    ours = Stage()
    theirs = Stage(ours.store)
    await ours.add(ONE)
    with pytest.raises(AddressTaken):
        await theirs.pool.change((await theirs.add(TWO))[0].proxy_id, url=ONE)
    await ours.pool.keep_assignments({A: "p1"})
    with pytest.raises(ProxyInUse):
        await theirs.pool.remove("p1")


async def test_an_older_state_never_replaces_a_newer_one() -> None:
    stage = Stage()
    old = await stage.kept()
    await stage.add(ONE)
    await stage.pool._take(old)
    assert len(stage.pool.proxies) == 1


async def test_a_list_is_taken_in_and_given_out() -> None:
    stage = Stage()
    await stage.add(ONE)
    text = f"- {{name: Mine, url: '{ONE}'}}\n- {{url: '{TWO}', enabled: false}}\n- null\n- {TWO}\n"
    outcome = await stage.pool.take_list(text.encode())
    assert (outcome.added, outcome.updated, [error.row for error in outcome.errors]) == (1, 1, [3])
    assert [(proxy.name, proxy.enabled) for proxy in stage.pool.proxies] == [("Mine", True), ("two.invalid:2", True)]
    other = Stage()
    assert (await other.pool.take_list(stage.pool.export().encode())).added == 2
    assert [each.url for each in other.pool.proxies] == [ONE, TWO]
    with pytest.raises(UnreadableList):
        await stage.pool.take_list(b"{}")


@pytest.mark.parametrize("shown", [lambda stage: repr(stage.pool.proxies), lambda stage: str(stage.pool.export())])
async def test_p_05_only_the_export_shows_a_password(shown: Any) -> None:
    stage = Stage()
    await stage.add(ONE)
    assert (SECRET in shown(stage)) is (shown(stage) == stage.pool.export())
