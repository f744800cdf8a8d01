"""Refresh locks between processes: files of the data directory, or PostgreSQL's own for replicas.

Rules of this file: a lock is freed by the death of its holder, and by nothing else before it is done.  A waiter asks
again and again: what waits in the kernel or in the server cannot be called back without losing its lock.
"""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from codex_proxy.storage.file_locks import FileLock
from codex_proxy.storage.sql.database import unusable
from codex_proxy.storage.sql.engines import postgres_locks_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

FIRST_PAUSE_SECONDS: Final = 0.005
LONGEST_PAUSE_SECONDS: Final = 0.1  # what a waiter may lose after the holder is done
_NAME: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")


class FileRefreshLocks:
    """Implements ``RefreshLocks`` for the processes on one data directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.asynccontextmanager
    async def hold(self, row_id: str, *, wait_seconds: float) -> AsyncIterator[bool]:
        """See ``RefreshLocks``; raises ``ValueError`` where the id cannot be a file's name."""
        if not _NAME.fullmatch(row_id):
            raise ValueError("row_id: it has to be 1 to 64 letters, digits, - and _")
        lock = FileLock(self._folder / f"refresh-{row_id}.lock")

        async def ask() -> bool:
            return lock.try_take()

        try:
            with unusable("the refresh lock cannot be taken"):
                held = await _asked_within(wait_seconds, ask)
            yield held
        finally:
            lock.free()


class PostgresRefreshLocks:
    """Implements ``RefreshLocks`` for the processes on one PostgreSQL; ``address`` is its URL.

    A lock belongs to the connection that was made for it, and closing that frees it.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._engine: AsyncEngine | None = None

    @contextlib.asynccontextmanager
    async def hold(self, row_id: str, *, wait_seconds: float) -> AsyncIterator[bool]:
        """See ``RefreshLocks``."""
        name = int.from_bytes(hashlib.sha256(f"refresh {row_id}".encode()).digest()[:8], signed=True)
        take = select(func.pg_try_advisory_lock(name))
        async with contextlib.AsyncExitStack() as stack:
            with unusable("the refresh lock cannot be taken"):
                self._engine = self._engine or postgres_locks_engine(self._address)
                connection = await stack.enter_async_context(self._engine.connect())

                async def ask() -> bool:
                    return bool(await connection.scalar(take))

                held = await _asked_within(wait_seconds, ask)
            yield held


async def _asked_within(wait_seconds: float, ask: Callable[[], Awaitable[bool]]) -> bool:
    if await ask():
        return True
    try:
        async with asyncio.timeout(wait_seconds):
            await _asked_until_free(ask)
    except TimeoutError:
        return False
    return True


async def _asked_until_free(ask: Callable[[], Awaitable[bool]]) -> None:
    pause_seconds = FIRST_PAUSE_SECONDS
    await asyncio.sleep(pause_seconds)
    while not await ask():
        pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(pause_seconds)
