"""Where the stores under test are: a file, or a PostgreSQL that runs for as long as the tests do.

The stores of accounts in SQLite and PostgreSQL are opened as the program opens them.
"""

import contextlib
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from codex_proxy.accounts.keeping import AffinityStore, CookieStore, EgressStore, RefreshLocks, UpstreamIdentityStore
from codex_proxy.accounts.store import AccountStore
from codex_proxy.storage.opening import DATABASE_FILE, Stores, open_stores
from codex_proxy.storage.sealing.sources import KeyFile, KeySource
from codex_proxy.usage.store import UsageStore
from codex_proxy.vendors.store import VendorKeyStore
from tests.stores.memory_keeping import (
    MemoryAffinityStore,
    MemoryCookieStore,
    MemoryEgressStore,
    MemoryRefreshLocks,
    MemoryUpstreamIdentityStore,
)
from tests.stores.memory_store import MemoryAccountStore
from tests.stores.memory_usage import MemoryUsageStore
from tests.stores.memory_vendor_keys import MemoryVendorKeyStore

NOW = 1_790_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One of each kind of store, on one place."""

    accounts: AccountStore
    affinity: AffinityStore
    identities: UpstreamIdentityStore
    cookies: CookieStore
    egress: EgressStore
    vendor_keys: VendorKeyStore
    usage: UsageStore
    locks: RefreshLocks


def in_memory() -> Kept:
    """Empty stores that keep nothing."""
    accounts = MemoryAccountStore()
    return Kept(
        accounts=accounts,
        affinity=MemoryAffinityStore(accounts.row_ids),
        identities=MemoryUpstreamIdentityStore(accounts.row_ids),
        cookies=MemoryCookieStore(accounts.row_ids),
        egress=MemoryEgressStore(accounts.row_ids),
        vendor_keys=MemoryVendorKeyStore(),
        usage=MemoryUsageStore(),
        locks=MemoryRefreshLocks(),
    )


def of(stores: Stores) -> Kept:
    """The stores as the suites see them."""
    return Kept(
        accounts=stores.accounts,
        affinity=stores.affinity,
        identities=stores.identities,
        cookies=stores.cookies,
        egress=stores.egress,
        vendor_keys=stores.vendor_keys,
        usage=stores.usage,
        locks=stores.locks,
    )


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL of our own, on a socket in a directory of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # its import wants a directory of the desktop's
        from pgserver.postgres_server import get_server  # noqa: PLC0415 - it looks for places at import

    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = get_server(folder, cleanup_mode="stop")
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


async def emptied(address: str) -> str:
    """The same PostgreSQL as it is after its first opening, before a key was chosen."""
    engine = create_async_engine(address.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        if await connection.run_sync(lambda plain: inspect(plain).has_table("store_state")):
            await connection.execute(
                text("TRUNCATE accounts, removed_accounts, egress_proxies, marks, vendor_keys CASCADE")
            )
            await connection.execute(text("TRUNCATE usage_events, usage_buckets"))
            begun_anew = "revision = 0, egress_revision = 0, sealing_key_id = NULL, forgotten_revision = NULL"
            await connection.execute(text(f"UPDATE store_state SET {begun_anew}"))
    await engine.dispose()
    return address


@contextlib.asynccontextmanager
async def opened(place: Path | str, *, keys: KeySource | None = None, folder: Path) -> AsyncIterator[Stores]:
    """The stores at a place while the block runs; ``folder`` is the data directory."""
    where = place / DATABASE_FILE if isinstance(place, Path) else place
    stores = await open_stores(where, keys=keys or KeyFile(folder), now=NOW)
    try:
        yield stores
    finally:
        await stores.close()


def bytes_of(folder: Path) -> bytes:
    """Everything that the store in a data directory has written."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob(f"{DATABASE_FILE}*")))
