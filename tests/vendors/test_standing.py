"""How a key stands after an attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from codex_proxy.canonical.failure import RULES, Failure, FailureKind, Fault
from codex_proxy.vendors.key import KeyStatus, VendorKey
from codex_proxy.vendors.standing import (
    COOLING_SECONDS,
    EFFECTS,
    LONGEST_SECONDS,
    MEMORY_SECONDS,
    PAYMENT_SECONDS,
    Effect,
    settled,
    switched,
)
from tests.vendors.samples import FAILURES, KEYS, NOW, SECRET, failure, key


def test_every_state_and_kind_of_failure_is_decided() -> None:
    assert set(EFFECTS) == set(FailureKind)
    for status in KeyStatus:
        for kind in FailureKind:
            after = settled(key(status=status), failure(kind), NOW)
            assert isinstance(after, VendorKey)


def test_what_is_the_clients_or_our_own_fault_leaves_a_key_as_it_is() -> None:
    ours = {kind for kind, rule in RULES.items() if rule.fault in {Fault.CLIENT, Fault.GATEWAY}}
    assert {EFFECTS[kind] for kind in ours} == {Effect.NONE}
    assert {settled(key(), failure(kind), NOW) for kind in ours} == {key()}


@pytest.mark.parametrize("kind", [FailureKind.UNAUTHORIZED, FailureKind.FORBIDDEN, FailureKind.DEACTIVATED])
def test_a_refused_key_is_an_error_with_the_vendors_reason_and_not_with_the_key(kind: FailureKind) -> None:
    after = settled(key(), failure(kind, status=401, message=f"Incorrect API key {SECRET}, sorry"), NOW)
    assert after.status is KeyStatus.ERROR
    assert after.reason == f"{kind.value} (401): Incorrect API key [redacted], sorry"


def test_a_long_reason_is_cut() -> None:
    after = settled(key(secret=""), failure(FailureKind.FORBIDDEN, message="x" * 5000), NOW)
    assert after.reason is not None
    assert len(after.reason) == 300


@pytest.mark.parametrize(
    "kind",
    [
        FailureKind.RATE_LIMITED,
        FailureKind.OVERLOADED,
        FailureKind.UPSTREAM_ERROR,
        FailureKind.TIMEOUT,
        FailureKind.UNREACHABLE,
    ],
)
def test_a_key_rests_longer_each_time_until_it_succeeds(kind: FailureKind) -> None:
    now, rests = NOW, []
    resting = key()
    for _ in range(4):
        resting = settled(resting, failure(kind), now)
        assert resting.cooling_until is not None
        rests.append(resting.cooling_until - now)
        now = resting.cooling_until + 1
    assert rests == [*COOLING_SECONDS, COOLING_SECONDS[-1]]
    back = settled(resting, None, now)
    assert (back.strikes, back.cooling_until, back.reason) == (0, None, None)
    assert settled(back, failure(kind), now).cooling_until == now + COOLING_SECONDS[0]


def test_strikes_are_forgotten_after_an_hour_without_a_rest() -> None:
    resting = settled(settled(key(), failure(FailureKind.OVERLOADED), NOW), failure(FailureKind.OVERLOADED), NOW + 10)
    assert resting.strikes == 2
    much_later = NOW + 40 + MEMORY_SECONDS
    assert settled(resting, failure(FailureKind.OVERLOADED), much_later).cooling_until == much_later + 5


def test_the_vendors_own_time_counts_instead_of_the_step() -> None:
    limited = failure(FailureKind.RATE_LIMITED, retry_after_seconds=77.0)
    assert settled(key(), limited, NOW).cooling_until == NOW + 77
    told_otherwise = failure(FailureKind.USAGE_LIMIT, resets_at=NOW + 900)
    assert settled(key(), told_otherwise, NOW).cooling_until == NOW + 900


def test_an_unpaid_key_rests_for_five_minutes() -> None:
    assert settled(key(), failure(FailureKind.PAYMENT_REQUIRED), NOW).cooling_until == NOW + PAYMENT_SECONDS


def test_failures_of_requests_that_were_under_way_are_one_strike() -> None:
    limited = failure(FailureKind.RATE_LIMITED)
    first = settled(key(), limited, NOW)
    assert settled(settled(first, limited, NOW + 1), limited, NOW + 2) is first
    later = settled(first, failure(FailureKind.RATE_LIMITED, retry_after_seconds=60.0), NOW + 1)
    assert (later.strikes, later.cooling_until) == (1, NOW + 61)


def test_a_success_of_a_request_that_had_begun_before_does_not_end_a_rest() -> None:
    resting = settled(key(), failure(FailureKind.RATE_LIMITED, retry_after_seconds=60.0), NOW)
    assert settled(resting, None, NOW + 30) is resting


@given(KEYS, st.none() | FAILURES)
def test_only_the_owner_changes_what_is_disabled_or_refused(given_key: VendorKey, told: Failure | None) -> None:
    after = settled(given_key, told, NOW)
    if given_key.status is not KeyStatus.ACTIVE:
        assert after is given_key
    assert after.status is not KeyStatus.DISABLED or given_key.status is KeyStatus.DISABLED


@given(KEYS, FAILURES)
def test_no_key_rests_past_its_evidence(given_key: VendorKey, told: Failure) -> None:
    after = settled(given_key, told, NOW)
    if after.cooling_until is None or after.cooling_until == given_key.cooling_until:
        return
    waits = [told.retry_after_seconds, None if told.resets_at is None else told.resets_at - NOW]
    evidence = [min(wait, LONGEST_SECONDS) for wait in waits if wait is not None and wait > 0]
    step = PAYMENT_SECONDS if EFFECTS[told.kind] is Effect.COOL_UNPAID else COOLING_SECONDS[-1]
    assert NOW < after.cooling_until <= NOW + max([step, *evidence]) + 0.001
    assert given_key.cooling_until is None or after.cooling_until > min(given_key.cooling_until, NOW)


@given(KEYS, st.none() | FAILURES)
def test_only_how_a_key_stands_ever_changes(given_key: VendorKey, told: Failure | None) -> None:
    after = settled(given_key, told, NOW)
    standing = {name: getattr(given_key, name) for name in ("status", "reason", "cooling_until", "strikes")}
    assert replace(after, **standing) == given_key


@given(KEYS)
def test_a_key_that_its_owner_switches_on_is_tried_at_once(given_key: VendorKey) -> None:
    on = switched(given_key, enabled=True)
    assert (on.status, on.reason, on.strikes, on.is_cooling(NOW)) == (KeyStatus.ACTIVE, None, 0, False)
    off = switched(given_key, enabled=False)
    assert (off.status, off.reason) == (KeyStatus.DISABLED, given_key.reason)
