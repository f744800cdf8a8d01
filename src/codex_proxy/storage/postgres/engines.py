"""The ways into a PostgreSQL.

Rules of this file: as in ``sql.engines``; the password in an address shows nowhere.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

from sqlalchemy import URL, Connection, NullPool, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.sql.engines import READER_COUNT, Engines, Way

Answer = TypeVar("Answer")

CONNECT_TIMEOUT_SECONDS: Final = 10
COMMAND_TIMEOUT_SECONDS: Final = 60  # longer than any statement of ours, waiting for its turn included


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


class _Loop:
    """Implements ``Way`` in the running loop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, work: Callable[[Connection], Answer]) -> Answer:
        """See ``Way``."""
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        """See ``Way``."""
        await self._engine.dispose()


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


def _postgres(url: URL, isolation: str, *, size: int, settings: Mapping[str, str]) -> Way:
    engine = create_async_engine(
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
    return _Loop(engine)
