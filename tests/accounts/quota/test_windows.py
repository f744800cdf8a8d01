"""Names of windows."""

import pytest

from codex_proxy.accounts.quota.windows import window_name


@pytest.mark.parametrize(
    ("minutes", "name"),
    [
        (300, "5 h"),
        (60, "1 h"),
        (24 * 60, "1 d"),
        (3 * 24 * 60, "3 d"),
        (10_080, "weekly"),
        (14 * 24 * 60, "14 d"),
        (43_200, "monthly"),
        (31 * 24 * 60, "monthly"),
        (36 * 60, "36 h"),
        (90, "90 min"),
        (0.5, "1 min"),
    ],
)
def test_q_08_a_window_is_named_by_its_length(minutes: float, name: str) -> None:
    assert window_name(minutes * 60) == name


@pytest.mark.parametrize("seconds", [None, 0, -5])
def test_a_window_of_unknown_length_has_no_length_in_its_name(seconds: float | None) -> None:
    assert window_name(seconds) == "window"
