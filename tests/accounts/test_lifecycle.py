"""The account state machine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.accounts.lifecycle import (
    OCCURRENCE_OF,
    TABLE,
    Condition,
    Occurrence,
    State,
    current,
    occurrence_of,
    step,
)
from codex_proxy.canonical.failure import RULES, Failure, FailureKind, Fault

NOW = 1000.0


def test_every_pair_of_state_and_occurrence_is_decided() -> None:
    assert {state: set(row) for state, row in TABLE.items()} == {state: set(Occurrence) for state in State}


def test_every_failure_kind_is_decided_and_only_the_accounts_faults_and_challenges_count() -> None:
    assert set(OCCURRENCE_OF) == set(FailureKind)
    counted = {kind for kind, occurrence in OCCURRENCE_OF.items() if occurrence is not None}
    accounts_fault = {kind for kind in FailureKind if RULES[kind].fault is Fault.ACCOUNT}
    assert accounts_fault - counted == {FailureKind.MODEL_NOT_IN_PLAN, FailureKind.IMAGE_UNAVAILABLE}
    assert counted - accounts_fault == {FailureKind.CHALLENGE, FailureKind.PATH_BLOCKED}


def test_a_usage_limit_lasts_until_the_upstream_says() -> None:
    limited = step(Condition(), Occurrence.USAGE_LIMIT, NOW, until=NOW + 500)
    assert (limited.state, limited.until, limited.reason) == (State.LIMITED, NOW + 500, "usage_limit")
    assert current(limited, NOW + 499).state is State.LIMITED
    assert current(limited, NOW + 500).state is State.ACTIVE


def test_a_rest_without_a_named_end_has_a_default_and_grows_with_strikes() -> None:
    first = step(Condition(), Occurrence.CHALLENGE, NOW)
    second = step(first, Occurrence.CHALLENGE, NOW)
    assert (first.until, second.until, second.strikes) == (NOW + 10, NOW + 30, 2)


def test_a_later_shorter_limit_does_not_shorten_a_longer_one() -> None:
    long = step(Condition(), Occurrence.USAGE_LIMIT, NOW, until=NOW + 5000)
    assert step(long, Occurrence.RATE_LIMIT, NOW + 1, until=NOW + 10).until == NOW + 5000


@pytest.mark.parametrize("occurrence", [Occurrence.SUCCEEDED, Occurrence.TOKEN_RENEWED])
def test_an_expired_account_comes_back(occurrence: Occurrence) -> None:
    expired = step(Condition(), Occurrence.REFUSED_TOKEN, NOW)
    assert expired.state is State.EXPIRED
    assert step(expired, occurrence, NOW).state is State.ACTIVE


def test_only_the_owner_ends_a_disabling() -> None:
    disabled = step(Condition(), Occurrence.OWNER_DISABLED, NOW)
    ends = {occurrence for occurrence in Occurrence if step(disabled, occurrence, NOW).state is not State.DISABLED}
    assert ends == {Occurrence.OWNER_ENABLED}


@given(st.lists(st.sampled_from(sorted(Occurrence)), max_size=20))
def test_success_makes_active_whatever_came_before_unless_disabled(occurrences: list[Occurrence]) -> None:
    condition = Condition()
    for place, occurrence in enumerate(occurrences):
        condition = step(condition, occurrence, NOW + place)
    after = step(condition, Occurrence.SUCCEEDED, NOW + 100)
    assert after.state is (State.DISABLED if condition.state is State.DISABLED else State.ACTIVE)


def test_an_upstream_failure_means_nothing_for_the_account() -> None:
    assert occurrence_of(Failure(kind=FailureKind.OVERLOADED, message="m")) is None
    assert occurrence_of(Failure(kind=FailureKind.UNAUTHORIZED, message="m")) is Occurrence.REFUSED_TOKEN
