"""The ways into a database: one engine for reading, one for writing, one for writing what must not be lost.

Rules of this file: an engine that reads cannot write; the writers of SQLite take its write lock at once, as a read lock
cannot be made into one while others write.  Nothing is made here: a database that is not there is an error.
Source: recipes, storage.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from codex_proxy.accounts.store import StoreUnusable

BUSY_TIMEOUT_MS: Final = 5000
CONNECT_TIMEOUT_SECONDS: Final = 10
COMMAND_TIMEOUT_SECONDS: Final = 60  # longer than any statement of ours, waiting for its turn included
READER_COUNT: Final = 4
_FOREIGN_KEYS: Final = "foreign_keys=ON"
_WAL: Final = "journal_mode=WAL"  # kept in the file; a backup that was put back is without
_ISOLATION: Final = {"isolation_level": None}  # the driver begins nothing by itself: SQLite's DDL is undone as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The three ways in; ``name`` is what an error calls the database."""

    name: str
    reader: AsyncEngine
    writer: AsyncEngine
    durable_writer: AsyncEngine

    async def dispose(self) -> None:
        """Close every connection."""
        for engine in (self.reader, self.writer, self.durable_writer):
            await engine.dispose()


def sqlite_engines(path: Path) -> Engines:
    """Engines for a file that is there."""
    return Engines(
        name=path.name,
        reader=_sqlite(path, "BEGIN", size=READER_COUNT, pragmas=(_FOREIGN_KEYS, "query_only=ON")),
        writer=_sqlite(path, "BEGIN IMMEDIATE", size=1, pragmas=(_WAL, _FOREIGN_KEYS, "synchronous=NORMAL")),
        durable_writer=_sqlite(path, "BEGIN IMMEDIATE", size=1, pragmas=(_WAL, _FOREIGN_KEYS, "synchronous=FULL")),
    )


def plain_sqlite(path: Path, *, read_only: bool, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> Engine:
    """An engine without a loop, for looking at a file and for changing its schema.

    Foreign keys are off: a table that is copied to be changed must not take along what names its rows.
    """
    url = _sqlite_url("sqlite", path, read_only=read_only)
    engine = create_engine(url, connect_args=_ISOLATION, poolclass=NullPool, hide_parameters=True)
    begin, pragmas = ("BEGIN", ()) if read_only else ("BEGIN IMMEDIATE", (_WAL, "synchronous=FULL"))
    _prepare(engine, begin, pragmas, busy_timeout_ms=busy_timeout_ms)
    return engine


def postgres_engines(address: str) -> Engines:
    """Engines for a PostgreSQL; ``address`` is its URL.

    Raises:
        StoreUnusable: the address is none, or the driver is not installed.
    """
    url = _postgres_url(address)
    with _driver_installed():
        return Engines(
            name=f"PostgreSQL database {url.database}",
            reader=_postgres(
                url, "REPEATABLE READ", size=READER_COUNT, settings={"default_transaction_read_only": "on"}
            ),
            writer=_postgres(url, "READ COMMITTED", size=1, settings={"synchronous_commit": "off"}),
            durable_writer=_postgres(url, "READ COMMITTED", size=1, settings={}),
        )


def postgres_locks_engine(address: str) -> AsyncEngine:
    """An engine whose connections are made for one lock each; see ``postgres_engines``."""
    with _driver_installed():
        return create_async_engine(
            _postgres_url(address), poolclass=NullPool, isolation_level="AUTOCOMMIT", hide_parameters=True
        )


def _sqlite(path: Path, begin: str, *, size: int, pragmas: Sequence[str]) -> AsyncEngine:
    url = _sqlite_url("sqlite+aiosqlite", path, read_only=False)
    engine = create_async_engine(url, connect_args=_ISOLATION, pool_size=size, max_overflow=0, hide_parameters=True)
    _prepare(engine.sync_engine, begin, pragmas)
    return engine


def _sqlite_url(driver: str, path: Path, *, read_only: bool) -> URL:
    # Never the mode that makes a file: an empty one in the place of one that was removed has no accounts.
    mode = "ro" if read_only else "rw"
    return URL.create(driver, database=f"file:{quote(str(path.resolve()))}", query={"mode": mode, "uri": "true"})


def _prepare(engine: Engine, begin: str, pragmas: Sequence[str], *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
    def connected(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={busy_timeout_ms}", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))


def _postgres_url(address: str) -> URL:
    try:
        return make_url(address).set(drivername="postgresql+asyncpg")
    except ArgumentError as error:
        raise StoreUnusable("the address of the PostgreSQL database is not a URL") from error


@contextlib.contextmanager
def _driver_installed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise StoreUnusable("PostgreSQL needs the extra `postgres`: install codex-proxy[postgres]") from error


def _postgres(url: URL, isolation: str, *, size: int, settings: Mapping[str, str]) -> AsyncEngine:
    return create_async_engine(
        url,
        connect_args={
            "server_settings": dict(settings),
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "command_timeout": COMMAND_TIMEOUT_SECONDS,
        },
        isolation_level=isolation,
        pool_size=size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
    )
