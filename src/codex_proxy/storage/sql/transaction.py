"""A write under way: the connection, the counters of changes, and the key that seals.

Rules of this file: the first thing a write does is to lock the one row of ``store_state``, on PostgreSQL too.  So the
writes of all processes follow one another, revisions are committed in their order, and no secret is sealed with a key
that a rotation is about to drop.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, Final, cast

from sqlalchemy import Connection, Dialect, Table, insert, select, update
from sqlalchemy.sql.compiler import SQLCompiler

from codex_proxy.storage.sealing.ring import Place
from codex_proxy.storage.sealing.sources import Seals
from codex_proxy.storage.sql.tables.accounts import ACCOUNTS
from codex_proxy.storage.sql.tables.state import STORE_STATE

MOST_PARAMETERS: Final = 10_000  # SQLite takes 32,766 in one statement, PostgreSQL 32,767


class Transaction:
    """One write; committed when what it was made for returns, undone when that raises."""

    def __init__(self, connection: Connection, seals: Seals) -> None:
        self.connection = connection
        self._seals = seals
        state = connection.execute(select(STORE_STATE).with_for_update()).one()
        self._key_id: str = state.sealing_key_id

    def next_revisions(self, count: int) -> Iterator[int]:
        """The revisions of so many more changes of accounts, in order."""
        if not count:
            return iter(())
        counted = update(STORE_STATE).values(revision=STORE_STATE.c.revision + count).returning(STORE_STATE.c.revision)
        last: int = self.connection.execute(counted).scalar_one()
        return iter(range(last - count + 1, last + 1))

    def egress_changed(self) -> None:
        """Note that proxies or assignments changed."""
        self.connection.execute(update(STORE_STATE).values(egress_revision=STORE_STATE.c.egress_revision + 1))

    def seal(self, secret: str, place: Place) -> bytes:
        """Seal with the key in force; raises ``StoreUnusable``."""
        return self._seals.seal(secret, place, key_id=self._key_id)

    def open(self, sealed: bytes, place: Place) -> str:
        """What was sealed; raises ``StoreUnusable``."""
        return self._seals.open(sealed, place)

    def seal_with(self, key_id: str) -> None:
        """Seal with this key from now on, in every process; raises ``StoreUnusable`` where it is not there."""
        self._seals.require(key_id)
        self.connection.execute(update(STORE_STATE).values(sealing_key_id=key_id))
        self._key_id = key_id

    def upsert(self, table: Table, rows: Sequence[Mapping[str, Any]], *, newer_by: str | None = None) -> None:
        """Insert rows, each in place of the one with its key; with ``newer_by`` only where that column grows."""
        if not rows:
            return
        statement = _insert(self.connection.dialect, table)
        keys = [column.name for column in table.primary_key]
        changes = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        grows = None if newer_by is None else statement.excluded[newer_by] > table.c[newer_by]
        self.connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=changes, where=grows), [dict(row) for row in rows]
        )

    def insert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert whole rows."""
        self._write_rows(_inserting(self.connection.dialect, table), rows)

    def add_up(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert whole rows of numbers; those of a row whose key is there are added to that one's."""
        self._write_rows(_adding(self.connection.dialect, table), rows)

    def _write_rows(self, statement: SQLCompiler, rows: Sequence[Mapping[str, Any]]) -> None:
        """By the driver's own way: SQLAlchemy's takes longer over many rows than the database does (measured)."""
        if not rows:
            return
        names = statement.positiontup or ()
        self.connection.exec_driver_sql(str(statement), [tuple([row[name] for name in names]) for row in rows])

    def known(self, row_ids: Sequence[str]) -> frozenset[str]:
        """Which of these accounts are there."""
        return frozenset(
            row_id
            for batch in batched(row_ids)
            for row_id in self.connection.scalars(select(ACCOUNTS.c.row_id).where(ACCOUNTS.c.row_id.in_(batch)))
        )


def batched(values: Sequence[str]) -> Iterator[Sequence[str]]:
    """The values, so many at a time as one statement takes."""
    return (values[start : start + MOST_PARAMETERS] for start in range(0, len(values), MOST_PARAMETERS))


@lru_cache(maxsize=32)
def _inserting(dialect: Dialect, table: Table) -> SQLCompiler:
    return insert(table).compile(dialect=dialect)


@lru_cache(maxsize=32)
def _adding(dialect: Dialect, table: Table) -> SQLCompiler:
    statement = _insert(dialect, table)
    keys = [column.name for column in table.primary_key]
    sums = {column.name: column + statement.excluded[column.name] for column in table.c if column.name not in keys}
    return cast("SQLCompiler", statement.on_conflict_do_update(index_elements=keys, set_=sums).compile(dialect=dialect))


def _insert(dialect: Dialect, table: Table) -> Any:
    # By name, as the engine has loaded it: PostgreSQL's would take 5 MB and 0.2 s where the database is a file.
    return import_module(f"sqlalchemy.dialects.{dialect.name}").insert(table)
