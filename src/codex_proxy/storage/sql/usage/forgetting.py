"""Forgetting usage of a part of a day: its records, and what they add to every sum.

Rules of this file: it runs within one write.  Of a whole day the sums are taken away as they are; of a part its hours
are taken out of the day's, so that the sum of a day stays the sum of what is left of it.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from codex_proxy.storage.sql.tables.usage import USAGE_BUCKETS, USAGE_EVENTS
from codex_proxy.storage.sql.transaction import Transaction
from codex_proxy.usage.buckets import FACTS, SUMS, Span, begin_of

_OF: Final = USAGE_BUCKETS.c
_TOLD: Final = (_OF.apart, *(_OF[name] for name in FACTS))


def forget(transaction: Transaction, begins_at: int, ends_at: int, *, limit: int) -> int:
    """See ``UsageStore.forget``."""
    connection = transaction.connection
    some = select(USAGE_EVENTS.c.event_id).where(USAGE_EVENTS.c.at >= begins_at, USAGE_EVENTS.c.at < ends_at)
    gone = connection.execute(delete(USAGE_EVENTS).where(USAGE_EVENTS.c.event_id.in_(some.limit(limit)))).rowcount
    if gone < limit:
        day_at = begin_of(begins_at, Span.DAY)
        if ends_at - begins_at == Span.DAY:
            connection.execute(delete(USAGE_BUCKETS).where(*_begins(Span.DAY, day_at, ends_at)))
        else:
            _take_out(transaction, day_at, begins_at, ends_at)
        for span in (Span.FIVE_MINUTES, Span.HOUR):
            connection.execute(delete(USAGE_BUCKETS).where(*_begins(span, begins_at, ends_at)))
    return gone


def _take_out(transaction: Transaction, day_at: int, begins_at: int, ends_at: int) -> None:
    """Take some hours out of the sums of their day."""
    connection = transaction.connection
    place = {"span_seconds": int(Span.DAY), "begins_at": day_at}
    rows = [{**place, **row} for row in _hours(connection, begins_at, ends_at)]
    transaction.add_up(USAGE_BUCKETS, rows)
    of_day = _begins(Span.DAY, day_at, day_at + Span.DAY)
    connection.execute(delete(USAGE_BUCKETS).where(*of_day, _OF.request_count <= 0))


def _hours(connection: Connection, begins_at: int, ends_at: int) -> list[dict[str, Any]]:
    """What hours add to the sums of their day, below zero."""
    sums = (func.sum(_OF[name]) for name in SUMS)
    asked = select(*_TOLD, *sums).where(*_begins(Span.HOUR, begins_at, ends_at)).group_by(*_TOLD)
    return [
        dict(zip(("apart", *FACTS), row[: len(_TOLD)], strict=True))
        | {name: -int(told) for name, told in zip(SUMS, row[len(_TOLD) :], strict=True)}
        for row in connection.execute(asked)
    ]


def _begins(span: Span, begins_at: int, ends_at: int) -> tuple[ColumnElement[bool], ...]:
    return (_OF.span_seconds == int(span), _OF.begins_at >= begins_at, _OF.begins_at < ends_at)
