"""Counters of one account's use."""

from decimal import Decimal

import msgspec

from codex_proxy.accounts.quota.counters import Tally, UsageCounters, counted, in_window, rolled, shown_usage

NOW = 1_800_000_000.0
FIVE_HOURS = 18_000
ONE = Tally(request_count=1, input_tokens=10, output_tokens=5, cached_tokens=4, estimated_cost_usd=Decimal("0.1"))


def used(*, resets_in: float = 600, seconds: int | None = FIVE_HOURS) -> UsageCounters:
    """Two requests in a window that resets in ``resets_in`` seconds."""
    counters = in_window(UsageCounters(), resets_at=NOW + resets_in, window_seconds=seconds, now=NOW)
    return counted(counted(counters, ONE, now=NOW), ONE, now=NOW + 1)


def test_use_counts_for_the_lifetime_and_for_the_window() -> None:
    counters = used()
    assert counters.total == counters.window
    assert (counters.total.request_count, counters.total.estimated_cost_usd) == (2, Decimal("0.2"))
    assert counters.last_used_at == NOW + 1


def test_every_member_is_added() -> None:
    one, two = (msgspec.convert(dict.fromkeys(Tally.__struct_fields__, number), Tally) for number in (1, 2))
    assert one + one == two


def test_what_is_no_request_is_no_use() -> None:
    counters = counted(UsageCounters(), Tally(empty_response_count=1), now=NOW)
    assert (counters.last_used_at, counters.total.empty_response_count) == (None, 1)


def test_q_10_the_windows_counters_begin_anew_at_its_reset() -> None:
    after = rolled(used(), NOW + 600 + FIVE_HOURS)
    assert (after.window, after.window_began_at) == (Tally(), NOW + 600 + FIVE_HOURS)
    assert after.window_resets_at == NOW + 600 + 2 * FIVE_HOURS
    assert after.total.request_count == 2


def test_a_window_of_unknown_length_is_followed_by_none() -> None:
    after = rolled(used(seconds=None), NOW + 600)
    assert (after.window, after.window_resets_at) == (Tally(), None)


def test_use_after_the_reset_counts_for_the_new_window_only() -> None:
    after = counted(used(), ONE, now=NOW + 700)
    assert (after.window.request_count, after.total.request_count) == (1, 3)


def test_a_reset_told_more_exactly_is_the_same_window() -> None:
    same = in_window(used(), resets_at=NOW + 612, window_seconds=FIVE_HOURS, now=NOW + 2)
    assert (same.window.request_count, same.window_resets_at) == (2, NOW + 612)


def test_a_reset_that_moved_by_a_window_is_another_one() -> None:
    moved = in_window(used(), resets_at=NOW + 600 + FIVE_HOURS, window_seconds=FIVE_HOURS, now=NOW + 2)
    assert (moved.window, moved.window_began_at) == (Tally(), NOW + 2)
    assert moved.total.request_count == 2


def test_usage_is_shown_in_the_names_of_the_wire() -> None:
    told = shown_usage(used(), now=NOW + 700, iso=lambda at: f"at {at:.0f}")
    assert told == {
        "request_count": 2,
        "input_tokens": 20,
        "output_tokens": 10,
        "cached_tokens": 8,
        "estimated_cost_usd": 0.2,
        "image_input_tokens": 0,
        "image_output_tokens": 0,
        "image_request_count": 0,
        "image_request_failed_count": 0,
        "empty_response_count": 0,
        "last_used": "at 1800000001",
        "window_reset_at": 1_800_018_600,
        "limit_window_seconds": FIVE_HOURS,
        "window_request_count": 0,
        "window_input_tokens": 0,
        "window_output_tokens": 0,
        "window_cached_tokens": 0,
        "window_estimated_cost_usd": 0.0,
        "window_image_input_tokens": 0,
        "window_image_output_tokens": 0,
        "window_image_request_count": 0,
        "window_image_request_failed_count": 0,
        "window_counters_reset_at": "at 1800000700",
    }
    assert shown_usage(UsageCounters(), now=NOW, iso=str)["last_used"] is None
