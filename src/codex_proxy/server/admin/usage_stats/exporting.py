"""Usage as a file: ``/admin/usage-stats/export``, as CSV for a spreadsheet or as JSON.

Rules of this file: a file is sent as it is made, some lines at a time; the first is known before, so that a store that
fails is told as such.  Source: spec, accounts, 11.3.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Reference, Schema
from litestar.response import Stream

from codex_proxy.operations.usage_stats.periods import ALL, UTC_NAME, Granularity, InvalidPeriod
from codex_proxy.operations.usage_stats.spreadsheet import MEDIA_TYPE, heading, lines
from codex_proxy.operations.usage_stats.statistics import Question, UsageStatistics
from codex_proxy.operations.usage_stats.views import DataPoint, exchange_point
from codex_proxy.server.admin.guard import JSON
from codex_proxy.server.admin.usage_stats.asking import (
    ASKED,
    MOST_EXPORTED,
    Apart,
    AskedPeriod,
    FileForm,
    Fineness,
    Form,
    Zone,
    dimension_of,
)
from codex_proxy.usage.records import UsageEvent
from codex_proxy.usage.store import Selection

EXPORT_PATH: Final = "/admin/usage-stats/export"
LINES_AT_ONCE: Final = 100
_TYPES: Final = {Form.CSV: f"{MEDIA_TYPE}; charset=utf-8", Form.JSON: JSON}
_POINT: Final = "#/components/schemas/DataPoint"

Batches = AsyncIterator[tuple[DataPoint, ...]]


@dataclass
class _InTwoForms(Operation):
    """An operation whose answer is CSV, or JSON where that is asked for."""

    def __post_init__(self) -> None:
        answer: Any = (self.responses or {}).get("200")
        points = Schema(type=OpenAPIType.ARRAY, items=Reference(ref=_POINT))
        answer.content = {**(answer.content or {}), JSON: OpenAPIMediaType(schema=points)}


def export_route(statistics: UsageStatistics) -> HTTPRouteHandler:
    """The route."""

    @get(EXPORT_PATH, dependencies=ASKED, media_type=MEDIA_TYPE, operation_class=_InTwoForms, summary="Usage as a file")
    async def usage_export(
        *,
        selection: NamedDependency[Selection],
        period: NamedDependency[AskedPeriod],
        group_by: Apart = None,
        granularity: Fineness = Granularity.RAW,
        tz: Zone = UTC_NAME,
        form: FileForm = Form.CSV,
    ) -> Stream:
        """The history as a file, by default exchange by exchange, the newest first; as JSON it is a list of points."""
        question = Question(
            period=period.resolved(now=statistics.parts.clock.now(), otherwise=ALL),
            selection=selection,
            group_by=dimension_of(group_by),
            granularity=granularity,
            zone=tz,
        )
        batches = await _batches(statistics, question)
        content = _as_json(batches) if form is Form.JSON else _as_csv(batches, question)
        headers = {"content-disposition": f'attachment; filename="usage.{form.value}"', "content-type": _TYPES[form]}
        return Stream(content, headers=headers)

    return usage_export


async def _batches(statistics: UsageStatistics, question: Question) -> Batches:
    if question.granularity is not Granularity.RAW:
        return _some_points((await statistics.history(question)).points)
    if question.group_by is not None:
        raise InvalidPeriod("raw tells every exchange apart; leave group_by out")
    events = statistics.records(question, limit=MOST_EXPORTED)
    return _some_exchanges(await anext(events, None), events)


async def _some_points(points: list[DataPoint]) -> Batches:
    for start in range(0, len(points), LINES_AT_ONCE):
        yield tuple(points[start : start + LINES_AT_ONCE])


async def _some_exchanges(first: UsageEvent | None, rest: AsyncIterator[UsageEvent]) -> Batches:
    batch = [] if first is None else [exchange_point(first)]
    async for event in rest:
        batch.append(exchange_point(event))
        if len(batch) >= LINES_AT_ONCE:
            yield tuple(batch)
            batch = []
    if batch:
        yield tuple(batch)


async def _as_csv(batches: Batches, question: Question) -> AsyncIterator[str]:
    yield heading(is_raw=question.granularity is Granularity.RAW, is_grouped=question.group_by is not None)
    async for batch in batches:
        yield lines(batch)


async def _as_json(batches: Batches) -> AsyncIterator[str]:
    between = "["
    async for batch in batches:
        for point in batch:
            yield between + msgspec.json.encode(point).decode()
            between = ",\n"
    yield "[]\n" if between == "[" else "]\n"
