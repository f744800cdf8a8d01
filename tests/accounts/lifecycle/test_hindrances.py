"""Hindrances: how long each kind is in the way, by strike."""

import pytest

from codex_proxy.accounts.lifecycle.evidence import Evidence
from codex_proxy.accounts.lifecycle.gates import Gate
from codex_proxy.accounts.lifecycle.hindrances import (
    KIND_OF,
    REST_SECONDS,
    STATE_OF,
    Hindrance,
    HindranceKind,
    awaits_decision,
    ended,
    is_remembered,
    is_standing,
    struck,
    survives_success,
)
from tests.accounts.lifecycle.scene import HOUR, NOW

K = HindranceKind


def strike(kind: HindranceKind, times: list[float], *, request_ids: str = "abcdefghijkl") -> Hindrance:
    """The hindrance after it was seen at ``times``, in seconds from now."""
    held: Hindrance | None = None
    for request_id, at in zip(request_ids, times, strict=False):
        held = struck(held, kind, now=NOW + at, evidence=Evidence(request_id=request_id))
    assert held is not None
    return held


def test_every_kind_has_a_state_and_a_rest() -> None:
    assert set(STATE_OF) == set(REST_SECONDS) == set(K)
    assert len(KIND_OF) == len(STATE_OF)


@pytest.mark.parametrize(
    ("kind", "rests"),
    [
        (K.CF_CHALLENGE, [10, 30, 90, 120, 120]),
        (K.PATH_BLOCK, [10, 30, 900, 900]),
        (K.PAYMENT, [3600, 3600]),
        (K.UNAUTHORIZED, [900, 900]),
        (K.TOKEN_REFUSED, [900]),
    ],
)
def test_rests_grow_with_strikes(kind: HindranceKind, rests: list[float]) -> None:
    for count, rest in enumerate(rests, start=1):
        at = [100.0 * place for place in range(count)]
        assert strike(kind, at).until == NOW + at[-1] + rest


def test_strikes_are_forgotten_after_an_hour() -> None:
    assert strike(K.CF_CHALLENGE, [0, 100, HOUR + 50]).strikes == 2
    assert strike(K.CF_CHALLENGE, [0, HOUR]).strikes == 1


def test_a_19_the_third_path_block_within_an_hour_lasts_longer_and_ends_by_itself() -> None:
    blocked = strike(K.PATH_BLOCK, [0, 100, 200])
    assert blocked.until == NOW + 200 + 900
    assert is_standing(blocked, NOW + 1099)
    assert not is_standing(blocked, NOW + 1100)


def test_since_is_when_it_began_as_long_as_it_goes_on() -> None:
    assert strike(K.PAYMENT, [0, 50]).since == NOW
    assert strike(K.CF_CHALLENGE, [0, 50]).since == NOW + 50


@pytest.mark.parametrize(
    ("times", "request_ids", "waits"),
    [
        ([0, 100, 500], "abc", True),
        ([0, 100, 500], "aab", True),
        ([0, 100, 500], "aaa", False),
        ([0, 100], "ab", False),
        ([0, 100, HOUR + 50], "abc", False),
    ],
)
def test_three_forbidden_calls_within_an_hour_for_two_requests_let_a_query_decide(
    times: list[float], request_ids: str, *, waits: bool
) -> None:
    forbidden = strike(K.FORBIDDEN, times, request_ids=request_ids)
    assert awaits_decision(forbidden) is waits
    assert forbidden.gate.probe_at == (NOW + times[-1] if waits else None)


def test_requests_without_an_id_prove_nothing() -> None:
    held: Hindrance | None = None
    for at in (0, 100, 500):
        held = struck(held, K.FORBIDDEN, now=NOW + at, evidence=Evidence())
    assert held is not None
    assert not awaits_decision(held)
    assert held.until == NOW + 500 + 300


def test_only_a_closed_account_has_no_end() -> None:
    assert [kind for kind in K if strike(kind, [0]).until is None] == [K.DEACTIVATED]


def test_a_success_ends_it_and_challenges_and_blocks_are_remembered() -> None:
    left = {kind: ended(strike(kind, [0]), NOW + 5) for kind in K}
    assert {kind for kind, what in left.items() if what is not None} == {K.CF_CHALLENGE, K.PATH_BLOCK}
    remembered = left[K.CF_CHALLENGE]
    assert remembered is not None
    assert (remembered.gate, remembered.strikes) == (Gate(opens_at=NOW + 5), 1)
    assert is_remembered(remembered, NOW + HOUR - 1)
    assert not is_remembered(remembered, NOW + HOUR)
    assert ended(remembered, NOW + 10) is remembered


def test_a_success_that_was_on_its_way_says_nothing() -> None:
    challenged = strike(K.PAYMENT, [0])
    assert survives_success(challenged, Evidence(asked_at=NOW - 1), now=NOW + 100)
    assert survives_success(challenged, Evidence(), now=NOW + 59)
    assert not survives_success(challenged, Evidence(), now=NOW + 60)
    assert not survives_success(challenged, Evidence(asked_at=NOW - 1), now=NOW + HOUR)


def test_what_is_kept_is_bounded() -> None:
    assert strike(K.FORBIDDEN, [float(at) for at in range(12)]).strikes == 8
