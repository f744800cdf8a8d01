"""An empty database of all tables, in memory, and rows as short as they may be."""

from typing import Any

from sqlalchemy import Connection, Table, create_engine, func, insert, select

from codex_proxy.storage.sql.tables.accounts import ACCOUNTS
from codex_proxy.storage.sql.tables.every import METADATA


def empty() -> Connection:
    """A connection to it; foreign keys count."""
    connection = create_engine("sqlite://").connect()
    connection.exec_driver_sql("PRAGMA foreign_keys = ON")
    METADATA.create_all(connection)
    return connection


def put(connection: Connection, table: Table, **row: Any) -> None:
    """Enter a row."""
    connection.execute(insert(table).values(row))


def put_account(connection: Connection, row_id: str) -> None:
    """Enter an account that nobody knows anything of."""
    put(
        connection,
        ACCOUNTS,
        row_id=row_id,
        issuer="https://issuer.invalid",
        enabled=True,
        fingerprint_mode="desktop",
        added_at=0.0,
        generation=0,
        revision=1,
    )


def count(connection: Connection, table: Table) -> int:
    """How many rows there are."""
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
