"""Locks: which evidence of a limit counts."""

import pytest

from codex_proxy.accounts.lifecycle.evidence import Evidence
from codex_proxy.accounts.lifecycle.gates import Stage, stage
from codex_proxy.accounts.lifecycle.locks import (
    Limit,
    Lock,
    LockCause,
    brought_forward,
    contradicted,
    of_bucket,
    refused,
    survives_success,
    told_limited,
    with_lock,
)
from tests.accounts.lifecycle.scene import DAY, NOW

C = LockCause


def refusal(
    *, now: float = NOW, lasting: float | None = 500, cause: LockCause = C.USAGE_LIMIT, held: tuple[Lock, ...] = ()
) -> Lock:
    until = None if lasting is None else now + lasting
    return refused(held, cause, Limit(until=until), now=now, evidence=Evidence(status=429))


def test_a_refusal_locks_until_the_upstream_says() -> None:
    lock = refusal()
    assert (lock.until, lock.source, lock.observed_at, lock.evidence.status) == (NOW + 500, "429", NOW, 429)


def test_a_refusal_without_an_end_locks_for_longer_each_time() -> None:
    held: tuple[Lock, ...] = ()
    rests = []
    now = NOW
    for _ in range(5):
        lock = refusal(now=now, lasting=None, held=held)
        assert lock.until is not None
        rests.append(lock.until - now)
        now, held = lock.until, (lock,)
    assert rests == [60, 120, 300, 600, 600]


@pytest.mark.parametrize(("rest_seconds", "expected"), [(7.0, 7.0), (0.0, 0.0)])
def test_the_owner_says_how_long_the_first_refusal_without_an_end_locks(rest_seconds: float, expected: float) -> None:
    lock = refused((), C.RATE_LIMIT, Limit(rest_seconds=rest_seconds), now=NOW, evidence=Evidence())
    assert lock.until == NOW + expected
    assert stage(lock.gate, NOW + expected) is not Stage.CLOSED
    told = refused((), C.RATE_LIMIT, Limit(until=NOW + 1, rest_seconds=rest_seconds), now=NOW, evidence=Evidence())
    assert told.until == NOW + 1


@pytest.mark.parametrize("lasting", [None, -5.0, 0.0])
def test_a_refusal_without_an_end_does_not_shorten_a_longer_one(lasting: float | None) -> None:
    assert refusal(now=NOW + 1, lasting=lasting, held=(refusal(lasting=5000),)).until == NOW + 5000


def test_q_03_a_later_refusal_may_name_an_earlier_end() -> None:
    assert refusal(now=NOW + 1, lasting=100, held=(refusal(lasting=5000),)).until == NOW + 101


def test_too_many_requests_never_shorten_and_are_apart_from_used_up_windows() -> None:
    long = refusal(cause=C.RATE_LIMIT, lasting=5000)
    assert refusal(cause=C.RATE_LIMIT, lasting=10, held=(long,)).until == NOW + 5000
    window = refusal(lasting=9000)
    held = with_lock((window,), refusal(cause=C.RATE_LIMIT, lasting=10, held=(window,)))
    assert of_bucket(held, "codex", C.USAGE_LIMIT) is window


def test_q_01_counters_that_lag_do_not_undo_a_refusal() -> None:
    lock = refusal()
    assert contradicted(lock, now=NOW + 5) is lock
    assert stage(contradicted(lock, now=NOW + 60).gate, NOW + 60) is Stage.HALF_OPEN
    assert brought_forward(lock, NOW + 100, now=NOW + 5) is lock


def test_q_03_counters_may_bring_an_end_forward_but_hold_a_later_one_by_themselves() -> None:
    lock = refusal(lasting=5000)
    assert brought_forward(lock, NOW + 200, now=NOW + 61).until == NOW + 200
    assert brought_forward(lock, NOW + 9000, now=NOW + 61) is lock


def test_counters_know_nothing_of_too_many_requests() -> None:
    lock = refusal(cause=C.RATE_LIMIT)
    assert contradicted(lock, now=NOW + 100) is lock


def test_what_counters_told_counters_take_back_at_once() -> None:
    lock = told_limited((), "codex", now=NOW, until=NOW + 3 * DAY, source="usage")
    assert (lock.cause, lock.source) == (C.TOLD, "usage")
    assert stage(contradicted(lock, now=NOW + 1).gate, NOW + 1) is Stage.HALF_OPEN


def test_what_is_told_again_is_believed_anew() -> None:
    first = told_limited((), "codex", now=NOW, until=NOW + 3 * DAY, source="usage")
    again = told_limited((first,), "codex", now=NOW + DAY, until=NOW + 3 * DAY, source="event")
    assert (again.since, again.observed_at) == (NOW, NOW + DAY)
    assert stage(again.gate, NOW + DAY + 6 * 3600 - 1) is Stage.CLOSED


def test_a_success_that_was_on_its_way_says_nothing() -> None:
    lock = refusal()
    assert survives_success(lock, Evidence(asked_at=NOW - 100), now=NOW + 300)
    assert not survives_success(lock, Evidence(asked_at=NOW + 1), now=NOW + 2)
    assert not survives_success(lock, Evidence(asked_at=NOW - 100), now=NOW + 500)


def test_a_lock_takes_the_place_of_its_predecessor_only() -> None:
    other = refused((), C.USAGE_LIMIT, Limit(bucket="codex_bengalfox"), now=NOW, evidence=Evidence())
    held = with_lock((refusal(), other), refusal(lasting=900))
    assert [lock.bucket for lock in held] == ["codex_bengalfox", "codex"]
    assert held[0] is other
