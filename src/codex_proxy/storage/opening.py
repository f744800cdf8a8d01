"""Opening what keeps accounts and keys: SQLite in a file, or a PostgreSQL.

Rules of this file: a store that cannot be used is copied away, told about and left alone; nothing is read from it and
nothing written, and never does an empty one take its place.  Before a schema changes there is a backup.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from codex_proxy.access.granted.store import GrantedKeyStore
from codex_proxy.accounts.keeping import (
    AffinityStore,
    CookieStore,
    EgressStore,
    LoadFailure,
    PersistenceHealth,
    RefreshLocks,
    UpstreamIdentityStore,
)
from codex_proxy.accounts.store import AccountStore, StoreUnusable
from codex_proxy.storage.file_locks import LOCKS_FOLDER
from codex_proxy.storage.private_files import make_private_directory
from codex_proxy.storage.refresh_locks import FileRefreshLocks
from codex_proxy.storage.sealing.ring import KeyRing, Unseal, Unsealable
from codex_proxy.storage.sealing.sources import KeySource, Seals
from codex_proxy.storage.sql.accounts.store import SqlAccountStore
from codex_proxy.storage.sql.client_keys.store import SqlGrantedKeyStore
from codex_proxy.storage.sql.conversations import SqlAffinityStore, SqlUpstreamIdentityStore
from codex_proxy.storage.sql.cookies import SqlCookieStore
from codex_proxy.storage.sql.database import Database, OpenDatabase, RefusingDatabase, unusable
from codex_proxy.storage.sql.egress import SqlEgressStore
from codex_proxy.storage.sql.engines import Engines, sqlite_engines
from codex_proxy.storage.sql.marks import SqlMarks
from codex_proxy.storage.sql.resealing import adopt_key, reseal, sealing_key_id
from codex_proxy.storage.sql.usage.store import SqlUsageStore
from codex_proxy.storage.sql.vendor_keys.store import SqlVendorKeyStore
from codex_proxy.storage.upkeep.backups import back_up
from codex_proxy.storage.upkeep.quarantine import quarantine
from codex_proxy.storage.upkeep.revisions import bring_up_to_date
from codex_proxy.storage.upkeep.sqlite_files import Unreadable, look, make, make_private, update
from codex_proxy.usage.store import UsageStore
from codex_proxy.vendors.store import VendorKeyStore

DATABASE_FILE: Final = "codex-proxy.sqlite"  # `accounts.sqlite` is the Node system's, whose store may lie here too
_ADVICE: Final = "nothing is read from it or written to it; put a backup in its place, or move it away to begin anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that is kept.  Where ``health`` is not ok every verb raises ``StoreUnusable``."""

    accounts: AccountStore
    affinity: AffinityStore
    identities: UpstreamIdentityStore
    cookies: CookieStore
    egress: EgressStore
    vendor_keys: VendorKeyStore
    client_keys: GrantedKeyStore
    usage: UsageStore
    marks: SqlMarks
    locks: RefreshLocks
    health: PersistenceHealth
    database: Database

    async def reseal(self, key_id: str) -> int:
        """Seal everything with this key; raises ``StoreUnusable``.  See ``sealing.rotation``."""
        return await reseal(self.database, key_id=key_id)

    async def close(self) -> None:
        """Finish what has begun and let go; nothing may be asked after it."""
        await self.database.close()


async def open_stores(
    place: Path | str, *, keys: KeySource, now: float, learn: Callable[[str], None] = lambda _: None
) -> Stores:
    """Open the store in a file, made where there is none, or at the URL of a PostgreSQL.

    ``now`` is epoch seconds; ``learn`` hears every secret that is kept or was.  Whoever opens it closes it.  Nothing is
    raised: what is wrong is in ``health``.
    """
    locks = _locks_of(place)
    try:
        seals = await asyncio.to_thread(partial(Seals, keys, learn=learn))
        if isinstance(place, Path):
            await asyncio.to_thread(_prepare_file, place, seals, now)
            return await _opened(sqlite_engines(place), seals, locks)
        return await _opened(await _prepared_postgres(place, seals), seals, locks)
    except Unreadable as error:
        health = await asyncio.to_thread(_put_away, error, now)
    except StoreUnusable as error:
        health = PersistenceHealth(ok=False, reason=LoadFailure.UNQUARANTINED, message=str(error))
    return _stores(RefusingDatabase(health.message or ""), KeyRing(()).open, locks, health)


async def _prepared_postgres(address: str, seals: Seals) -> Engines:
    engines: Engines = _postgres("engines").postgres_engines(address)
    try:
        with unusable(f"{engines.name} cannot be used"):
            await engines.durable_writer.run(partial(_prepare_tables, seals=seals))
    except StoreUnusable:
        await engines.close()
        raise
    return engines


async def _opened(engines: Engines, seals: Seals, locks: RefreshLocks) -> Stores:
    database = OpenDatabase(engines, seals)
    try:
        await database.write(lambda _: None)
    except StoreUnusable:
        await database.close()
        raise
    return _stores(database, seals.open, locks, PersistenceHealth())


def _prepare_file(path: Path, seals: Seals, now: float) -> None:
    with unusable(f"{path.name} cannot be used"):
        make_private_directory(path.parent)
        seen = look(path)
        if seen is None:
            make(path, key_id=seals.key_ids[0])
            seen = look(path)
        if seen is None:
            raise StoreUnusable(f"{path.name} was removed while it was being made")
        make_private(path)
        _require_key(path, seals, seen.key_id)
    if seen.steps:
        back_up(path, now=now)
        update(path)


def _prepare_tables(connection: Connection, seals: Seals) -> None:
    bring_up_to_date(connection)
    adopt_key(connection, seals.key_ids[0])
    seals.require(sealing_key_id(connection) or "")


def _require_key(path: Path, seals: Seals, key_id: str | None) -> None:
    try:
        seals.require(key_id or "")
    except Unsealable as error:
        raise Unreadable(path, str(error)) from error


def _put_away(error: Unreadable, now: float) -> PersistenceHealth:
    message = f"{error}; {_ADVICE}"
    try:
        copy = quarantine(error.path, now=now)
    except OSError:
        return PersistenceHealth(ok=False, reason=LoadFailure.UNQUARANTINED, message=message)
    return PersistenceHealth(
        ok=False, reason=LoadFailure.QUARANTINED, message=message, quarantined=True, backup_path=str(copy)
    )


def _locks_of(place: Path | str) -> RefreshLocks:
    if isinstance(place, Path):
        return FileRefreshLocks(place.parent / LOCKS_FOLDER)
    locks: RefreshLocks = _postgres("refresh_locks").PostgresRefreshLocks(place)
    return locks


def _postgres(part: str) -> Any:
    # With it come SQLAlchemy's asynchronous engine and object mapper, 8 MB and 0.4 s that a file does without.
    return import_module(f"codex_proxy.storage.postgres.{part}")


def _stores(database: Database, unseal: Unseal, locks: RefreshLocks, health: PersistenceHealth) -> Stores:
    return Stores(
        accounts=SqlAccountStore(database, unseal),
        affinity=SqlAffinityStore(database),
        identities=SqlUpstreamIdentityStore(database),
        cookies=SqlCookieStore(database, unseal),
        egress=SqlEgressStore(database, unseal),
        vendor_keys=SqlVendorKeyStore(database, unseal),
        client_keys=SqlGrantedKeyStore(database),
        usage=SqlUsageStore(database),
        marks=SqlMarks(database),
        locks=locks,
        health=health,
        database=database,
    )
