"""What is written of accounts often and may be lost in a power cut: conditions, counters, timelines.

Rules of this file: none of it is a change of the account; what comes for accounts that are not there is passed over.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, bindparam, delete, insert, select, update

from codex_proxy.accounts.record import AccountEvent
from codex_proxy.storage.sql.tables.accounts import ACCOUNT_EVENTS, ACCOUNTS
from codex_proxy.storage.sql.transaction import Transaction

KEPT_EVENTS: Final = 1000


def load_opaque(connection: Connection, column: Column[bytes]) -> Mapping[str, bytes]:
    """An opaque column of every account that has it, by row id."""
    rows = connection.execute(select(ACCOUNTS.c.row_id, column).where(column.is_not(None)))
    return {row.row_id: row[1] for row in rows}


def keep_opaque(transaction: Transaction, column: Column[bytes], contents: Mapping[str, bytes]) -> None:
    """Write an opaque column of some accounts."""
    if contents:
        changed = update(ACCOUNTS).where(ACCOUNTS.c.row_id == bindparam("row")).values({column: bindparam("content")})
        rows = [{"row": row_id, "content": content} for row_id, content in contents.items()]
        transaction.connection.execute(changed, rows)


def add_events(transaction: Transaction, events: Sequence[AccountEvent]) -> None:
    """Append to timelines and cut what is too much of them."""
    known = transaction.known([*{event.row_id for event in events}])
    rows = [_event_row(event) for event in events if event.row_id in known]
    if rows:
        transaction.connection.execute(insert(ACCOUNT_EVENTS), rows)
    if known:
        _cut(transaction.connection, sorted(known))


def load_events(connection: Connection, row_id: str, *, limit: int) -> tuple[AccountEvent, ...]:
    """The newest events of an account, newest first."""
    table = ACCOUNT_EVENTS
    newest = select(table).where(table.c.row_id == row_id).order_by(table.c.event_id.desc()).limit(limit)
    return tuple(
        AccountEvent(
            row_id=row.row_id,
            at=row.at,
            before=row.before,
            after=row.after,
            reason=row.reason,
            evidence=msgspec.json.decode(row.evidence, type=dict[str, str]),
        )
        for row in connection.execute(newest)
    )


def _event_row(event: AccountEvent) -> dict[str, object]:
    return msgspec.structs.asdict(event) | {"evidence": msgspec.json.encode(event.evidence).decode()}


def _cut(connection: Connection, row_ids: Sequence[str]) -> None:
    table = ACCOUNT_EVENTS
    of_account = table.c.row_id == bindparam("row")
    too_old = select(table.c.event_id).where(of_account).order_by(table.c.event_id.desc()).offset(KEPT_EVENTS).limit(1)
    cut = delete(table).where(of_account, table.c.event_id <= too_old.scalar_subquery())
    connection.execute(cut, [{"row": row_id} for row_id in row_ids])
