"""Which way an account leaves."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.egress.standing import Standing, failed, region_refused
from codex_proxy.accounts.egress.ways import (
    Direct,
    NoWay,
    OnUnavailable,
    Through,
    Ways,
    egress_id_of,
    owners_way,
    way_of,
)
from codex_proxy.accounts.keeping import EgressProxy

NOW = 1000.0
DOWN = failed(failed(Standing(), "x"), "connection refused")


def proxy(proxy_id: str, **members: Any) -> EgressProxy:
    return EgressProxy(proxy_id=proxy_id, name=proxy_id.upper(), url=f"http://u:secret@{proxy_id}.invalid:1", **members)


def ways(*proxies: EgressProxy, **members: Any) -> Ways:
    return Ways(proxies={one.proxy_id: one for one in proxies}, **members)


def ids(count: int) -> list[str]:
    return [f"row-{number}" for number in range(count)]


def test_without_a_way_of_its_own_an_account_takes_the_global_one_or_none() -> None:
    assert way_of("r", None, ways(proxy("a")), now=NOW) == Direct()
    through = way_of("r", None, ways(global_url="http://g.invalid:1"), now=NOW)
    assert through == Through(egress_id="global", name="the global proxy", url="http://g.invalid:1")
    assert way_of("r", "global", ways(global_url="http://g.invalid:1"), now=NOW) == through


def test_what_is_no_accounts_takes_the_global_way_too() -> None:
    assert owners_way(None) == Direct()
    assert owners_way("http://g.invalid:1") == way_of("r", None, ways(global_url="http://g.invalid:1"), now=NOW)


def test_direct_is_direct_even_where_there_is_a_global_proxy() -> None:
    assert way_of("r", "direct", ways(global_url="http://g.invalid:1"), now=NOW) == Direct()


def test_p_01_auto_gives_an_account_the_same_exit_every_time() -> None:
    pool = ways(*map(proxy, "abcde"))
    assert len({egress_id_of(way_of("r", "auto", pool, now=NOW)) for _ in range(100)}) == 1


def test_auto_spreads_accounts_over_the_pool() -> None:
    pool = ways(*map(proxy, "abcde"))
    spread = Counter(egress_id_of(way_of(row_id, "auto", pool, now=NOW)) for row_id in ids(1000))
    assert set(spread) == set("abcde")
    assert all(120 < count < 280 for count in spread.values())


@given(st.sets(st.sampled_from("abcdef"), min_size=2), st.data())
def test_p_01_when_a_member_fails_only_its_own_accounts_move(members: set[str], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(sorted(members)))
    pool = ways(*map(proxy, sorted(members)))
    less = ways(*map(proxy, sorted(members)), standings={gone: DOWN})
    for row_id in ids(50):
        before, after = (egress_id_of(way_of(row_id, "auto", one, now=NOW)) for one in (pool, less))
        assert after != gone
        assert before in {after, gone}


@pytest.mark.parametrize(
    ("pool", "reason"),
    [
        (ways(proxy("a", enabled=False)), "it is disabled"),
        (ways(proxy("a"), standings={"a": DOWN}), "connection refused"),
        (ways(), "it is no longer there"),
        (
            ways(proxy("a"), standings={"a": region_refused(Standing(), NOW)}),
            "the upstream refuses the country it comes out in",
        ),
    ],
)
def test_p_02_a_proxy_that_cannot_be_used_is_never_gone_round(pool: Ways, reason: str) -> None:
    way = way_of("r", "a", pool, now=NOW)
    assert isinstance(way, NoWay)
    assert (way.egress_id, way.reason) == ("a", reason)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [(OnUnavailable.NEXT, "b"), (OnUnavailable.GLOBAL, "global"), (OnUnavailable.DIRECT, "direct")],
)
def test_the_owner_may_say_what_takes_its_place(choice: OnUnavailable, expected: str) -> None:
    pool = ways(proxy("a"), proxy("b"), standings={"a": DOWN}, global_url="http://g.invalid:1", on_unavailable=choice)
    assert egress_id_of(way_of("r", "a", pool, now=NOW)) == expected


def test_a_pool_of_which_nothing_can_be_used_is_no_way_and_not_direct() -> None:
    way = way_of("r", "auto", ways(proxy("a"), standings={"a": DOWN}), now=NOW)
    assert isinstance(way, NoWay)


@pytest.mark.parametrize(("global_url", "egress_id"), [("http://g.invalid:1", "global"), (None, "direct")])
def test_a_refused_country_is_no_way_whether_through_a_proxy_or_not(global_url: str | None, egress_id: str) -> None:
    refused = {egress_id: region_refused(Standing(), NOW)}
    way = way_of("r", None, ways(global_url=global_url, standings=refused), now=NOW)
    assert isinstance(way, NoWay)
    assert (way.egress_id, way.region_until) == (egress_id, NOW + 1800)
    assert not isinstance(way_of("r", None, ways(global_url=global_url, standings=refused), now=NOW + 1800), NoWay)


def test_p_05_a_way_does_not_show_its_proxys_password() -> None:
    assert "secret" not in repr(way_of("r", "a", ways(proxy("a")), now=NOW))
