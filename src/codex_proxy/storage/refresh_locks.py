"""Refresh locks between processes: files of the data directory.  PostgreSQL's own, for replicas, are in ``postgres``.

Rules of this file: a lock is freed by the death of its holder, and by nothing else before it is done.  A waiter asks
again and again: what waits in the kernel or in a server cannot be called back without losing its lock.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from codex_proxy.storage.file_locks import FileLock
from codex_proxy.storage.sql.database import unusable

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
                held = await asked_within(wait_seconds, ask)
            yield held
        finally:
            lock.free()


async def asked_within(wait_seconds: float, ask: Callable[[], Awaitable[bool]]) -> bool:
    """Whether the answer was yes, at the first asking or, with pauses between, within this time."""
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
