"""An account's condition as things happen to it and its upstream tells its counters."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.lifecycle.condition import (
    FRESH,
    Condition,
    cleared,
    happened,
    is_otherwise_the_same,
    observed,
    probe_at,
    standing,
)
from codex_proxy.accounts.lifecycle.effects import BlameEgress, RequestRefresh
from codex_proxy.accounts.lifecycle.evidence import Evidence
from codex_proxy.accounts.lifecycle.gates import CAP_SECONDS, PROBE_PATIENCE_SECONDS
from codex_proxy.accounts.lifecycle.hindrances import HindranceKind
from codex_proxy.accounts.lifecycle.locks import Limit, LockCause
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.lifecycle.verdict import verdict
from codex_proxy.accounts.quota.buckets import find_bucket
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow
from tests.accounts.lifecycle.scene import DAY, HOUR, NOW, WELL, Life

Oc = Occurrence
SPARK = "codex_bengalfox"


def test_a_usage_limit_lasts_until_the_upstream_says() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=500)
    assert (life.state, life.verdict().until, life.verdict().reason) == (State.LIMITED, NOW + 500, "usage_limit")
    assert life.pass_time(499).state is State.LIMITED
    assert life.pass_time(1).usable


def test_counters_alone_put_nothing_in_the_way_and_a_limit_or_another_plan_does() -> None:
    room = RateLimitSnapshot(primary=RateLimitWindow(used_percent=50))
    assert is_otherwise_the_same(FRESH, observed(FRESH, room, now=NOW))
    for told in (msgspec.structs.replace(room, limit_reached=True), msgspec.structs.replace(room, plan_type="pro")):
        assert not is_otherwise_the_same(FRESH, observed(FRESH, told, now=NOW))


def test_a_05_a_region_refusal_never_touches_the_account() -> None:
    life = Life()
    for _ in range(20):
        life.happens(Oc.REGION)
    assert life.condition == FRESH
    assert life.effects == (BlameEgress(reason=Oc.REGION),)


def test_a_09_a_challenge_is_a_cooldown_and_nothing_more() -> None:
    life = Life().happens(Oc.CHALLENGE)
    assert (life.state, life.verdict().until) == (State.COOLING, NOW + 10)
    assert life.pass_time(10).usable
    assert life.happens(Oc.CHALLENGE).verdict().until == NOW + 40
    assert not life.verdict().needs_owner


def test_a_burst_of_challenges_to_requests_on_their_way_is_one_strike() -> None:
    life = Life()
    for _ in range(16):
        life.happens(Oc.CHALLENGE)
    assert life.verdict().until == NOW + 10


def test_a_success_between_challenges_does_not_make_them_forgotten() -> None:
    life = Life().happens(Oc.CHALLENGE).pass_time(10).happens(Oc.SUCCEEDED).happens(Oc.CHALLENGE)
    assert life.verdict().until == life.now + 30


def test_a_11_nothing_to_pay_with_ends_after_an_hour_by_itself() -> None:
    life = Life().happens(Oc.PAYMENT)
    assert (life.state, life.verdict().needs_probe) == (State.UNPAID, False)
    life.pass_time(HOUR)
    assert (life.usable, life.verdict().needs_probe, life.verdict().one_at_a_time) == (True, True, True)
    assert life.happens(Oc.SUCCEEDED).verdict().one_at_a_time is False


def test_a_11_the_query_that_is_due_clears_it_and_one_that_is_not_does_not() -> None:
    life = Life().happens(Oc.PAYMENT).pass_time(60).is_told(reached=False)
    assert life.state is State.UNPAID
    life.pass_time(HOUR).is_told(reached=False)
    assert life.condition.hindrances == ()
    assert life.usable


def test_a_11_a_canary_that_cannot_pay_either_starts_another_hour() -> None:
    life = Life().happens(Oc.PAYMENT).pass_time(HOUR).happens(Oc.CANARY_SENT)
    assert not life.usable
    assert life.happens(Oc.PAYMENT).verdict().until == life.now + HOUR


@pytest.mark.parametrize("occurrence", [Oc.REFUSED_TOKEN, Oc.REFUSED_TOO_OFTEN, Oc.DEACTIVATED, Oc.FORBIDDEN])
def test_a_12_a_login_clears_what_was_said_of_the_credential(occurrence: Occurrence) -> None:
    life = Life().happens(occurrence).happens(Oc.LOGGED_IN)
    assert life.usable
    assert (life.condition.hindrances, life.condition.breaker) == ((), ())


@pytest.mark.parametrize("occurrence", [Oc.USAGE_LIMIT, Oc.PAYMENT, Oc.CHALLENGE])
def test_a_12_a_login_says_nothing_of_limits_and_edges(occurrence: Occurrence) -> None:
    assert not Life().happens(occurrence).happens(Oc.LOGGED_IN).usable


def test_a_12_a_login_leaves_what_the_owner_switched_off() -> None:
    life = Life(msgspec.structs.replace(WELL, enabled=False)).happens(Oc.LOGGED_IN)
    assert life.state is State.DISABLED


def test_a_19_path_blocks_never_switch_an_account_off() -> None:
    life = Life()
    rests = []
    for _ in range(4):
        life.happens(Oc.PATH_BLOCK)
        until = life.verdict().until
        assert until is not None
        rests.append(until - life.now)
        assert life.pass_time(rests[-1]).usable
    assert rests == [10, 30, 900, 900]


def test_a_refused_token_waits_for_a_new_one() -> None:
    life = Life().happens(Oc.REFUSED_TOKEN)
    assert (life.state, life.effects) == (State.EXPIRED, (RequestRefresh(),))
    assert life.happens(Oc.TOKEN_RENEWED).usable


def test_a_refused_token_that_nobody_renews_is_tried_again_later() -> None:
    life = Life().happens(Oc.REFUSED_TOKEN).happens(Oc.REFRESH_FAILED)
    assert life.verdict().until == NOW + 900
    assert life.pass_time(900).usable


def test_b_08_tokens_that_are_always_refused_cause_three_refreshes_in_ten_minutes() -> None:
    life = Life()
    refreshes = 0
    for _ in range(100):
        life.pass_time(1)
        if not life.usable:
            continue
        life.happens(Oc.REFUSED_TOKEN)
        if RequestRefresh() in life.effects:
            refreshes += 1
            life.happens(Oc.TOKEN_RENEWED)
    assert refreshes == 3
    assert life.state is State.UNAUTHORIZED
    began = standing(life.condition, HindranceKind.UNAUTHORIZED, life.now)
    assert began is not None
    assert began.until == began.since + 900
    assert RequestRefresh() not in life.happens(Oc.REFUSED_TOKEN).effects
    assert life.pass_time(900).usable
    assert RequestRefresh() in life.happens(Oc.REFUSED_TOKEN).effects


def test_b_08_many_refusals_of_one_token_are_one_refresh() -> None:
    life = Life()
    asked = [RequestRefresh() in life.happens(Oc.REFUSED_TOKEN).effects for _ in range(50)]
    assert asked.count(True) == 1
    assert len(life.condition.breaker) == 1


def test_a_forbidden_call_is_no_ban() -> None:
    life = Life().happens(Oc.FORBIDDEN, request="a")
    assert (life.state, life.verdict().until) == (State.FORBIDDEN, NOW + 60)
    assert life.pass_time(60).usable


def forbidden_thrice() -> Life:
    life = Life()
    for request in "abc":
        life.pass_time(400).happens(Oc.FORBIDDEN, request=request)
    assert (life.state, life.verdict().needs_probe) == (State.FORBIDDEN, True)
    return life


def test_forbidden_three_times_the_query_decides() -> None:
    assert forbidden_thrice().happens(Oc.PROBE_FORBIDDEN).state is State.DEACTIVATED
    assert forbidden_thrice().is_told(reached=False).usable


def test_forbidden_three_times_and_no_answer_it_is_asked_again_and_returns_by_itself() -> None:
    life = forbidden_thrice().happens(Oc.PROBE_FAILED)
    assert (life.usable, life.verdict().needs_probe) == (False, False)
    assert life.pass_time(60).verdict().needs_probe
    assert life.pass_time(HOUR).usable


def test_a_forbidden_query_alone_is_a_forbidden_call() -> None:
    life = Life().happens(Oc.PROBE_FORBIDDEN, request="a")
    assert (life.state, life.verdict().until) == (State.FORBIDDEN, NOW + 60)


def test_forbidden_queries_are_made_less_often_too() -> None:
    life = Life().happens(Oc.PAYMENT).pass_time(HOUR).happens(Oc.PROBE_FORBIDDEN, request="a")
    assert probe_at(life.condition) == life.now + 60
    assert life.state is State.FORBIDDEN


def test_q_01_a_usage_answer_that_lags_does_not_undo_a_refusal_and_a_success_does() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=HOUR).pass_time(5).is_told(reached=False, used=99)
    assert life.state is State.LIMITED
    life.pass_time(85).happens(Oc.SUCCEEDED)
    assert (life.usable, life.verdict().one_at_a_time) == (True, False)


def test_q_01_a_later_usage_answer_opens_half() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=HOUR).pass_time(61).is_told(reached=False)
    assert (life.usable, life.verdict().one_at_a_time, life.verdict().needs_probe) == (True, True, False)
    assert life.happens(Oc.CANARY_SENT).usable is False
    assert life.happens(Oc.SUCCEEDED).verdict().one_at_a_time is False


def test_q_02_a_limit_without_an_end_is_asked_about_and_tried() -> None:
    life = Life().is_told(reached=True, used=100)
    assert (life.state, life.verdict().needs_probe) == (State.LIMITED, False)
    assert life.pass_time(60).verdict().needs_probe
    assert not life.usable
    assert life.happens(Oc.PROBE_FAILED).usable
    assert life.happens(Oc.CANARY_SENT).happens(Oc.CANARY_LOST).usable


@pytest.mark.parametrize("source", ["usage", "headers", "event"])
def test_q_03_an_earlier_reset_counts(source: str) -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=5 * HOUR).pass_time(HOUR)
    life.is_told(source=source, reached=True, used=100, resets_in=600)
    assert life.verdict().until == life.now + 600


def test_q_03_room_after_a_plan_upgrade_counts() -> None:
    life = Life().is_told(reached=True, used=100, resets_in=3 * DAY)
    assert life.state is State.LIMITED
    assert life.pass_time(5).is_told(reached=False, used=10).usable


def test_q_03_a_reset_far_in_the_future_is_not_believed_for_longer_than_six_hours() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=30 * DAY)
    assert not life.pass_time(CAP_SECONDS - 1).verdict().needs_probe
    assert life.pass_time(1).verdict().needs_probe
    life.is_told(reached=True, used=100, resets_in=29 * DAY)
    assert (life.usable, life.verdict().needs_probe) == (False, False)
    assert life.pass_time(CAP_SECONDS).verdict().needs_probe
    assert life.pass_time(PROBE_PATIENCE_SECONDS).usable


def test_q_03_the_owner_clears_everything_or_one_bucket() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=DAY).happens(Oc.USAGE_LIMIT, lasting=DAY, bucket=SPARK)
    life.is_told(reached=True, used=100, resets_in=DAY).happens(Oc.CHALLENGE).happens(Oc.REFUSED_TOKEN)
    one = cleared(life.condition, bucket=SPARK)
    assert {lock.bucket for lock in one.locks} == {"codex"}
    assert one.hindrances == life.condition.hindrances
    life.is_cleared()
    assert life.usable
    assert (life.condition.locks, life.condition.hindrances, life.condition.breaker) == ((), (), ())
    assert not any(bucket.limit_reached for bucket in life.condition.buckets)


def test_q_04_a_redeemed_credit_clears_the_default_buckets_locks() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=DAY).happens(Oc.USAGE_LIMIT, lasting=DAY, bucket=SPARK)
    life.is_told(reached=True, used=100, resets_in=DAY).happens(Oc.CREDIT_REDEEMED)
    assert life.usable
    assert not life.verdict(SPARK).usable


def test_q_05_an_observation_replaces_only_what_it_mentions() -> None:
    life = Life().is_told(reached=True, used=100, resets_in=HOUR, bucket=SPARK).is_told(used=40, weekly=70)
    life.is_told(used=5, bucket="code_review", credits_=Credits(has_credits=True, balance="3"))
    whole = msgspec.structs.replace(life.condition, reset_credits_available=2)
    following = observed(whole, RateLimitSnapshot(primary=RateLimitWindow(used_percent=50)), now=NOW + 1)
    main, before = find_bucket(following.buckets, "codex"), find_bucket(whole.buckets, "codex")
    assert main is not None
    assert before is not None
    assert main.primary is not None
    assert main.primary.used_percent == 50
    assert main.secondary == before.secondary
    assert find_bucket(following.buckets, "code_review") == find_bucket(whole.buckets, "code_review")
    assert (following.locks, following.credits) == (whole.locks, whole.credits)
    assert following.reset_credits_available == 2


def test_buckets_told_in_the_same_breath_are_all_taken_in() -> None:
    spark = RateLimitSnapshot(
        limit_id=SPARK,
        primary=RateLimitWindow(used_percent=100, resets_at=NOW + HOUR),
        limit_reached=True,
        source="usage",
    )
    life = Life()
    life.condition = observed(FRESH, RateLimitSnapshot(limit_reached=False, also=(spark,), source="usage"), now=NOW)
    assert (life.usable, life.verdict(SPARK).until) == (True, NOW + HOUR)


def test_q_09_one_models_bucket_does_not_lock_the_others_nor_the_reverse() -> None:
    spark = Life().happens(Oc.USAGE_LIMIT, lasting=HOUR, bucket=SPARK)
    assert (spark.usable, spark.verdict(SPARK).state) == (True, State.LIMITED)
    main = Life().happens(Oc.USAGE_LIMIT, lasting=HOUR)
    assert (main.verdict(SPARK).usable, main.state) == (True, State.LIMITED)


def test_q_09_a_canary_of_one_bucket_leaves_the_others_open() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=60).happens(Oc.USAGE_LIMIT, lasting=60, bucket=SPARK).pass_time(60)
    life.happens(Oc.CANARY_SENT, bucket=SPARK)
    assert (life.usable, life.verdict(SPARK).usable) == (True, False)
    assert life.happens(Oc.CANARY_LOST).verdict(SPARK).usable


def test_too_many_requests_ask_for_no_usage_query() -> None:
    life = Life().happens(Oc.RATE_LIMIT, lasting=30).pass_time(30)
    assert (life.usable, life.verdict().needs_probe, life.verdict().one_at_a_time) == (True, False, True)


def test_counters_that_are_full_without_a_flag_are_no_limit() -> None:
    assert Life().is_told(source="headers", used=99, resets_in=HOUR).usable
    assert Life().is_told(source="headers", used=100, resets_in=HOUR).usable
    life = Life().is_told(reached=True, used=100, resets_in=HOUR).is_told(source="headers", used=100, resets_in=HOUR)
    assert life.state is State.LIMITED


def test_room_in_one_window_says_nothing_of_another() -> None:
    life = Life().is_told(reached=True, used=20, weekly=100, resets_in=HOUR)
    assert life.verdict().until is not None
    life.pass_time(5).is_told(source="event", reached=None, used=30, resets_in=HOUR)
    assert life.state is State.LIMITED


def test_a_limit_that_only_counters_tell_of_can_be_ignored() -> None:
    life = Life(skip_exhausted=False).is_told(reached=True, used=100, resets_in=HOUR)
    assert life.usable
    assert life.happens(Oc.USAGE_LIMIT, lasting=60).state is State.LIMITED


def test_a_success_takes_back_what_counters_told() -> None:
    life = Life().is_told(reached=True, used=100, resets_in=HOUR).pass_time(100).happens(Oc.SUCCEEDED)
    assert (life.condition.locks, life.condition.buckets[0].limit_reached) == ((), False)
    life.is_told(source="headers", used=100, resets_in=HOUR)
    assert life.usable


def test_a_success_of_a_request_sent_before_says_nothing() -> None:
    life = Life().happens(Oc.USAGE_LIMIT, lasting=HOUR).pass_time(300).happens(Oc.SUCCEEDED, asked=-400)
    assert life.state is State.LIMITED
    assert life.happens(Oc.SUCCEEDED, asked=-200).usable


def test_q_02_it_is_known_when_a_usage_query_is_due() -> None:
    life = Life().happens(Oc.CHALLENGE)
    assert probe_at(life.condition) is None
    life.happens(Oc.USAGE_LIMIT, lasting=HOUR).happens(Oc.PAYMENT)
    assert probe_at(life.condition) == NOW + HOUR
    life.is_told(reached=True, used=100, bucket=SPARK)
    assert probe_at(life.condition) == NOW + 60
    assert probe_at(life.pass_time(60).happens(Oc.PROBE_FAILED).condition) == life.now + 60


def test_a_08_a_login_asks_for_no_usage_query() -> None:
    life = Life().happens(Oc.LOGGED_IN)
    assert (life.effects, probe_at(life.condition)) == ((), None)


def test_plan_credits_and_reset_credits_are_kept_as_last_told() -> None:
    first = RateLimitSnapshot(plan_type="plus", credits=Credits(balance="5"), reset_credits_available=1, source="usage")
    told = observed(FRESH, first, now=NOW)
    again = observed(told, RateLimitSnapshot(reset_credits_available=0), now=NOW + 1)
    assert (again.plan, again.credits, again.reset_credits_available) == ("plus", Credits(balance="5"), 0)


# What holds whatever happens: random lives of one account.

BUCKETS = st.sampled_from(["codex", SPARK, "code_review", "codex_other"])
SECONDS = st.floats(0, 20 * DAY) | st.sampled_from([0.0, 1.0, 60.0, HOUR, CAP_SECONDS])
FOR_EVER = msgspec.structs.replace(WELL, expires_at=None)
NUMBERS = st.none() | st.floats()
WINDOWS = st.none() | st.builds(
    RateLimitWindow,
    used_percent=st.floats(),
    window_seconds=st.none() | st.integers(-(10**6), 10**12),
    resets_at=NUMBERS | st.floats(NOW - DAY, NOW + 60 * DAY),
    resets_in_seconds=NUMBERS,
)
SNAPSHOTS = st.builds(
    RateLimitSnapshot,
    limit_id=BUCKETS | st.text(max_size=4),
    primary=WINDOWS,
    secondary=WINDOWS,
    limit_reached=st.none() | st.booleans(),
    reached_type=st.none() | st.just("rate_limit_reached"),
    source=st.sampled_from(["headers", "event", "usage"]),
)
HAPPENINGS = st.tuples(st.sampled_from(list(Occurrence)), BUCKETS, st.none() | st.floats(NOW, NOW + 90 * DAY))
STORIES = st.lists(st.tuples(SECONDS, SNAPSHOTS | HAPPENINGS), max_size=12)


def lived(story: list[tuple[float, object]]) -> tuple[Condition, float]:
    condition, now = FRESH, NOW
    for seconds, what in story:
        now += seconds
        if isinstance(what, RateLimitSnapshot):
            condition = observed(condition, what, now=now)
        elif isinstance(what, tuple):
            occurrence, bucket, until = what
            condition = happened(condition, occurrence, now=now, limit=Limit(bucket=bucket, until=until))
    return condition, now


@given(STORIES)
def test_no_lock_outlasts_its_evidence_nor_six_hours_without_a_query_being_due(
    story: list[tuple[float, object]],
) -> None:
    condition, now = lived(story)
    for lock in condition.locks:
        assert lock.gate.opens_at is not None
        assert lock.until is None or lock.gate.opens_at <= lock.until
    capped, tried = now + CAP_SECONDS, now + CAP_SECONDS + PROBE_PATIENCE_SECONDS
    for lock in condition.locks:
        alone = Condition(locks=(lock,))
        for later in (capped, tried):
            told = verdict(alone, FOR_EVER, bucket=lock.bucket, now=later, skip_exhausted=True)
            assert told.usable or (told.needs_probe and later == capped)


@given(STORIES)
def test_everything_in_the_way_ends_or_has_a_query_due_but_a_closed_account(story: list[tuple[float, object]]) -> None:
    condition, now = lived(story)
    for hindrance in condition.hindrances:
        assert hindrance.until is not None or hindrance.kind is HindranceKind.DEACTIVATED
        assert hindrance.until is None or hindrance.until <= now + HOUR
    for lock in condition.locks:
        assert lock.gate.opens_at is not None


@given(STORIES, SNAPSHOTS)
def test_what_is_told_of_one_bucket_leaves_the_refusals_of_every_other(
    story: list[tuple[float, object]], snapshot: RateLimitSnapshot
) -> None:
    condition, now = lived(story)
    following = observed(condition, snapshot, now=now)
    told = {bucket.limit_id for bucket in following.buckets if bucket not in condition.buckets} | {snapshot.limit_id}
    kept = {(lock.bucket, lock.cause) for lock in following.locks}
    assert kept >= {(lock.bucket, lock.cause) for lock in condition.locks}
    for lock in condition.locks:
        if lock.bucket not in told and snapshot.source != "usage":
            assert lock in following.locks


@given(STORIES, HAPPENINGS)
def test_a_refusal_in_one_bucket_leaves_every_other_as_it_is(
    story: list[tuple[float, object]], happening: tuple[Occurrence, str, float | None]
) -> None:
    condition, now = lived(story)
    _, bucket, until = happening
    following = happened(condition, Oc.USAGE_LIMIT, now=now, limit=Limit(bucket=bucket, until=until))
    assert [lock for lock in following.locks if lock.bucket != bucket] == [
        lock for lock in condition.locks if lock.bucket != bucket
    ]
    assert any(lock.bucket == bucket and lock.cause is LockCause.USAGE_LIMIT for lock in following.locks)


@given(STORIES)
def test_what_is_kept_of_an_account_stays_small(story: list[tuple[float, object]]) -> None:
    condition, _ = lived(story)
    assert len(condition.hindrances) <= len(HindranceKind)
    assert len(condition.breaker) <= 3
    assert len({(lock.bucket, lock.cause) for lock in condition.locks}) == len(condition.locks)


def test_an_end_that_is_no_time_counts_as_not_said() -> None:
    for until in (float("nan"), float("inf"), float("-inf")):
        locked = happened(FRESH, Oc.USAGE_LIMIT, now=NOW, limit=Limit(until=until), evidence=Evidence())
        assert locked.locks[0].until == NOW + 60
