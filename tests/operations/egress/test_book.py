"""The ways out as requests see them."""

from collections.abc import Mapping
from typing import Any

from codex_proxy.accounts.egress.ways import Direct, NoWay, Through, egress_id_of
from codex_proxy.accounts.keeping import Egresses, EgressHealth, EgressProxy
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.operations.egress.book import EgressBook, EgressPolicy, assigned_anew
from tests.gateway.scene import FakeClock

ROWS = [f"row-{number}" for number in range(20)]


def proxy(proxy_id: str, **members: Any) -> EgressProxy:
    known: dict[str, Any] = {"name": proxy_id.upper(), "url": f"http://u:secret@{proxy_id}.invalid:1"}
    return EgressProxy(proxy_id=proxy_id, **known | members)


def book(*proxies: EgressProxy, ways: Mapping[str, str] | None = None, clock: FakeClock | None = None) -> EgressBook:
    made = EgressBook(policy=EgressPolicy(), now=(clock or FakeClock()).now)
    made.take(Egresses(proxies=proxies, assignments=ways or {}))
    return made


def failure(kind: FailureKind, **members: Any) -> Failure:
    known: dict[str, Any] = {"message": "no connection", "sent": Sent.NOTHING_SENT}
    return Failure(kind=kind, **known | members)


def test_p_02_a_proxy_that_fails_twice_strands_its_accounts_until_it_lets_through() -> None:
    known = book(proxy("a"), ways={"r": "a"})
    known.blame("a", failure(FailureKind.UNREACHABLE))
    assert isinstance(known.way("r"), Through)
    known.blame("a", failure(FailureKind.UNREACHABLE))
    assert known.stranded(["r", "other"]) == {"r": NoWay(egress_id="a", name="A", reason="no connection")}
    known.came_through("a")
    assert known.stranded(["r", "other"]) == {}


def test_what_is_not_the_egresses_fault_is_not_held_against_it() -> None:
    known = book(proxy("a"), ways={"r": "a"})
    for kind in set(FailureKind) - {FailureKind.UNREACHABLE, FailureKind.REGION_BLOCKED}:
        known.blame("a", failure(kind))
        known.blame("a", failure(kind))
    assert isinstance(known.way("r"), Through)


def test_only_what_did_not_leave_speaks_against_an_egress() -> None:
    known = book(proxy("a"), ways={"r": "a"})
    for _ in range(3):
        known.blame("a", failure(FailureKind.UNREACHABLE, sent=Sent.MAYBE_SENT))
    assert known.standing("a").failures == 0
    for _ in range(3):
        known.blame("a", failure(FailureKind.UNREACHABLE))
        known.came_through("a")
    assert isinstance(known.way("r"), Through)


def test_where_only_assignments_changed_the_other_ways_stay_as_they_are() -> None:
    known = book(proxy("a"), ways={"r": "a", "s": "a"})
    stays, version = known.way("s"), known.version
    known.take(Egresses(proxies=(proxy("a"),), assignments={"s": "a", "t": "direct"}))
    assert (known.way("r"), known.way("t")) == (Direct(), Direct())
    assert known.way("s") is stays
    assert known.version == version


def test_whose_assignment_is_another_one_is_told_unless_proxies_changed_too() -> None:
    before = Egresses(proxies=(proxy("a"),), assignments={"r": "a", "s": "a", "t": "direct"})
    after = Egresses(proxies=(proxy("a"),), assignments={"r": "a", "s": "direct", "u": "a"})
    assert assigned_anew(before, before) == frozenset()
    assert assigned_anew(before, after) == frozenset("stu")
    assert assigned_anew(before, Egresses(proxies=(proxy("b"),), assignments=before.assignments)) is None


def test_what_another_process_found_is_believed_once() -> None:
    known = book(proxy("a"), ways={"r": "a"})
    told = Egresses(proxies=(proxy("a", health=EgressHealth(checked_at=5.0, error="refused")),), assignments={"r": "a"})
    for _ in range(3):
        known.take(told)
    assert (known.standing("a").failures, isinstance(known.way("r"), Through)) == (1, True)
    known.checked("a", EgressHealth(checked_at=6.0, error="refused"))
    found = proxy("a", health=EgressHealth(checked_at=6.0, error="refused"))
    known.take(Egresses(proxies=(found,), assignments={"r": "a"}))
    assert known.standing("a").failures == 2
    found = proxy("a", health=EgressHealth(checked_at=7.0, exit_ip="192.0.2.1"))
    known.take(Egresses(proxies=(found,), assignments={"r": "a"}))
    assert isinstance(known.way("r"), Through)


