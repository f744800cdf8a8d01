"""Refresh locks between replicas: PostgreSQL's own.

Rules of this file: as in ``storage.refresh_locks``.
"""

import contextlib
import hashlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from codex_proxy.storage.postgres.engines import postgres_locks_engine
from codex_proxy.storage.refresh_locks import asked_within
from codex_proxy.storage.sql.database import unusable

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine


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

                held = await asked_within(wait_seconds, ask)
            yield held
