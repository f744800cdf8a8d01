"""Conversations on SQLite or PostgreSQL: their homes, and who they are upstream with each account.

Rules of this file: written in batches and not flushed, since what is lost costs a cold cache and nothing else; what was
used least recently goes.  Tens of thousands are read at a start: columns are taken in the order of their table, and
what many rows tell is kept once.
"""

from collections.abc import Callable, Mapping, Sequence
from sys import intern
from typing import Any, Generic, TypeVar

from msgspec.structs import asdict
from sqlalchemy import Connection, Table, delete, select, tuple_

from codex_proxy.accounts.keeping import Home, KeptIdentity
from codex_proxy.canonical.target import UpstreamIdentity
from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.accounts import AFFINITY_HOMES, UPSTREAM_IDENTITIES
from codex_proxy.storage.sql.transaction import Transaction

Kept = TypeVar("Kept")


class _UsedLast(Generic[Kept]):
    """A table whose rows have a ``used_at`` and belong to accounts."""

    def __init__(self, database: Database, table: Table, *, read: Callable[[Any], Kept]) -> None:
        self._database = database
        self._table = table
        self._read = read
        self._key = tuple(table.primary_key.columns)
        self._latest_first = (table.c.used_at.desc(), *self._key)

    async def load(self, limit: int) -> tuple[Kept, ...]:
        newest = select(self._table).order_by(*self._latest_first).limit(limit)
        return await self._database.read(lambda connection: tuple(map(self._read, connection.execute(newest))))

    async def keep(self, rows: Sequence[Mapping[str, Any]]) -> None:
        def keep(transaction: Transaction) -> None:
            known = transaction.known([*{row["row_id"] for row in rows}])
            there = [row for row in rows if row["row_id"] in known]
            transaction.upsert(self._table, there, newer_by="used_at")

        await self._database.write(keep, durable=False)

    async def trim(self, limit: int) -> int:
        return await self._database.write(lambda transaction: self._trim(transaction.connection, limit), durable=False)

    def _trim(self, connection: Connection, limit: int) -> int:
        surplus = select(*self._key).order_by(*self._latest_first).offset(limit)
        return connection.execute(delete(self._table).where(tuple_(*self._key).in_(surplus))).rowcount


class SqlAffinityStore:
    """Implements ``AffinityStore``."""

    def __init__(self, database: Database) -> None:
        self._kept = _UsedLast(database, AFFINITY_HOMES, read=_home)

    async def load(self, *, limit: int) -> tuple[Home, ...]:
        """See ``AffinityStore``."""
        return await self._kept.load(limit)

    async def keep(self, homes: Sequence[Home]) -> None:
        """See ``AffinityStore``."""
        await self._kept.keep([_place(home) for home in homes])

    async def trim(self, *, limit: int) -> int:
        """See ``AffinityStore``."""
        return await self._kept.trim(limit)


class SqlUpstreamIdentityStore:
    """Implements ``UpstreamIdentityStore``."""

    def __init__(self, database: Database) -> None:
        self._kept = _UsedLast(database, UPSTREAM_IDENTITIES, read=_identity)

    async def load(self, *, limit: int) -> tuple[KeptIdentity, ...]:
        """See ``UpstreamIdentityStore``."""
        return await self._kept.load(limit)

    async def keep(self, identities: Sequence[KeptIdentity]) -> None:
        """See ``UpstreamIdentityStore``."""
        await self._kept.keep([_place(each) | asdict(each.identity) for each in identities])

    async def trim(self, *, limit: int) -> int:
        """See ``UpstreamIdentityStore``."""
        return await self._kept.trim(limit)


def _place(kept: Home | KeptIdentity) -> dict[str, Any]:
    client_key_id, conversation_id = kept.conversation
    return {
        "client_key_id": client_key_id,
        "conversation_id": conversation_id,
        "row_id": kept.row_id,
        "used_at": kept.used_at,
    }


def _home(row: Any) -> Home:
    client_key_id, conversation_id, row_id, used_at = row
    return Home(conversation=(intern(client_key_id), conversation_id), row_id=intern(row_id), used_at=used_at)


def _identity(row: Any) -> KeptIdentity:
    client_key_id, conversation_id, row_id, used_at, session_id, thread_id, turn_id, window_number, turn_state = row
    return KeptIdentity(
        conversation=(intern(client_key_id), conversation_id),
        row_id=intern(row_id),
        used_at=used_at,
        identity=UpstreamIdentity(
            session_id=session_id,
            thread_id=session_id if thread_id == session_id else thread_id,
            turn_id=turn_id,
            window_number=window_number,
            turn_state=turn_state,
        ),
    )
