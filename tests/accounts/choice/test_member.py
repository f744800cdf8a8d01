"""An account as the pool holds it."""

from typing import Any

import msgspec
import pytest

from codex_proxy.accounts.account import record_of
from codex_proxy.accounts.choice.member import (
    EGRESS_DOWN,
    NEEDS_LOGIN,
    EgressFault,
    Member,
    changes_at,
    earliest,
    is_trying,
    judge,
    obstacle,
    standing,
)
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.lifecycle.condition import happened, observed
from codex_proxy.accounts.lifecycle.locks import Limit
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.record import Death
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from tests.accounts.choice.crowd import NOW, SPARK, account

POLICY = ChoicePolicy()
BUCKET = "codex"


def member(**record: Any) -> Member:
    kept = msgspec.structs.replace(record_of(account("a")), **record)
    return Member(row_id="a", record=kept, account=account("a"), point=1)


def in_the_way(one: Member, now: float = NOW) -> str | None:
    return obstacle(one, judge(one, BUCKET, now, POLICY), now)


def told(one: Member, *percents: float, resets_at: float | None = None, **facts: Any) -> None:
    windows = [RateLimitWindow(used_percent=each, resets_at=resets_at, window_seconds=600) for each in percents]
    primary, secondary = (*windows, None)[:2]
    snapshot = RateLimitSnapshot(primary=primary, secondary=secondary, **facts)
    one.condition = observed(one.condition, snapshot, now=NOW)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, None),
        ({"enabled": False}, "disabled"),
        ({"expires_at": NOW}, NEEDS_LOGIN),
        ({"expires_at": NOW, "has_refresh_token": True}, "expired"),
        ({"expires_at": NOW, "has_refresh_token": True, "death": Death.REUSED}, NEEDS_LOGIN),
        ({"expires_at": NOW, "followed_file": "auth.json"}, "expired"),
        ({"death": Death.REUSED, "has_refresh_token": True}, None),
        ({"death": Death.DEACTIVATED}, "deactivated"),
    ],
)
def test_a_16_a_login_is_asked_for_only_where_nothing_else_brings_an_account_back(
    record: dict[str, Any], reason: str | None
) -> None:
    assert in_the_way(member(**record)) == reason


def test_an_account_that_never_had_an_access_token_waits_for_its_refresh() -> None:
    one = member(has_refresh_token=True)
    one.account = None
    assert in_the_way(one) == "expired"
    one.refreshing = True
    assert in_the_way(one) == "refreshing"


def test_a_way_out_that_is_shut_is_no_state_of_the_account_and_opens_by_itself() -> None:
    one = member()
    one.egress = EgressFault(name="paris", kind=FailureKind.UNREACHABLE, until=NOW + 60)
    assert (in_the_way(one), in_the_way(one, NOW + 60)) == (EGRESS_DOWN, None)
    assert changes_at(one, NOW) == NOW + 60


def test_q_09_a_limit_of_one_bucket_is_none_of_another() -> None:
    one = member()
    one.condition = happened(one.condition, Occurrence.USAGE_LIMIT, now=NOW, limit=Limit(bucket=SPARK, until=NOW + 60))
    usable = {name: judge(one, name, NOW, POLICY).verdict.usable for name in (BUCKET, SPARK)}
    assert usable == {BUCKET: True, SPARK: False}


def test_the_fullest_window_of_the_bucket_counts() -> None:
    one = member()
    told(one, 10.0, 70.0, resets_at=NOW + 50)
    told(one, 99.0, limit_id=SPARK)
    seat = judge(one, BUCKET, NOW, POLICY)
    assert (seat.used_percent, seat.resets_at, seat.limited) == (70.0, NOW + 50, False)


def test_a_limit_that_is_only_told_of_makes_an_account_last_where_the_owner_wants_it_used() -> None:
    one = member()
    told(one, 100.0, resets_at=NOW + 50, limit_reached=True)
    heeded = judge(one, BUCKET, NOW, POLICY)
    ignored = judge(one, BUCKET, NOW, ChoicePolicy(skip_exhausted=False))
    assert (heeded.verdict.usable, heeded.limited) == (False, False)
    assert (ignored.verdict.usable, ignored.limited) == (True, True)


def test_q_10_q_17_requests_are_counted_within_the_window_and_then_anew() -> None:
    one = member()
    told(one, 10.0, resets_at=NOW + 50)
    one.seats[BUCKET] = judge(one, BUCKET, NOW, POLICY)
    one.seats[BUCKET].request_count = 7
    assert judge(one, BUCKET, NOW + 49, POLICY).request_count == 7
    after = judge(one, BUCKET, NOW + 50, POLICY)
    assert (after.request_count, after.used_percent) == (0, 0.0)
    assert one.seats[BUCKET].changes_at == NOW + 50


def test_without_a_window_the_count_goes_on() -> None:
    one = member()
    one.seats[BUCKET] = judge(one, BUCKET, NOW, POLICY)
    one.seats[BUCKET].request_count = 7
    told(one, 10.0, resets_at=NOW + 50)
    assert judge(one, BUCKET, NOW, POLICY).request_count == 7


def test_an_account_stands_by_its_slots_its_window_and_its_rest() -> None:
    one = member()
    one.used_slots, one.rests_until, one.last_used_at = 3, NOW + 1, NOW - 1
    found = standing(one, judge(one, BUCKET, NOW, POLICY), NOW)
    assert (found.row_id, found.used_slots, found.must_wait, found.last_used_at) == ("a", 3, True, NOW - 1)
    assert not standing(one, judge(one, BUCKET, NOW + 1, POLICY), NOW + 1).must_wait
    assert changes_at(one, NOW) == NOW + 1


def test_the_plan_is_the_upstreams_own_word_as_soon_as_there_is_one() -> None:
    one = member(plan="free")
    assert one.plan == "free"
    told(one, 1.0, plan_type="pro")
    assert (one.plan, member(plan=None).plan) == ("pro", "")


def test_a_single_request_that_is_out_to_try_is_known_as_such() -> None:
    one = member()
    one.condition = happened(one.condition, Occurrence.USAGE_LIMIT, now=NOW, limit=Limit(until=NOW + 60))
    assert not is_trying(one, NOW + 60)
    one.condition = happened(one.condition, Occurrence.CANARY_SENT, now=NOW + 60)
    assert is_trying(one, NOW + 60)


def test_the_earliest_of_times_passes_over_never() -> None:
    assert (earliest(3.0, None, 2.0), earliest(None), earliest()) == (2.0, None, None)
