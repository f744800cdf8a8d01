"""Which buckets answer for a period."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.operations.usage_stats.periods import (
    InvalidPeriod,
    Period,
    Retention,
    day_of,
    days_between,
    hours_of_days,
    period_of,
    summing,
    whole,
    zone_of,
)
from codex_proxy.usage.buckets import Span
from codex_proxy.usage.store import Window
from tests.usage.samples import HOUR_AT

DAY = 86_400
HOUR = 3600
NOW = HOUR_AT + 12.5 * HOUR
FOREVER = Retention(event_days=7, history_days=None)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def told(windows: tuple[Window, ...]) -> list[tuple[str, float, float]]:
    """Spans, and beginnings and ends in hours from the day's begin."""
    return [
        (window.span.name, (window.begins_at - HOUR_AT) / HOUR, (window.ends_at - HOUR_AT) / HOUR) for window in windows
    ]


def test_a_period_is_told_by_hours_or_by_its_ends() -> None:
    assert period_of("1.5", None, None, now=NOW) == Period(begins_at=NOW - 5400, ends_at=NOW)
    assert period_of("all", None, None, now=NOW) == Period(begins_at=None, ends_at=NOW)
    assert period_of(None, 5.0, None, now=NOW) == Period(begins_at=5.0, ends_at=NOW)
    assert period_of(None, None, 7.0, now=NOW) == Period(begins_at=None, ends_at=7.0)
    assert period_of(None, None, None, now=NOW) is None


@pytest.mark.parametrize(
    ("hours", "begins_at", "ends_at"),
    [
        ("0", None, None),
        ("-1", None, None),
        ("nan", None, None),
        ("inf", None, None),
        ("1e9", None, None),
        ("a day", None, None),
        ("", None, None),
        ("1", 5.0, None),
        ("1", None, 5.0),
        (None, 7.0, 7.0),
        (None, NOW + 1, None),
        (None, None, 0.0),
    ],
)
def test_what_is_no_period_is_refused(hours: str | None, begins_at: float | None, ends_at: float | None) -> None:
    with pytest.raises(InvalidPeriod):
        period_of(hours, begins_at, ends_at, now=NOW)


def test_whole_buckets_hold_the_period() -> None:
    assert whole(HOUR_AT + 1, HOUR_AT + HOUR + 1, Span.HOUR) == Window(
        span=Span.HOUR, begins_at=HOUR_AT, ends_at=HOUR_AT + 2 * HOUR
    )


def test_days_are_summed_up_as_days_and_their_ends_by_hours() -> None:
    period = Period(begins_at=HOUR_AT - 2 * DAY - 90 * 60, ends_at=NOW)
    assert told(summing(period, FOREVER, now=NOW)) == [("HOUR", -50, -48), ("DAY", -48, 0), ("HOUR", 0, 13)]
    assert told(summing(Period(begins_at=HOUR_AT + 60, ends_at=HOUR_AT + 120), FOREVER, now=NOW)) == [("HOUR", 0, 1)]
    over_midnight = Period(begins_at=HOUR_AT - HOUR, ends_at=HOUR_AT + HOUR)
    assert told(summing(over_midnight, FOREVER, now=NOW)) == [("HOUR", -1, 0), ("HOUR", 0, 1)]


def test_a_period_without_a_beginning_is_days_from_the_first() -> None:
    (days, hours) = summing(Period(begins_at=None, ends_at=NOW), FOREVER, now=NOW)
    assert (days.span, days.begins_at, days.ends_at) == (Span.DAY, 0, HOUR_AT)
    assert told((hours,)) == [("HOUR", 0, 13)]


def test_where_hours_are_gone_whole_days_are_told() -> None:
    short = Retention(event_days=1, history_days=2)
    early = Period(begins_at=HOUR_AT - 3 * DAY + HOUR, ends_at=HOUR_AT - 3 * DAY + 2 * HOUR)
    assert told(summing(early, short, now=NOW)) == [("DAY", -72, -48)]
    since = Period(begins_at=HOUR_AT - 3 * DAY + HOUR, ends_at=NOW)
    assert told(summing(since, short, now=NOW)) == [("DAY", -72, 0), ("HOUR", 0, 13)]


MOMENTS = st.floats(min_value=1, max_value=2_000_000_000)


@given(MOMENTS | st.none(), MOMENTS, st.integers(min_value=1, max_value=90) | st.none())
def test_windows_cover_a_period_without_gaps_and_without_overlaps(
    begins_at: float | None, ends_at: float, days: int | None
) -> None:
    if begins_at is not None and begins_at >= ends_at:
        begins_at, ends_at = ends_at, begins_at + 1
    kept = Retention(event_days=7, history_days=days)
    windows = summing(Period(begins_at=begins_at, ends_at=ends_at), kept, now=2_000_000_000)
    assert windows[0].begins_at <= (begins_at or 0)
    assert windows[-1].ends_at >= ends_at
    assert all(one.ends_at == other.begins_at for one, other in pairwise(windows))
    assert all(window.begins_at % window.span == window.ends_at % window.span == 0 for window in windows)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2026-03-29", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("America/Santiago", "2026-09-06", 23),  # midnight itself is skipped
    ],
)
def test_a_day_has_as_many_hours_as_it_has_there(zone: str, day: str, hours: float) -> None:
    noon = at(f"{day}T12:00")
    first, second = days_between(noon - 1, noon + 24 * HOUR, zone_of(zone))[:2]
    assert (second - first) / HOUR == hours


def test_every_hour_belongs_to_the_day_in_which_it_begins() -> None:
    begins = days_between(at("2026-11-26T00:00"), at("2026-11-27T00:00"), zone_of("Asia/Kolkata"))
    assert [datetime.fromtimestamp(begin, UTC).isoformat() for begin in begins] == [
        "2026-11-25T18:30:00+00:00",
        "2026-11-26T18:30:00+00:00",
    ]
    assert hours_of_days(begins, at("2026-11-26T23:15")) == Window(
        span=Span.HOUR, begins_at=int(at("2026-11-25T19:00")), ends_at=int(at("2026-11-27T00:00"))
    )
    assert day_of(int(at("2026-11-26T18:00")), begins) == begins[0]
    assert day_of(int(at("2026-11-26T19:00")), begins) == begins[1]
    assert day_of(0, begins) == begins[0]


@pytest.mark.parametrize("name", ["Nowhere/Atall", "", "../../etc/passwd", "/etc/localtime", "a\x00b", "Europe"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidPeriod):
        zone_of(name)
