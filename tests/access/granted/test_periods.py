"""Periods of the UTC calendar, held against the standard library's."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.access.granted.periods import Period, period_end, period_start

MOMENTS = st.integers(4 * 86_400, 400 * 366 * 86_400).map(lambda at: datetime.fromtimestamp(at, UTC))
ENDING = [period for period in Period if period is not Period.TOTAL]


def expected_start(period: Period, at: datetime) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case Period.HOUR:
            return at.replace(minute=0, second=0, microsecond=0)
        case Period.WEEK:
            return day - timedelta(days=at.weekday())
        case Period.MONTH:
            return day.replace(day=1)
        case _:
            return day


@given(MOMENTS)
def test_every_period_begins_as_the_calendar_says(at: datetime) -> None:
    for period in ENDING:
        assert period_start(period, at.timestamp()) == expected_start(period, at).timestamp(), period


@given(MOMENTS)
def test_a_period_ends_where_the_next_begins(at: datetime) -> None:
    for period in ENDING:
        end = period_end(period, at.timestamp())
        assert end is not None
        assert end > at.timestamp()
        assert period_start(period, end) == end
        assert period_start(period, end - 1) == period_start(period, at.timestamp())
        assert end % 3600 == 0


@pytest.mark.parametrize("now", [0.0, 1e9])
def test_the_whole_has_no_end(now: float) -> None:
    assert (period_start(Period.TOTAL, now), period_end(Period.TOTAL, now)) == (0, None)
