"""The table of states and occurrences."""

from collections.abc import Callable

import msgspec
import pytest

from codex_proxy.accounts.lifecycle.hindrances import KIND_OF
from codex_proxy.accounts.lifecycle.states import (
    ABOUT_CREDENTIAL,
    MEANINGS,
    OCCURRENCE_OF,
    TABLE,
    Occurrence,
    State,
    is_outdated,
    occurrence_of,
    occurrences_of_probe,
)
from codex_proxy.accounts.lifecycle.verdict import WEIGHT, CredentialFacts
from codex_proxy.canonical.failure import RULES, Failure, FailureKind, Fault
from tests.accounts.lifecycle.scene import WELL, Life

Oc = Occurrence
S = State


def test_every_pair_of_state_and_occurrence_is_decided() -> None:
    assert {state: set(row) for state, row in TABLE.items()} == {state: set(Occurrence) for state in State}
    assert set(MEANINGS) == set(State)


def test_what_goes_on_in_a_state_is_what_begins_it() -> None:
    again = [(state, o) for state, row in TABLE.items() for o, following in row.items() if following is state]
    assert all(TABLE[S.ACTIVE][occurrence] is state for state, occurrence in again)
    assert set(again) >= {(S.LIMITED, Oc.USAGE_LIMIT), (S.FORBIDDEN, Oc.FORBIDDEN)}


def _begin(state: State) -> Life:
    """An account that is in ``state`` and in no other."""
    life = Life()
    record: dict[State, CredentialFacts] = {
        S.DISABLED: msgspec.structs.replace(WELL, enabled=False),
        S.REFRESHING: msgspec.structs.replace(WELL, refreshing=True),
    }
    life.credential = record.get(state, WELL)
    how: dict[State, tuple[Occurrence, ...]] = {
        S.LIMITED: (Oc.USAGE_LIMIT,),
        S.COOLING: (Oc.CHALLENGE,),
        S.BLOCKED: (Oc.PATH_BLOCK,),
        S.UNPAID: (Oc.PAYMENT,),
        S.FORBIDDEN: (Oc.FORBIDDEN, Oc.FORBIDDEN, Oc.FORBIDDEN),
        S.UNAUTHORIZED: (Oc.REFUSED_TOO_OFTEN,),
        S.EXPIRED: (Oc.REFUSED_TOKEN,),
        S.REFRESHING: (Oc.REFUSED_TOKEN,),
        S.DEACTIVATED: (Oc.DEACTIVATED,),
    }
    for number, occurrence in enumerate(how.get(state, ())):
        life.happens(occurrence, request=f"r{number}")
    return life


RECORD_AFTER: dict[Occurrence, Callable[[CredentialFacts], CredentialFacts]] = {
    Oc.OWNER_ENABLED: lambda facts: msgspec.structs.replace(facts, enabled=True),
    Oc.OWNER_DISABLED: lambda facts: msgspec.structs.replace(facts, enabled=False),
    Oc.REFRESH_STARTED: lambda facts: msgspec.structs.replace(facts, refreshing=True),
    Oc.REFRESH_FAILED: lambda facts: msgspec.structs.replace(facts, refreshing=False),
    Oc.TOKEN_RENEWED: lambda facts: msgspec.structs.replace(facts, refreshing=False),
    Oc.LOGGED_IN: lambda facts: msgspec.structs.replace(facts, refreshing=False),
}
"""What the owner of the record does where the table moves what the record says."""


def _same(facts: CredentialFacts) -> CredentialFacts:
    return facts


MEANT = {(S.UNAUTHORIZED, Oc.REFUSED_TOKEN): Oc.REFUSED_TOO_OFTEN}
"""What an occurrence is taken for in the light of what happened before."""


