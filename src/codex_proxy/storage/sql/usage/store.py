"""Records and buckets of exchanges on SQLite or PostgreSQL.

Rules of this file: what is new among records is told within the transaction that adds them to their buckets, so that
what is sent again, by whomever, counts once.  Nothing here is flushed: of a machine that loses its power the last
records are lost, of a process that is killed none that were kept.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, literal, or_, select, tuple_

from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.usage import USAGE_BUCKETS, USAGE_EVENTS
from codex_proxy.storage.sql.transaction import Transaction
from codex_proxy.storage.sql.usage.forgetting import forget
from codex_proxy.storage.sql.usage.rows import bucket_rows, event_of, event_row
from codex_proxy.usage.buckets import EVERYTHING, SUMS, TOGETHER, Span, Sums, roll_up
from codex_proxy.usage.records import UsageEvent
from codex_proxy.usage.store import Dimension, Line, Place, Selection, Window

_KEY: Final = tuple(USAGE_BUCKETS.primary_key.columns)
_AS_THEY_ARE: Final = tuple(USAGE_BUCKETS.c[name] for name in SUMS)
_SUMS: Final = tuple(map(func.sum, _AS_THEY_ARE))


class SqlUsageStore:
    """Implements ``UsageStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, events: Sequence[UsageEvent]) -> int:
        """See ``UsageStore``."""
        return await self._database.write(lambda transaction: _keep(transaction, events), durable=False)

    async def totals(
        self, windows: Sequence[Window], selection: Selection, *, group_by: Dimension | None = None
    ) -> tuple[Line, ...]:
        """See ``UsageStore``."""
        if not windows:
            return ()
        question = _asked(selection, group_by, by_time=False).where(or_(*map(_within, windows)))
        return await self._lines(question)

    async def series(
        self, window: Window, selection: Selection, *, group_by: Dimension | None = None
    ) -> tuple[Line, ...]:
        """See ``UsageStore``."""
        return await self._lines(_asked(selection, group_by, by_time=True).where(_within(window)))

    async def newest(
        self, begins_at: float, ends_at: float, selection: Selection, *, limit: int, before: Place | None = None
    ) -> tuple[UsageEvent, ...]:
        """See ``UsageStore``."""
        order = (USAGE_EVENTS.c.at, USAGE_EVENTS.c.event_id)
        question = (
            select(USAGE_EVENTS)
            .where(USAGE_EVENTS.c.at >= begins_at, USAGE_EVENTS.c.at < ends_at)
            .where(*(USAGE_EVENTS.c[name] == value for name, value in selection.values.items()))
            .order_by(*(column.desc() for column in order))
            .limit(limit)
        )
        if before is not None:
            place = tuple_(literal(before.at), literal(before.event_id))
            question = question.where(USAGE_EVENTS.c.at <= before.at, tuple_(*order) < place)
        return await self._database.read(
            lambda connection: tuple(map(event_of, connection.execute(question).mappings()))
        )

    async def first_of(self, span: Span, *, since: int = 0) -> int | None:
        """See ``UsageStore``."""
        question = select(func.min(USAGE_BUCKETS.c.begins_at)).where(USAGE_BUCKETS.c.span_seconds == int(span))
        question = question.where(USAGE_BUCKETS.c.apart == TOGETHER, USAGE_BUCKETS.c.begins_at >= since)
        return await self._database.read(lambda connection: connection.execute(question).scalar_one())

    async def trim(self, horizons: Mapping[Span, int], *, events_before: float, limit: int) -> int:
        """See ``UsageStore``."""
        return await self._database.write(
            lambda transaction: _trim(transaction.connection, horizons, events_before, limit), durable=False
        )

    async def forget(self, begins_at: int, ends_at: int, *, limit: int) -> int:
        """See ``UsageStore``."""
        return await self._database.write(
            lambda transaction: forget(transaction, begins_at, ends_at, limit=limit), durable=False
        )

    async def _lines(self, question: Select[Any]) -> tuple[Line, ...]:
        return await self._database.read(lambda connection: tuple(_told(connection.execute(question))))


def _keep(transaction: Transaction, events: Sequence[UsageEvent]) -> int:
    told = {event.event_id: event for event in reversed(events)}  # of two of one name the first
    asked = select(USAGE_EVENTS.c.event_id).where(USAGE_EVENTS.c.event_id.in_(list(told)))
    for known in transaction.connection.scalars(asked):
        del told[known]
    if told:
        transaction.insert(USAGE_EVENTS, [event_row(event) for event in told.values()])
        transaction.add_up(USAGE_BUCKETS, list(bucket_rows(roll_up(told.values()))))
    return len(told)


def _trim(connection: Connection, horizons: Mapping[Span, int], events_before: float, limit: int) -> int:
    early = select(USAGE_EVENTS.c.event_id).where(USAGE_EVENTS.c.at < events_before).limit(limit)
    gone = connection.execute(delete(USAGE_EVENTS).where(USAGE_EVENTS.c.event_id.in_(early))).rowcount
    for span, horizon in horizons.items():
        old = (USAGE_BUCKETS.c.span_seconds == int(span), USAGE_BUCKETS.c.begins_at < horizon)
        some = select(*_KEY).where(*old).limit(limit)
        gone += connection.execute(delete(USAGE_BUCKETS).where(tuple_(*_KEY).in_(some))).rowcount
    return gone


def _asked(selection: Selection, group_by: Dimension | None, *, by_time: bool) -> Select[Any]:
    begins_at, group = USAGE_BUCKETS.c.begins_at, None if group_by is None else USAGE_BUCKETS.c[group_by]
    told = (begins_at if by_time else literal(0), literal("") if group is None else group)
    by = [*([begins_at] if by_time else []), *([] if group is None else [group])]
    apart = _apart_of({*selection.values} | ({group_by} if group_by is not None else set()))
    is_added_up = by_time and apart != EVERYTHING  # one row for each time and fact: adding up takes as long as reading
    question = select(*told, *(_AS_THEY_ARE if is_added_up else _SUMS)).where(USAGE_BUCKETS.c.apart == apart)
    question = question.where(*(USAGE_BUCKETS.c[name] == value for name, value in selection.values.items()))
    return question.order_by(*by) if is_added_up else question.group_by(*by).order_by(*by)


def _apart_of(facts: Collection[str]) -> str:
    """Which buckets tell what is asked of these facts, in the fewest rows."""
    if not facts:
        return TOGETHER
    return next(iter(facts)) if len(facts) == 1 else EVERYTHING


def _within(window: Window) -> ColumnElement[bool]:
    begins_at = USAGE_BUCKETS.c.begins_at
    return and_(
        USAGE_BUCKETS.c.span_seconds == int(window.span), begins_at >= window.begins_at, begins_at < window.ends_at
    )


def _told(rows: Iterable[Any]) -> Iterator[Line]:
    """Lines; the one row without any sum, which is the answer where nothing was used, is none."""
    for begins_at, group, *sums in rows:
        if sums[0] is not None:
            yield Line(begins_at=begins_at, group=group, sums=Sums(**dict(zip(SUMS, map(int, sums), strict=True))))
