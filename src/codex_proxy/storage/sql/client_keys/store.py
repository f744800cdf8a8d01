"""Handed-out client keys on SQLite or PostgreSQL.

Rules of this file: as with vendor keys, two states never have the same count of keys and latest revision.  What of
the ledger is reserved, spent and refused stands in ``ledger``.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from codex_proxy.access.granted.budgets import Overdrawn
from codex_proxy.access.granted.key import GrantedKey
from codex_proxy.access.granted.store import Batch, Change, Kept, SecretTaken, Standing, Version
from codex_proxy.storage.sql.client_keys import ledger
from codex_proxy.storage.sql.client_keys.rows import budget_rows, columns_of, key_of
from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.client_keys import (
    CLIENT_KEY_BUDGETS,
    CLIENT_KEY_HOURS,
    CLIENT_KEY_TOTALS,
    CLIENT_KEYS,
)
from codex_proxy.storage.sql.transaction import Transaction


class SqlGrantedKeyStore:
    """Implements ``GrantedKeyStore``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Kept:
        """See ``GrantedKeyStore``."""
        return await self._database.read(_load)

    async def load_newer(self, version: Version) -> Kept | None:
        """See ``GrantedKeyStore``."""
        return await self._database.read(
            lambda connection: None if _version(connection) == version else _load(connection)
        )

    async def add(self, key: GrantedKey) -> GrantedKey:
        """See ``GrantedKeyStore``."""
        return await self._database.write(lambda transaction: _write(transaction, key, is_new=True))

    async def change(self, key_id: str, change: Change) -> GrantedKey | None:
        """See ``GrantedKeyStore``."""

        def changed(transaction: Transaction) -> GrantedKey | None:
            before = _one(transaction.connection, key_id)
            return None if before is None else _write(transaction, change(before), is_new=False)

        return await self._database.write(changed)

    async def remove(self, key_id: str) -> bool:
        """See ``GrantedKeyStore``."""
        gone = delete(CLIENT_KEYS).where(CLIENT_KEYS.c.key_id == key_id)
        return await self._database.write(lambda transaction: bool(transaction.connection.execute(gone).rowcount))

    async def reset_used(self, key_id: str) -> None:
        """See ``GrantedKeyStore``."""

        def reset(transaction: Transaction) -> None:
            for table in (CLIENT_KEY_TOTALS, CLIENT_KEY_HOURS):
                transaction.connection.execute(delete(table).where(table.c.key_id == key_id))

        await self._database.write(reset)

    async def standings(self, key_ids: Collection[str], *, now: float) -> Mapping[str, Standing]:
        """See ``GrantedKeyStore``."""
        return await self._database.read(lambda connection: ledger.standings(connection, key_ids, now=now))

    async def book(self, batch: Batch, *, now: float) -> Sequence[Overdrawn | None]:
        """See ``GrantedKeyStore``."""
        # A reservation that a power failure undoes is of a request that the failure ended as well.
        return await self._database.write(
            lambda transaction: ledger.book(transaction.connection, batch, now=now), durable=False
        )


def _version(connection: Connection) -> Version:
    count, latest = connection.execute(select(func.count(), func.max(CLIENT_KEYS.c.revision))).one()
    return count, latest or 0


def _load(connection: Connection) -> Kept:
    rows = connection.execute(select(CLIENT_KEYS).order_by(CLIENT_KEYS.c.created_at, CLIENT_KEYS.c.key_id)).all()
    budgets: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for budget in connection.execute(select(CLIENT_KEY_BUDGETS)):
        budgets[budget.key_id].append(budget)
    return Kept(version=_version(connection), keys=tuple(key_of(row, budgets[row.key_id]) for row in rows))


def _one(connection: Connection, key_id: str) -> GrantedKey | None:
    row = connection.execute(select(CLIENT_KEYS).where(CLIENT_KEYS.c.key_id == key_id)).one_or_none()
    if row is None:
        return None
    budgets = select(CLIENT_KEY_BUDGETS).where(CLIENT_KEY_BUDGETS.c.key_id == key_id)
    return key_of(row, connection.execute(budgets).all())


def _write(transaction: Transaction, key: GrantedKey, *, is_new: bool) -> GrantedKey:
    written = replace(key, revision=next(transaction.next_revisions(1)))
    columns = columns_of(written)
    changed = update(CLIENT_KEYS).where(CLIENT_KEYS.c.key_id == key.key_id)
    try:
        transaction.connection.execute((insert(CLIENT_KEYS) if is_new else changed).values(columns))
    except IntegrityError as error:
        raise SecretTaken("another key has this secret") from error
    gone = delete(CLIENT_KEY_BUDGETS).where(CLIENT_KEY_BUDGETS.c.key_id == key.key_id)
    transaction.connection.execute(gone)
    if key.budgets:
        transaction.connection.execute(insert(CLIENT_KEY_BUDGETS), budget_rows(key))
    return written
