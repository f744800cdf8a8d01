"""Gates: how what bars an account opens again."""

import msgspec
import pytest

from codex_proxy.accounts.lifecycle.gates import (
    CANARY_SECONDS,
    CAP_SECONDS,
    PROBE_PATIENCE_SECONDS,
    Gate,
    Stage,
    canary_lost,
    canary_sent,
    changes,
    gate_of_limit,
    gate_of_pause,
    is_probe_due,
    opened_half,
    probe_failed,
    stage,
)
from tests.accounts.lifecycle.scene import DAY, NOW


def test_a_limit_opens_half_at_its_end_and_a_query_is_due_then() -> None:
    gate = gate_of_limit(NOW + 500, NOW)
    assert (stage(gate, NOW + 499), is_probe_due(gate, NOW + 499)) == (Stage.CLOSED, False)
    assert (stage(gate, NOW + 500), is_probe_due(gate, NOW + 500)) == (Stage.HALF_OPEN, True)


def test_a_limit_that_ends_far_away_is_asked_about_after_six_hours_and_tried_if_nobody_answers() -> None:
    gate = gate_of_limit(NOW + 3 * DAY, NOW)
    cap = NOW + CAP_SECONDS
    assert (stage(gate, cap), is_probe_due(gate, cap - 1), is_probe_due(gate, cap)) == (Stage.CLOSED, False, True)
    assert stage(gate, cap + PROBE_PATIENCE_SECONDS) is Stage.HALF_OPEN


def test_a_pause_opens_half_without_a_query_and_is_believed_for_six_hours() -> None:
    gate = gate_of_pause(NOW + 30, NOW)
    assert (stage(gate, NOW + 29), stage(gate, NOW + 30), gate.probe_at) == (Stage.CLOSED, Stage.HALF_OPEN, None)
    assert stage(gate_of_pause(NOW + 3 * DAY, NOW), NOW + CAP_SECONDS) is Stage.HALF_OPEN


@pytest.mark.parametrize("until", [None, NOW, NOW - 100])
def test_q_02_a_limit_without_an_end_is_asked_about_within_a_minute(until: float | None) -> None:
    gate = gate_of_limit(until, NOW)
    assert is_probe_due(gate, NOW + 60)
    assert stage(gate, NOW + 60) is Stage.CLOSED
    assert stage(gate, NOW + 60 + PROBE_PATIENCE_SECONDS) is Stage.HALF_OPEN


def test_an_answer_that_nothing_is_in_the_way_opens_half_at_once() -> None:
    gate = opened_half(gate_of_limit(NOW + 3 * DAY, NOW), NOW + 5)
    assert (stage(gate, NOW + 5), is_probe_due(gate, NOW + DAY)) == (Stage.HALF_OPEN, False)


def test_queries_that_get_no_answer_are_made_less_and_less_often_and_a_canary_goes_instead() -> None:
    gate = gate_of_limit(None, NOW)
    assert probe_failed(gate, NOW + 59) is gate
    waits = []
    now = NOW + 60
    for _ in range(6):
        gate = probe_failed(gate, now)
        assert stage(gate, now) is Stage.HALF_OPEN
        assert gate.probe_at is not None
        waits.append(gate.probe_at - now)
        now = gate.probe_at
    assert waits == [60, 300, 900, 3600, 3600, 3600]


def test_one_canary_is_out_at_a_time_until_it_is_lost_or_silent_for_too_long() -> None:
    closed = gate_of_limit(NOW + 500, NOW)
    assert canary_sent(closed, NOW) is closed
    gate = canary_sent(closed, NOW + 500)
    assert stage(gate, NOW + 501) is Stage.TRYING
    assert stage(canary_lost(gate), NOW + 501) is Stage.HALF_OPEN
    assert canary_sent(gate, NOW + 501) is gate
    assert stage(gate, NOW + 500 + CANARY_SECONDS) is Stage.HALF_OPEN
    assert stage(gate, NOW + 499.5) is Stage.CLOSED


def test_a_gate_that_does_not_open_half_opens_wholly_or_never() -> None:
    assert stage(Gate(opens_at=NOW), NOW) is Stage.OPEN
    assert stage(Gate(opens_at=None), NOW + 1000 * DAY) is Stage.CLOSED
    waiting = Gate(opens_at=NOW + 3600, probe_at=NOW)
    assert stage(probe_failed(waiting, NOW), NOW) is Stage.CLOSED


def test_changes_are_the_times_at_which_it_has_to_be_looked_at_again() -> None:
    gate = Gate(opens_at=NOW, half=True, probe_at=NOW + 5, canary_at=NOW)
    assert sorted(changes(gate, NOW)) == [NOW + 5, NOW + CANARY_SECONDS]
    assert changes(msgspec.structs.replace(gate, probe_at=None, canary_at=None), NOW) == []
