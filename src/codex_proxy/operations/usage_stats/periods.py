"""Which buckets answer for a period of time.

Rules of this file: a period is told as whole buckets, and the answer says which; what is no longer kept so finely is
not told as nothing, but the period begins later.  A day in a time zone has as many hours as it has there; where a zone
is off by half an hour, an hour belongs to the day in which it begins.  Times are epoch seconds (UTC).
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from codex_proxy.usage.buckets import Span, begin_of
from codex_proxy.usage.store import Window

ALL: Final = "all"
UTC_NAME: Final = "UTC"
DAY_SECONDS: Final = 86_400
MOST_HOURS: Final = 24 * 366 * 100
MOST_AT: Final = 2**35  # the year 3058


class Granularity(StrEnum):
    """How finely a history is told; raw is exchange by exchange."""

    RAW = "raw"
    FIVE_MINUTES = "five_min"
    HOURLY = "hourly"
    DAILY = "daily"


SPANS: Final[Mapping[Granularity, Span]] = {
    Granularity.FIVE_MINUTES: Span.FIVE_MINUTES,
    Granularity.HOURLY: Span.HOUR,
    Granularity.DAILY: Span.DAY,
}


class InvalidPeriod(Exception):
    """There is no such period; one sentence."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """``[begins_at, ends_at)``; it begins with whatever is kept where ``begins_at`` is None."""

    begins_at: float | None
    ends_at: float


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """For how many days records and five-minute buckets are kept, and hourly ones; None for ever, as daily ones are."""

    event_days: int
    history_days: int | None

    def horizon(self, span: Span | None, now: float) -> float:
        """Before when buckets of a span, or records, are no longer kept."""
        days = self.history_days if span is Span.HOUR else self.event_days
        return 0.0 if span is Span.DAY or days is None else now - days * DAY_SECONDS


def period_of(hours: str | None, begins_at: float | None, ends_at: float | None, *, now: float) -> Period | None:
    """The period that ``hours`` before now tell (``all``, or a number above 0), or both ends; None where none does.

    Raises:
        InvalidPeriod: what is told cannot be one.
    """
    if hours is not None and (begins_at is not None or ends_at is not None):
        raise InvalidPeriod("a period is told by hours, or by from and to, not by both")
    if hours is not None:
        return Period(begins_at=None if hours == ALL else now - _number_of(hours) * 3600, ends_at=now)
    if begins_at is None and ends_at is None:
        return None
    end = now if ends_at is None else min(ends_at, MOST_AT)
    if end <= (begins_at or 0.0):
        raise InvalidPeriod("the period ends before it begins")
    return Period(begins_at=begins_at, ends_at=end)


def whole(begins_at: float, ends_at: float, span: Span) -> Window:
    """The buckets in which the period lies."""
    return Window(span=span, begins_at=begin_of(begins_at, span), ends_at=_end_of(ends_at, span))


def summing(period: Period, retention: Retention, *, now: float) -> tuple[Window, ...]:
    """Windows, in order, that sum the period up: whole days, and hours at both ends where these are still kept."""
    horizon = retention.horizon(Span.HOUR, now)
    hours = whole(period.begins_at or 0.0, period.ends_at, Span.HOUR)
    days_end = begin_of(hours.ends_at, Span.DAY)
    if period.begins_at is None or hours.begins_at < horizon:
        days_begin = begin_of(hours.begins_at, Span.DAY)
    else:
        days_begin = _end_of(hours.begins_at, Span.DAY)
    if days_end < days_begin:
        return (hours,)
    rest = Span.HOUR if days_end >= horizon else Span.DAY
    told = (
        Window(span=Span.HOUR, begins_at=hours.begins_at, ends_at=days_begin),
        Window(span=Span.DAY, begins_at=days_begin, ends_at=days_end),
        Window(span=rest, begins_at=days_end, ends_at=_end_of(hours.ends_at, rest)),
    )
    return tuple(window for window in told if window.ends_at > window.begins_at)


def zone_of(name: str) -> tzinfo:
    """The time zone of a name, such as ``Europe/Berlin``; raises ``InvalidPeriod``."""
    if name == UTC_NAME:
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidPeriod(f"{name!r} is no time zone that is known here") from None


def days_between(begins_at: float, ends_at: float, zone: tzinfo) -> tuple[int, ...]:
    """When each day of a zone begins that has some of the period, in order."""
    day = datetime.fromtimestamp(begins_at, zone).date()
    begins: list[int] = []
    while (begin := _midnight(day, zone)) < ends_at or not begins:
        begins.append(begin)
        day += timedelta(days=1)
    return tuple(begins)


def hours_of_days(begins: Sequence[int], ends_at: float) -> Window:
    """The hours that begin within the days."""
    return Window(span=Span.HOUR, begins_at=_end_of(begins[0], Span.HOUR), ends_at=_end_of(ends_at, Span.HOUR))


def day_of(at: int, begins: Sequence[int]) -> int:
    """Which of the buckets that begin so, in order, a moment lies in; the first where it lies before all."""
    return begins[max(bisect_right(begins, at) - 1, 0)]


def _midnight(day: date, zone: tzinfo) -> int:
    return math.floor(datetime.combine(day, time(), zone).timestamp())


def _end_of(at: float, span: Span) -> int:
    return -(-math.ceil(at) // span) * span


def _number_of(hours: str) -> float:
    try:
        told = float(hours)
    except ValueError:
        raise InvalidPeriod("hours is a number above 0, or all") from None
    if not 0 < told <= MOST_HOURS:
        raise InvalidPeriod("hours is a number above 0, or all")
    return told
