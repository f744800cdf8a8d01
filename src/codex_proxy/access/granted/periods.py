"""The periods that budgets are for, by the calendar of UTC.

Rules of this file: pure; times are epoch seconds.  Every period begins with an hour, so that sums of hours give all.
Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", for days and months.
"""

from enum import StrEnum
from typing import Final

HOUR_SECONDS: Final = 3600
DAY_SECONDS: Final = 86_400
_WEEK_DAYS: Final = 7
_FIRST_MONDAY: Final = 4  # 1970-01-05
_ERA_DAYS: Final = 146_097  # of 400 years
_ERA_SHIFT_DAYS: Final = 719_468  # from 0000-03-01 to 1970-01-01


class Period(StrEnum):
    """How long a budget is for; the last never ends."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"


def period_start(period: Period, now: float) -> int:
    """When the period began that ``now`` lies in; 0 for the one without end."""
    hours, days = int(now // HOUR_SECONDS), int(now // DAY_SECONDS)
    match period:
        case Period.HOUR:
            return hours * HOUR_SECONDS
        case Period.DAY:
            return days * DAY_SECONDS
        case Period.WEEK:
            return (days - (days - _FIRST_MONDAY) % _WEEK_DAYS) * DAY_SECONDS
        case Period.MONTH:
            return _day_of(*_month_of(days)) * DAY_SECONDS
        case Period.TOTAL:
            return 0


def period_end(period: Period, now: float) -> int | None:
    """When the next one begins; None where there is no next."""
    start = period_start(period, now)
    match period:
        case Period.HOUR:
            return start + HOUR_SECONDS
        case Period.DAY:
            return start + DAY_SECONDS
        case Period.WEEK:
            return start + _WEEK_DAYS * DAY_SECONDS
        case Period.MONTH:
            year, month = _month_of(start // DAY_SECONDS)
            return _day_of(year + month // 12, month % 12 + 1) * DAY_SECONDS
        case Period.TOTAL:
            return None


def _month_of(days: int) -> tuple[int, int]:
    """Year and month (1-12) of a day counted from 1970-01-01."""
    shifted = days + _ERA_SHIFT_DAYS
    era = shifted // _ERA_DAYS
    day = shifted - era * _ERA_DAYS
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    month = (5 * (day - (365 * year + year // 4 - year // 100)) + 2) // 153
    is_next_year = month >= 10
    return year + era * 400 + is_next_year, month - 9 if is_next_year else month + 3


def _day_of(year: int, month: int) -> int:
    """The first day of a month, counted from 1970-01-01."""
    marching = year - (month <= 2)
    era = marching // 400
    of_era = marching - era * 400
    in_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5
    return era * _ERA_DAYS + of_era * 365 + of_era // 4 - of_era // 100 + in_year - _ERA_SHIFT_DAYS
