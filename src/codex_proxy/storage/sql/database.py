"""The database: reads in a snapshot, writes one after another, each whole or not at all.

Rules of this file: what has begun is seen to its end although whoever asked for it was cancelled: a new pair of tokens
must not be lost because a client left, nor a connection to SQLite be dropped with its thread at work.  Foreign
exceptions end here, as ``StoreUnusable``.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sealing.sources import Seals
from codex_proxy.storage.sql.engines import Engines
from codex_proxy.storage.sql.transaction import Transaction

Answer = TypeVar("Answer")


class Database(Protocol):
    """What the stores ask; both verbs raise ``StoreUnusable``.

    What they are given to call is called in another thread where the database is SQLite.
    """

    async def read(self, question: Callable[[Connection], Answer]) -> Answer:
        """Ask within one snapshot; nothing can be written."""
        ...

    async def write(self, change: Callable[[Transaction], Answer], *, durable: bool = True) -> Answer:
        """Change; ``durable`` changes have reached the disk when this returns."""
        ...

    async def close(self) -> None:
        """Finish what has begun and let go."""
        ...


class OpenDatabase:
    """A database that can be used."""

    def __init__(self, engines: Engines, seals: Seals) -> None:
        self._engines = engines
        self._seals = seals
        self._turn = asyncio.Lock()
        self._running: set[asyncio.Task[Any]] = set()

    async def read(self, question: Callable[[Connection], Answer]) -> Answer:
        """See ``Database``."""
        return await self._seen_to_its_end(self._read(question))

    async def write(self, change: Callable[[Transaction], Answer], *, durable: bool = True) -> Answer:
        """See ``Database``."""
        return await self._seen_to_its_end(self._write(change, durable=durable))

    async def close(self) -> None:
        """See ``Database``."""
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._engines.close()

    async def _seen_to_its_end(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _read(self, question: Callable[[Connection], Answer]) -> Answer:
        with unusable(f"{self._engines.name} cannot be read"):
            return await self._engines.reader.run(question)

    async def _write(self, change: Callable[[Transaction], Answer], *, durable: bool) -> Answer:
        way = self._engines.durable_writer if durable else self._engines.writer
        with unusable(f"{self._engines.name} cannot be written"):
            async with self._turn:
                return await way.run(lambda connection: change(Transaction(connection, self._seals)))


class RefusingDatabase:
    """A database that could not be opened: nothing is read from it, and nothing written to it."""

    def __init__(self, message: str) -> None:
        self._message = message

    async def read(self, question: Callable[[Connection], Answer]) -> Answer:
        """See ``Database``."""
        raise StoreUnusable(self._message)

    async def write(self, change: Callable[[Transaction], Answer], *, durable: bool = True) -> Answer:
        """See ``Database``."""
        raise StoreUnusable(self._message)

    async def close(self) -> None:
        """See ``Database``."""


@contextlib.contextmanager
def unusable(what: str) -> Iterator[None]:
    """Make what a database or its driver raises into ``StoreUnusable``, with the reason and without any value."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        raise StoreUnusable(f"{what}: {reason_of(error)}") from error


def reason_of(error: SQLAlchemyError | OSError) -> str:
    """Why, in one line; of a database's words the first only, since the next may quote a row."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return str(error.orig).splitlines()[0]
    return getattr(error, "strerror", None) or type(error).__name__
