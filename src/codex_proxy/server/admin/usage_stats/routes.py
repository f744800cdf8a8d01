"""Usage statistics: ``/admin/usage-stats``, its ``/summary`` and its ``/history``; ``exporting`` has the files.

Rules of this file: looking changes nothing.  Source: spec, accounts, 11.
"""

from typing import Final

from litestar import delete, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.status_codes import HTTP_200_OK

from codex_proxy.operations.transfer.times import iso
from codex_proxy.operations.usage_stats.forgetting import UsageForgetting
from codex_proxy.operations.usage_stats.periods import ALL, UTC_NAME, Granularity, InvalidPeriod, Period
from codex_proxy.operations.usage_stats.statistics import Question, UsageStatistics
from codex_proxy.server.admin.access.entrance import scope_of, tell_more
from codex_proxy.server.admin.usage_stats.asking import (
    A_DAY,
    ASKED,
    Apart,
    AskedPeriod,
    Fineness,
    From,
    GroupBy,
    Limit,
    To,
    Zone,
    dimension_of,
    told_moment,
)
from codex_proxy.server.admin.usage_stats.exporting import export_route
from codex_proxy.server.admin.usage_stats.shapes import (
    ForgottenAnswer,
    HistoryAnswer,
    SummaryAnswer,
    history_answer,
    summary_answer,
)
from codex_proxy.server.admin.wire.bodies import ControlRequest
from codex_proxy.usage.store import Selection

USAGE_PATH: Final = "/admin/usage-stats"
SUMMARY_PATH: Final = f"{USAGE_PATH}/summary"
HISTORY_PATH: Final = f"{USAGE_PATH}/history"


def usage_stats_routes(statistics: UsageStatistics) -> list[HTTPRouteHandler]:
    """The routes."""
    return [_summary_route(statistics), _history_route(statistics), export_route(statistics), _forget_route(statistics)]


def _summary_route(statistics: UsageStatistics) -> HTTPRouteHandler:
    @get(SUMMARY_PATH, dependencies=ASKED, summary="Usage in sum")
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
    @get(HISTORY_PATH, dependencies=ASKED, summary="Usage over time")
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


def _forget_route(statistics: UsageStatistics) -> HTTPRouteHandler:
    parts = statistics.parts
    forgetting = UsageForgetting(store=parts.store, retention=parts.retention, clock=parts.clock)

    @delete(USAGE_PATH, status_code=HTTP_200_OK, summary="Forget usage of a period")
    async def forget_usage(request: ControlRequest, begins_at: From, ends_at: To) -> ForgottenAnswer:
        """Forget the exchanges of a period and what they add to every sum; what keys have spent stays as it is.

        The period is whole hours of UTC, and whole days where hours are not kept any more.
        """
        told = await forgetting.forget(told_moment("from", begins_at), told_moment("to", ends_at))
        first, last = iso(told.begins_at), iso(told.ends_at)
        tell_more(scope_of(request), {"from": first, "to": last, "exchanges": told.request_count})
        return ForgottenAnswer(request_count=told.request_count, begins_at=first, ends_at=last)

    return forget_usage


def _resolved(statistics: UsageStatistics, period: AskedPeriod, *, otherwise: str) -> Period:
    return period.resolved(now=statistics.parts.clock.now(), otherwise=otherwise)


def _is_raw(granularity: Granularity, group_by: GroupBy | None) -> bool:
    if granularity is Granularity.RAW and group_by is not None:
        raise InvalidPeriod("raw tells every exchange apart; leave group_by out")
    return granularity is Granularity.RAW
