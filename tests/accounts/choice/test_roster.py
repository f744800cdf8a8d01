"""Members and their places, change by change."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.account import record_of
from codex_proxy.accounts.choice.candidates import Place
from codex_proxy.accounts.choice.member import EGRESS_DOWN, EgressFault, Member, judge
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.choice.roster import Roster
from codex_proxy.accounts.lifecycle.condition import happened, is_otherwise_the_same, observed
from codex_proxy.accounts.lifecycle.locks import Limit
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.record import AccountEvent
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from tests.accounts.choice.crowd import NOW, SPARK, account

BUCKET = "codex"


class Scene:
    """A roster and what it tells."""

    def __init__(self, row_ids: str = "ab", **policy: Any) -> None:
        self.events: list[AccountEvent] = []
        self.freed: list[str] = []
        self.roster = Roster(ChoicePolicy(**policy), on_event=self.tell)
        self.roster.on_freed = self.freed.append
        for row_id in row_ids:
            self.roster.put(Member(row_id=row_id, record=record_of(account(row_id)), account=account(row_id), point=1))
        self.roster.refresh(NOW)

    def tell(self, event: AccountEvent) -> None:
        self.events.append(event)

    def limit(self, row_id: str, seconds: float) -> None:
        member = self.roster.members[row_id]
        until = NOW + seconds
        member.condition = happened(member.condition, Occurrence.USAGE_LIMIT, now=NOW, limit=Limit(until=until))
        self.roster.judge_anew(row_id)
        self.roster.refresh(NOW)

    def occupy(self, row_id: str, slots: int) -> None:
        self.roster.members[row_id].used_slots = slots
        self.roster.rank_anew(row_id)

    def obstacles(self, now: float = NOW, bucket: str = BUCKET) -> dict[str, str | None]:
        return {row_id: place.obstacle for row_id, place in self.roster.candidates(bucket, now).places()}


def test_whoever_comes_has_a_place_and_whoever_can_serve_is_told_of() -> None:
    scene = Scene()
    assert scene.obstacles() == {"a": None, "b": None}
    assert scene.freed == ["a", "b"]
    assert scene.events == []


TOLD = st.tuples(st.floats(0, 99), st.none() | st.integers(1, 1000), st.integers(0, 600))
"""Percent used, seconds to the reset, seconds since the last telling."""


@given(st.lists(TOLD, min_size=1, max_size=6))
def test_counters_that_are_told_leave_an_account_as_judging_it_anew_would(told: list[Any]) -> None:
    scene, now = Scene("a"), NOW
    member = scene.roster.members["a"]
    for percent, resets_in, passed in told:
        now += passed
        resets_at = None if resets_in is None else now + resets_in
        window = RateLimitWindow(used_percent=percent, window_seconds=600, resets_at=resets_at)
        before, member.condition = member.condition, observed(member.condition, snapshot_of(window), now=now)
        assert is_otherwise_the_same(before, member.condition)
        member.seats[BUCKET].request_count += 1
        scene.roster.count_anew(member, now)
        assert judge(member, BUCKET, now, scene.roster.policy) == member.seats[BUCKET]
    assert scene.events == []


def snapshot_of(window: RateLimitWindow) -> RateLimitSnapshot:
    return RateLimitSnapshot(primary=window, source="headers")


def test_a_lock_takes_a_place_and_its_end_gives_it_back_by_itself() -> None:
    scene = Scene()
    scene.freed.clear()
    scene.limit("a", 60)
    assert scene.obstacles() == {"a": "limited", "b": None}
    assert scene.roster.next_change(NOW) == NOW + 60
    assert scene.obstacles(NOW + 59)["a"] == "limited"
    assert scene.obstacles(NOW + 60)["a"] is None
    assert scene.freed == ["a"]
    assert [(event.before, event.after, event.reason) for event in scene.events] == [
        ("active", "rate_limited", "usage_limit"),
        ("rate_limited", "active", "usage_limit"),
    ]


def test_a_lock_that_ends_sooner_than_known_before_is_looked_at_sooner() -> None:
    scene = Scene()
    scene.limit("a", 600)
    scene.limit("b", 60)
    assert scene.roster.next_change(NOW) == NOW + 60
    assert scene.obstacles(NOW + 61) == {"a": "limited", "b": None}
    assert scene.obstacles(NOW + 601)["a"] is None


def test_a_bucket_that_is_asked_for_later_knows_everybody_too() -> None:
    scene = Scene()
    scene.limit("a", 60)
    assert scene.obstacles(bucket=SPARK) == {"a": None, "b": None}
    assert scene.obstacles()["a"] == "limited"


def test_the_version_tells_every_change_that_matters_for_choosing() -> None:
    scene = Scene(max_concurrent=2)
    seen = [scene.roster.version]

    def is_new() -> bool:
        scene.roster.refresh(NOW)
        seen.append(scene.roster.version)
        return seen[-1] > seen[-2]

    scene.occupy("a", 1)
    assert not is_new()
    scene.occupy("a", 2)
    assert is_new()
    scene.occupy("a", 1)
    assert is_new()
    scene.limit("a", 60)
    assert is_new()
    scene.limit("a", 90)
    assert is_new()
    scene.roster.remove(["a"])
    assert is_new()
    assert not is_new()


def test_slots_decide_who_is_full_and_none_are_missing_without_a_limit() -> None:
    scene, endless = Scene(max_concurrent=1), Scene(max_concurrent=None)
    for each in (scene, endless):
        each.occupy("a", 1)
        each.roster.refresh(NOW)
    full = [each.roster.candidates(BUCKET, NOW).groups["plus"].full for each in (scene, endless)]
    assert full == [{"a"}, set()]


def test_another_policy_counts_at_once() -> None:
    scene = Scene(max_concurrent=1)
    scene.occupy("a", 1)
    scene.roster.refresh(NOW)
    scene.freed.clear()
    scene.roster.change_policy(ChoicePolicy(strategy=Strategy.ROUND_ROBIN, max_concurrent=2))
    group = scene.roster.candidates(BUCKET, NOW).groups["plus"]
    assert (group.full, [row_id for _, row_id in group.order.walk("a")]) == (set(), ["b", "a"])
    assert scene.freed == ["a", "b"]


def test_a_plan_that_changes_and_an_egress_that_fails_are_new_places() -> None:
    scene = Scene("a")
    member = scene.roster.members["a"]
    member.egress = EgressFault(name="paris", kind=FailureKind.UNREACHABLE)
    scene.roster.judge_anew("a")
    assert scene.obstacles() == {"a": EGRESS_DOWN}
    member.egress, member.record = None, record_of(account("a", plan="pro"))
    scene.roster.judge_anew("a")
    assert dict(scene.roster.candidates(BUCKET, NOW).places()) == {"a": Place("pro", None)}


def test_whoever_goes_is_forgotten_with_all_that_was_due() -> None:
    scene = Scene()
    scene.limit("a", 60)
    scene.occupy("a", 1)
    scene.roster.remove(["a", "never here"])
    assert scene.obstacles(NOW + 100) == {"b": None}
    scene.roster.put(Member(row_id="a", record=record_of(account("a")), account=account("a"), point=1))
    assert scene.obstacles() == {"b": None, "a": None}
