"""Usage statistics: ``/admin/usage-stats/summary``, ``/history`` and ``/export``.

Rules of this file: looking changes nothing.  Source: spec, accounts, 11.
"""

from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import get
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from codex_proxy.operations.usage_stats.periods import ALL, UTC_NAME, Granularity, InvalidPeriod, Period
from codex_proxy.operations.usage_stats.spreadsheet import MEDIA_TYPE, heading, lines
from codex_proxy.operations.usage_stats.statistics import Question, UsageStatistics
from codex_proxy.operations.usage_stats.views import DataPoint, exchange_point
from codex_proxy.server.admin.usage_stats.asking import (
    A_DAY,
    MOST_EXPORTED,
    Apart,
    AskedPeriod,
    Fineness,
    GroupBy,
    Limit,
    Zone,
    asked_period,
    asked_selection,
    dimension_of,
)
from codex_proxy.server.admin.usage_stats.shapes import HistoryAnswer, SummaryAnswer, history_answer, summary_answer
from codex_proxy.usage.records import UsageEvent
from codex_proxy.usage.store import Selection

SUMMARY_PATH: Final = "/admin/usage-stats/summary"
HISTORY_PATH: Final = "/admin/usage-stats/history"
EXPORT_PATH: Final = "/admin/usage-stats/export"
FILE_NAME: Final = "usage.csv"
LINES_AT_ONCE: Final = 100

_ASKED: Final[dict[str, Any]] = {
    "selection": Provide(asked_selection, sync_to_thread=False),
    "period": Provide(asked_period, sync_to_thread=False),
}


def usage_stats_routes(statistics: UsageStatistics) -> list[HTTPRouteHandler]:
    """The routes."""
    return [_summary_route(statistics), _history_route(statistics), _export_route(statistics)]


def _summary_route(statistics: UsageStatistics) -> HTTPRouteHandler:
    @get(SUMMARY_PATH, dependencies=_ASKED, summary="Usage in sum")
    async def usage_summary(
        selection: NamedDependency[Selection], period: NamedDependency[AskedPeriod], group_by: Apart = None
    ) -> SummaryAnswer:
        """What was used in a period (all there is where none is told), all in all and by group, dearest first."""
        question = Question(
            period=_resolved(statistics, period, otherwise=ALL), selection=selection, group_by=dimension_of(group_by)
        )
        return summary_answer(statistics, await statistics.summary(question), is_grouped=group_by is not None)

    return usage_summary


def _history_route(statistics: UsageStatistics) -> HTTPRouteHandler:
    @get(HISTORY_PATH, dependencies=_ASKED, summary="Usage over time")
    async def usage_history(
        *,
        selection: NamedDependency[Selection],
        period: NamedDependency[AskedPeriod],
        group_by: Apart = None,
        granularity: Fineness = Granularity.HOURLY,
        tz: Zone = UTC_NAME,
        limit: Limit = 1000,
    ) -> HistoryAnswer:
        """What was used in each bucket of a period (the last day where none is told), those without any use as well.

        Buckets are of UTC but for days, which are those of ``tz``.  Five-minute buckets and single exchanges are kept
        for ``usage_stats.event_retention_days``, hourly ones for ``usage_stats.history_retention_days``.
        """
        is_raw = _is_raw(granularity, group_by)
        if is_raw and period.hours == ALL:
            raise InvalidPeriod("raw is for some hours, or from and to; the export has all of it")
        question = Question(
            period=_resolved(statistics, period, otherwise=A_DAY),
            selection=selection,
            group_by=dimension_of(group_by),
            granularity=granularity,
            zone=tz,
        )
        told = await (statistics.exchanges(question, limit=limit) if is_raw else statistics.history(question))
        return history_answer(told, question, hours=period.shown_hours)

    return usage_history


def _export_route(statistics: UsageStatistics) -> HTTPRouteHandler:
    @get(EXPORT_PATH, dependencies=_ASKED, media_type=MEDIA_TYPE, summary="Usage as CSV")
    async def usage_export(
        *,
        selection: NamedDependency[Selection],
        period: NamedDependency[AskedPeriod],
        group_by: Apart = None,
        granularity: Fineness = Granularity.RAW,
        tz: Zone = UTC_NAME,
    ) -> Stream:
        """The same as a file for a spreadsheet; raw has a line for each exchange, the newest first."""
        question = Question(
            period=_resolved(statistics, period, otherwise=ALL),
            selection=selection,
            group_by=dimension_of(group_by),
            granularity=granularity,
            zone=tz,
        )
        if _is_raw(granularity, group_by):
            events = statistics.records(question, limit=MOST_EXPORTED)
            content = _exchange_lines(await anext(events, None), events)
        else:
            told = await statistics.history(question)
            content = _point_lines(told.points, is_grouped=group_by is not None)
        headers = {"content-disposition": f'attachment; filename="{FILE_NAME}"'}
        return Stream(content, media_type=MEDIA_TYPE, headers=headers)

    return usage_export


def _resolved(statistics: UsageStatistics, period: AskedPeriod, *, otherwise: str) -> Period:
    return period.resolved(now=statistics.parts.clock.now(), otherwise=otherwise)


def _is_raw(granularity: Granularity, group_by: GroupBy | None) -> bool:
    if granularity is Granularity.RAW and group_by is not None:
        raise InvalidPeriod("raw tells every exchange apart; leave group_by out")
    return granularity is Granularity.RAW


async def _exchange_lines(first: UsageEvent | None, rest: AsyncIterator[UsageEvent]) -> AsyncIterator[str]:
    """Lines of exchanges, some at a time; the first is known, so that a store that fails is told before."""
    batch = [heading(is_raw=True, is_grouped=False), *([] if first is None else [_exchange_line(first)])]
    async for event in rest:
        batch.append(_exchange_line(event))
        if len(batch) >= LINES_AT_ONCE:
            yield "".join(batch)
            batch = []
    yield "".join(batch)


async def _point_lines(points: list[DataPoint], *, is_grouped: bool) -> AsyncIterator[str]:
    yield heading(is_raw=False, is_grouped=is_grouped)
    for start in range(0, len(points), LINES_AT_ONCE):
        yield lines(points[start : start + LINES_AT_ONCE])


def _exchange_line(event: UsageEvent) -> str:
    return lines([exchange_point(event)])
