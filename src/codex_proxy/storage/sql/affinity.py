"""Homes of conversations on SQLite or PostgreSQL.

Rules of this file: written in batches and not flushed, since a lost home costs a cold cache and nothing else.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select, tuple_

from codex_proxy.accounts.keeping import Home
from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables import AFFINITY_HOMES
from codex_proxy.storage.sql.transaction import Transaction

_KEY = (AFFINITY_HOMES.c.client_key_id, AFFINITY_HOMES.c.conversation_id)
_LATEST_FIRST = (AFFINITY_HOMES.c.used_at.desc(), *_KEY)


class SqlAffinityStore:
    """Implements ``AffinityStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, *, limit: int) -> tuple[Home, ...]:
        """See ``AffinityStore``."""
        return await self._database.read(lambda connection: _load(connection, limit))

    async def keep(self, homes: Sequence[Home]) -> None:
        """See ``AffinityStore``."""
        await self._database.write(lambda transaction: _keep(transaction, homes), durable=False)

    async def trim(self, *, limit: int) -> int:
        """See ``AffinityStore``."""
        return await self._database.write(lambda transaction: _trim(transaction.connection, limit), durable=False)


def _load(connection: Connection, limit: int) -> tuple[Home, ...]:
    newest = select(AFFINITY_HOMES).order_by(*_LATEST_FIRST).limit(limit)
    return tuple(
        Home(
            conversation=(row.client_key_id, row.conversation_id),
            row_id=row.row_id,
            used_at=row.used_at,
            upstream=row.upstream,
        )
        for row in connection.execute(newest)
    )


def _keep(transaction: Transaction, homes: Sequence[Home]) -> None:
    known = transaction.known([*{home.row_id for home in homes}])
    rows = [
        {
            "client_key_id": home.conversation[0],
            "conversation_id": home.conversation[1],
            "row_id": home.row_id,
            "used_at": home.used_at,
            "upstream": home.upstream,
        }
        for home in homes
        if home.row_id in known
    ]
    transaction.upsert(AFFINITY_HOMES, rows, newer_by="used_at")


def _trim(connection: Connection, limit: int) -> int:
    surplus = select(*_KEY).order_by(*_LATEST_FIRST).offset(limit)
    return connection.execute(delete(AFFINITY_HOMES).where(tuple_(*_KEY).in_(surplus))).rowcount