@pytest.mark.parametrize("occurrence", sorted(set(Occurrence) - {Oc.TIME_PASSED}))
@pytest.mark.parametrize("state", list(State))
def test_an_account_does_what_the_table_says(state: State, occurrence: Occurrence) -> None:
    life = _begin(state)
    assert life.state is state
    life.pass_time(1)
    if occurrence is Oc.PROBE_ANSWERED and state is S.UNPAID:
        life.pass_time(3600)
    asked = 0.0 if occurrence is Oc.SUCCEEDED else None
    life.happens(occurrence, request="another", asked=asked)
    life.credential = RECORD_AFTER.get(occurrence, _same)(life.credential)

    meant = MEANT.get((state, occurrence), occurrence)
    following, begun = TABLE[state][meant], TABLE[S.ACTIVE][meant]
    expected = {state if following is None else following, begun or S.ACTIVE}
    assert life.state is max(expected, key=WEIGHT.__getitem__)


@pytest.mark.parametrize("state", sorted(KIND_OF))
def test_what_has_an_end_is_over_then_and_what_has_none_stays(state: State) -> None:
    life = _begin(state).pass_time(100 * 3600)
    ends = TABLE[state][Oc.TIME_PASSED] is S.ACTIVE
    half = state is S.UNPAID
    assert (life.usable, life.verdict().one_at_a_time) == (ends or half, half)
    assert TABLE[S.LIMITED][Oc.TIME_PASSED] is None
    assert TABLE[S.REFRESHING][Oc.TIME_PASSED] is TABLE[S.EXPIRED][Oc.TIME_PASSED]


def test_every_failure_kind_is_decided_and_only_the_accounts_faults_and_the_edges_count() -> None:
    assert set(OCCURRENCE_OF) == set(FailureKind)
    counted = {kind for kind, occurrence in OCCURRENCE_OF.items() if occurrence is not None}
    accounts_fault = {kind for kind in FailureKind if RULES[kind].fault is Fault.ACCOUNT}
    assert accounts_fault - counted == {FailureKind.MODEL_NOT_IN_PLAN, FailureKind.IMAGE_UNAVAILABLE}
    assert counted - accounts_fault == {FailureKind.CHALLENGE, FailureKind.PATH_BLOCKED, FailureKind.REGION_BLOCKED}


def test_an_upstream_failure_means_nothing_for_the_account() -> None:
    assert occurrence_of(Failure(kind=FailureKind.OVERLOADED, message="m")) is None
    assert occurrence_of(Failure(kind=FailureKind.UNAUTHORIZED, message="m")) is Oc.REFUSED_TOKEN


@pytest.mark.parametrize(
    ("kind", "occurrences"),
    [
        (FailureKind.UNAUTHORIZED, (Oc.PROBE_FAILED, Oc.REFUSED_TOKEN)),
        (FailureKind.FORBIDDEN, (Oc.PROBE_FORBIDDEN,)),
        (FailureKind.DEACTIVATED, (Oc.PROBE_FAILED, Oc.DEACTIVATED)),
        (FailureKind.CHALLENGE, (Oc.PROBE_FAILED, Oc.CHALLENGE)),
        (FailureKind.REGION_BLOCKED, (Oc.PROBE_FAILED, Oc.REGION)),
        (FailureKind.UPSTREAM_ERROR, (Oc.PROBE_FAILED,)),
        (FailureKind.TIMEOUT, (Oc.PROBE_FAILED,)),
    ],
)
def test_q_22_a_refused_usage_query_goes_through_the_same_classes_as_a_request(
    kind: FailureKind, occurrences: tuple[Occurrence, ...]
) -> None:
    assert occurrences_of_probe(Failure(kind=kind, message="m")) == occurrences


def test_a_18_only_news_of_the_credential_can_be_outdated() -> None:
    outdated = {occurrence for occurrence in Occurrence if is_outdated(occurrence, generation=3, current=4)}
    assert outdated == ABOUT_CREDENTIAL
    assert not any(is_outdated(occurrence, generation=4, current=4) for occurrence in Occurrence)


def test_a_18_a_late_refusal_of_the_old_token_does_not_hurt_the_new_one() -> None:
    life = Life(msgspec.structs.replace(WELL, generation=2))
    assert life.hears(Oc.REFUSED_TOKEN, generation=1).usable
    assert life.hears(Oc.DEACTIVATED, generation=1).usable
    assert life.hears(Oc.REFUSED_TOKEN, generation=2).state is S.EXPIRED
