"""One counter."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.simulator.quota.windows import Window
from codex_proxy.simulator.sections.accounts import WindowSettings

HOUR = WindowSettings(seconds=3600, used_percent=90, per_request_percent=5)


def test_it_fills_with_requests_and_is_empty_after_its_reset() -> None:
    window = Window(HOUR, now=1000.0)
    assert (window.resets_at, window.is_full(1000)) == (4600, False)
    for at in (1001, 1002, 1003):
        window.charge(at)
    assert (window.used_percent(1003), window.is_full(1003)) == (100.0, True)
    window.roll(4599.9)
    assert window.is_full(4599.9)
    window.roll(4600)
    assert (window.used_percent(4600), window.resets_at) == (0.0, 8200)


def test_the_first_reset_may_be_near() -> None:
    window = Window(WindowSettings(seconds=3600, resets_in_seconds=2.5), now=1000.2)
    assert window.resets_at == 1003
    window.roll(1003)
    assert window.resets_at == 4603


def test_it_stays_below_a_limit_of_its_own() -> None:
    window = Window(WindowSettings(seconds=60, per_request_percent=50, at_most_percent=95), now=0)
    for _ in range(5):
        window.charge(1)
    assert (window.used_percent(1), window.is_full(1)) == (95.0, False)


def test_what_it_was_before_can_still_be_told() -> None:
    window = Window(HOUR, now=0)
    window.charge(100)
    assert [window.told(110, lag_seconds=lag).used_percent for lag in (0, 20)] == [95.0, 90.0]


def test_a_reset_may_be_kept_secret() -> None:
    secret = Window(WindowSettings(seconds=60, used_percent=100, tells_reset=False), now=0).told(1)
    assert (secret.resets_at, secret.resets_in_seconds, secret.window_seconds) == (None, None, 60)


def test_begun_anew_it_is_empty_and_lasts_its_whole_length() -> None:
    window = Window(HOUR, now=0)
    window.restart(1000.5)
    assert (window.used_percent(1001), window.resets_at) == (0.0, 4601)


@given(st.lists(st.floats(0, 1e5), max_size=20), st.integers(1, 5000))
def test_whatever_happens_its_reset_lies_ahead_and_within_one_length(steps: list[float], seconds: int) -> None:
    now = 1e9
    window = Window(WindowSettings(seconds=seconds, per_request_percent=7), now=now)
    for step in steps:
        now += step
        window.roll(now)
        window.charge(now)
        assert now < window.resets_at <= now + seconds + 1
        assert 0 <= window.used_percent(now) <= 100
