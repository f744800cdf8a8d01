"""The ways into a database: one engine for reading, one for writing, one for writing what must not be lost.

Rules of this file: an engine that reads cannot write; the writers of SQLite take its write lock at once, as a read lock
cannot be made into one while others write.  Nothing is made here: a database that is not there is an error.
SQLite works in threads of ours: its driver has no other way either, and a thread for a whole transaction needs neither
SQLAlchemy's asynchronous engine nor a change of threads for each statement.
Source: recipes, storage.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

Answer = TypeVar("Answer")

BUSY_TIMEOUT_MS: Final = 5000
READER_COUNT: Final = 4
_FOREIGN_KEYS: Final = "foreign_keys=ON"
_WAL: Final = "journal_mode=WAL"  # kept in the file; a backup that was put back is without
_ISOLATION: Final = {"isolation_level": None}  # the driver begins nothing by itself: SQLite's DDL is undone as well


class Way(Protocol):
    """One way in."""

    async def run(self, work: Callable[[Connection], Answer]) -> Answer:
        """What ``work`` gives, in a transaction of its own; it may be called in another thread."""
        ...

    async def close(self) -> None:
        """Close every connection; what runs is seen to its end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The three ways in; ``name`` is what an error calls the database."""

    name: str
    reader: Way
    writer: Way
    durable_writer: Way

    async def close(self) -> None:
        """Close every connection."""
        for way in (self.reader, self.writer, self.durable_writer):
            await way.close()


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
    url = _sqlite_url(path, read_only=read_only)
    engine = create_engine(url, connect_args=_ISOLATION, poolclass=NullPool, hide_parameters=True)
    begin, pragmas = ("BEGIN", ()) if read_only else ("BEGIN IMMEDIATE", (_WAL, "synchronous=FULL"))
    _prepare(engine, begin, pragmas, busy_timeout_ms=busy_timeout_ms)
    return engine


class _Threads:
    """Implements ``Way`` with as many threads as there are connections."""

    def __init__(self, engine: Engine, *, size: int) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="database")

    async def run(self, work: Callable[[Connection], Answer]) -> Answer:
        """See ``Way``."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    async def close(self) -> None:
        """See ``Way``."""
        await asyncio.to_thread(self._close)

    def _run(self, work: Callable[[Connection], Answer]) -> Answer:
        with self._engine.begin() as connection:
            return work(connection)

    def _close(self) -> None:
        self._threads.shutdown()
        self._engine.dispose()


def _sqlite(path: Path, begin: str, *, size: int, pragmas: Sequence[str]) -> Way:
    url = _sqlite_url(path, read_only=False)
    engine = create_engine(url, connect_args=_ISOLATION, pool_size=size, max_overflow=0, hide_parameters=True)
    _prepare(engine, begin, pragmas)
    return _Threads(engine, size=size)


def _sqlite_url(path: Path, *, read_only: bool) -> URL:
    # Never the mode that makes a file: an empty one in the place of one that was removed has no accounts.
    mode = "ro" if read_only else "rw"
    return URL.create("sqlite", database=f"file:{quote(str(path.resolve()))}", query={"mode": mode, "uri": "true"})


def _prepare(engine: Engine, begin: str, pragmas: Sequence[str], *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
    def connected(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={busy_timeout_ms}", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