def test_another_processs_check_from_another_place_forgets_the_region() -> None:
    before = proxy("a", health=EgressHealth(checked_at=5.0, exit_ip="192.0.2.1"))
    known = book(before, ways={"r": "a"})
    known.blame("a", failure(FailureKind.REGION_BLOCKED))
    moved = proxy("a", health=EgressHealth(checked_at=6.0, exit_ip="192.0.2.2"))
    known.take(Egresses(proxies=(moved,), assignments={"r": "a"}))
    assert isinstance(known.way("r"), Through)


def test_p_02_nobody_leaves_before_it_is_known_who_leaves_which_way() -> None:
    known = EgressBook(policy=EgressPolicy(), now=FakeClock().now, is_read=False)
    assert known.stranded(["r"]).keys() == {"r"}
    before = known.version
    known.take(Egresses())
    assert known.way("r") == Direct()
    assert known.version > before


def test_a_dead_upstream_is_no_reason_to_stay_at_home() -> None:
    known = book()
    for _ in range(5):
        known.blame("direct", failure(FailureKind.UNREACHABLE))
    assert known.way("r") == Direct()


def test_a_05_a_refused_country_is_the_egresses_and_ends_by_itself() -> None:
    clock = FakeClock()
    known = book(proxy("a"), proxy("b"), clock=clock, ways={"r": "a", "s": "b"})
    known.blame("a", failure(FailureKind.REGION_BLOCKED))
    assert set(known.stranded(["r", "s"])) == {"r"}
    clock.time += 1800
    assert known.stranded(["r", "s"]) == {}


def test_p_01_accounts_of_a_member_that_fails_move_once_and_come_back() -> None:
    known = book(proxy("a"), proxy("b"), proxy("c"), ways=dict.fromkeys(ROWS, "auto"))
    before = {row_id: egress_id_of(known.way(row_id)) for row_id in ROWS}
    for _ in range(2):
        known.blame("a", failure(FailureKind.UNREACHABLE))
    during = {row_id: egress_id_of(known.way(row_id)) for row_id in ROWS}
    assert {row_id for row_id in ROWS if before[row_id] != during[row_id]} == {r for r in ROWS if before[r] == "a"}
    known.checked("a", EgressHealth(checked_at=1.0, exit_ip="192.0.2.1"))
    assert {row_id: egress_id_of(known.way(row_id)) for row_id in ROWS} == before


def test_a_check_that_fails_counts_and_one_that_finds_another_address_forgets_the_region() -> None:
    known = book(proxy("a", health=EgressHealth(checked_at=0.0, exit_ip="192.0.2.1")), ways={"r": "a"})
    known.checked("a", EgressHealth(checked_at=1.0, error="timed out"))
    known.checked("a", EgressHealth(checked_at=2.0, error="timed out"))
    assert known.stranded(["r"])["r"].reason == "timed out"
    known.blame("a", failure(FailureKind.REGION_BLOCKED))
    known.checked("a", EgressHealth(checked_at=3.0, exit_ip="192.0.2.1"))
    assert known.stranded(["r"])
    known.checked("a", EgressHealth(checked_at=4.0, exit_ip="198.51.100.7"))
    assert known.stranded(["r"]) == {}


def test_p_12_a_changed_address_is_another_proxy_and_a_changed_policy_counts_at_once() -> None:
    known = book(proxy("a"), ways={"r": "a"})
    for _ in range(2):
        known.blame("a", failure(FailureKind.UNREACHABLE))
    known.take(Egresses(revision=1, proxies=(proxy("a", url="http://elsewhere.invalid:1"),), assignments={"r": "a"}))
    assert known.way("r") == Through(egress_id="a", name="A", url="http://elsewhere.invalid:1")
    known.change_policy(EgressPolicy(global_url="http://g.invalid:1"))
    assert egress_id_of(known.way("another")) == "global"


def test_p_05_a_policy_does_not_show_its_proxys_password() -> None:
    assert "secret" not in repr(EgressPolicy(global_url="http://u:secret@g.invalid:1"))


def test_calls_of_no_account_leave_by_the_policys_way_whatever_the_upstream_refuses() -> None:
    made = book()
    made.blame("direct", failure(FailureKind.REGION_BLOCKED))
    assert isinstance(made.way("row-1"), NoWay)
    assert made.owners_way() == Direct()
    made.change_policy(EgressPolicy(global_url="http://g.invalid:1"))
    assert made.owners_way() == Through(egress_id="global", name="the global proxy", url="http://g.invalid:1")
