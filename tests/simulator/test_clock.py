"""The simulated clock."""

import pytest

from codex_proxy.simulator.clock import MovableClock


def test_it_runs_with_the_real_one_and_can_be_ahead_of_it() -> None:
    real = [100.0]
    clock = MovableClock(lambda: real[0])
    assert clock() == 100.0
    clock.advance(50)
    real[0] += 1
    clock.advance(0.5)
    assert clock() == 151.5


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_it_never_goes_back_and_never_to_nowhere(seconds: float) -> None:
    with pytest.raises(ValueError, match="advance_seconds"):
        MovableClock(lambda: 0.0).advance(seconds)
