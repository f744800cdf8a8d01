"""Usage statistics as they are asked for: in sum, and over time.

Rules of this file: gaps are told as nothing used; what is no longer kept is not told at all.  Long answers are made in
slices, since streams go on meanwhile.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Final, TypeVar

import msgspec

from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.slices import in_slices
from codex_proxy.operations.transfer.times import iso
from codex_proxy.operations.usage_stats.periods import (
    SPANS,
    UTC_NAME,
    Granularity,
    InvalidPeriod,
    Period,
    Retention,
    day_of,
    days_between,
    hours_of_days,
    summing,
    whole,
    zone_of,
)
from codex_proxy.operations.usage_stats.recorder import RecordingState
from codex_proxy.operations.usage_stats.views import DataPoint, GroupView, counters, exchange_point, point
from codex_proxy.usage.buckets import NOTHING, Span, Sums, added
from codex_proxy.usage.records import UsageEvent
from codex_proxy.usage.store import Dimension, Line, Place, Selection, UsageStore

Item = TypeVar("Item")

MOST_POINTS: Final = 10_000
PAGE: Final = 500


class AccountCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many accounts there are, and how many of them could serve now."""

    total: int
    active: int


class PricesInForce(msgspec.Struct, frozen=True, kw_only=True):
    """The day of the prices in force (ISO 8601), and why the owner's own are not among them, None where they are."""

    as_of: str
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsParts:
    """What statistics are told from; ``recording`` is None where nothing is recorded.

    ``name_of`` gives what the owner calls a value of a dimension, None where it has no name.
    """

    store: UsageStore
    retention: Callable[[], Retention]
    clock: Clock
    accounts: Callable[[], AccountCount]
    recording: Callable[[], RecordingState | None]
    name_of: Callable[[Dimension, str], str | None]
    prices: Callable[[], PricesInForce]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked; ``zone`` is the name of the time zone whose days are told."""

    period: Period
    selection: Selection = Selection()
    group_by: Dimension | None = None
    granularity: Granularity = Granularity.HOURLY
    zone: str = UTC_NAME


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What was used within ``[begins_at, ends_at)`` (ISO 8601), all in all and by group."""

    begins_at: str | None
    ends_at: str
    sums: Sums
    groups: tuple[GroupView, ...]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Points from ``begins_at`` on (ISO 8601), in order."""

    begins_at: str
    ends_at: str
    points: list[DataPoint]


class UsageStatistics:
    """Answers questions; every method raises ``StoreUnusable``, and ``InvalidPeriod`` where none can be given."""

    def __init__(self, parts: StatisticsParts) -> None:
        self.parts = parts

    async def summary(self, question: Question) -> Summary:
        """The sum of a period."""
        store, period = self.parts.store, question.period
        windows = summing(period, self.parts.retention(), now=self.parts.clock.now())
        lines = await store.totals(windows, question.selection, group_by=question.group_by)
        begins_at = await store.first_of(Span.DAY) if period.begins_at is None else windows[0].begins_at
        return Summary(
            begins_at=None if begins_at is None else iso(begins_at),
            ends_at=iso(windows[-1].ends_at),
            sums=added(line.sums for line in lines),
            groups=() if question.group_by is None else tuple(self._groups(question.group_by, lines)),
        )

    async def history(self, question: Question) -> History:
        """The buckets of a period; ``InvalidPeriod`` where these are too many.  See ``exchanges`` for raw ones."""
        span, zone = SPANS[question.granularity], zone_of(question.zone)
        by_zone = span is Span.DAY and zone is not UTC
        read = Span.HOUR if by_zone else span
        first_at, ends_at = await self._begin(question.period, read), question.period.ends_at
        if first_at is None or first_at >= ends_at:
            return History(begins_at=iso(ends_at), ends_at=iso(ends_at), points=[])
        _refuse_many(int((ends_at - first_at) // span))  # before anything is made of so many
        begins: Sequence[int]
        if by_zone:
            begins = days_between(first_at, ends_at, zone)
            window = hours_of_days(begins, ends_at)
        else:
            window = whole(first_at, ends_at, span)
            begins = range(window.begins_at, window.ends_at, span)
        _refuse_many(len(begins))
        lines = await self.parts.store.series(window, question.selection, group_by=question.group_by)
        points = await self._points(lines, begins, is_grouped=question.group_by is not None)
        return History(begins_at=iso(begins[0]), ends_at=iso(window.ends_at), points=points)

    async def exchanges(self, question: Question, *, limit: int) -> History:
        """The newest exchanges of a period in order of time, as far as they are kept one by one."""
        events = [event async for event in self.records(question, limit=limit)]
        begins_at = events[-1].at if len(events) == limit else self._kept_since(question.period)
        points = [exchange_point(event) async for event in self._slices(events[::-1])]
        return History(begins_at=iso(begins_at), ends_at=iso(question.period.ends_at), points=points)

    async def records(self, question: Question, *, limit: int) -> AsyncIterator[UsageEvent]:
        """The newest records of a period, latest first, ``limit`` at most."""
        begins_at, ends_at = self._kept_since(question.period), question.period.ends_at
        place: Place | None = None
        left = limit
        while left > 0:
            size = min(left, PAGE)
            page = await self.parts.store.newest(begins_at, ends_at, question.selection, limit=size, before=place)
            async for event in self._slices(page):
                yield event
            if len(page) < size:
                return
            left, place = left - size, Place(at=page[-1].at, event_id=page[-1].event_id)

    async def _begin(self, period: Period, span: Span) -> float | None:
        """When a period begins in buckets of a span that are kept; None where there are none."""
        begins_at = period.begins_at
        if begins_at is None:
            begins_at = await self.parts.store.first_of(span)
        horizon = self.parts.retention().horizon(span, self.parts.clock.now())
        return None if begins_at is None else max(begins_at, horizon)

    def _kept_since(self, period: Period) -> float:
        return max(period.begins_at or 0.0, self.parts.retention().horizon(None, self.parts.clock.now()))

    async def _points(self, lines: Sequence[Line], begins: Sequence[int], *, is_grouped: bool) -> list[DataPoint]:
        found: dict[tuple[int, str], Sums] = {}
        for line in lines:
            at = day_of(line.begins_at, begins)
            before = found.get((at, line.group))
            found[at, line.group] = line.sums if before is None else before + line.sums
        groups = sorted({line.group for line in lines}) if is_grouped else [""]
        _refuse_many(len(begins) * len(groups))
        places = ((at, told, group) for at in begins for told in (iso(at),) for group in groups)
        return [
            point(told, found.get((at, group), NOTHING), group=group if is_grouped else None)
            async for at, told, group in self._slices(places)
        ]

    def _groups(self, group_by: Dimension, lines: Sequence[Line]) -> list[GroupView]:
        """The groups, what used most first."""
        dearest = sorted(lines, key=lambda line: (-line.sums.cost_nano_usd, -line.sums.request_count, line.group))
        return [
            GroupView(group=line.group, name=self.parts.name_of(group_by, line.group), **counters(line.sums))
            for line in dearest
        ]

    def _slices(self, items: Iterable[Item]) -> AsyncIterator[Item]:
        return in_slices(items, self.parts.clock)


def _refuse_many(count: int) -> None:
    if count > MOST_POINTS:
        raise InvalidPeriod(f"that would be {count} points; take a shorter period or a coarser granularity")
