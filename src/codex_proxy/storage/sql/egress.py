"""Egress proxies and who leaves through which, on SQLite or PostgreSQL.

Rules of this file: a proxy's URL is sealed, it may hold a password; every change is one more revision.
"""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, select, update

from codex_proxy.accounts.keeping import Egresses, EgressHealth, EgressProxy
from codex_proxy.storage.sealing.ring import Unseal
from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.egress import EGRESS_ASSIGNMENTS, EGRESS_PROXIES
from codex_proxy.storage.sql.tables.metadata import place_of
from codex_proxy.storage.sql.tables.state import STORE_STATE
from codex_proxy.storage.sql.transaction import Transaction

_HEALTH = EgressHealth.__struct_fields__


class SqlEgressStore:
    """Implements ``EgressStore``."""

    def __init__(self, database: Database, unseal: Unseal) -> None:
        self._database = database
        self._unseal = unseal

    async def load(self) -> Egresses:
        """See ``EgressStore``."""
        return await self._database.read(self._load)

    async def load_newer(self, revision: int) -> Egresses | None:
        """See ``EgressStore``."""
        return await self._database.read(
            lambda connection: None if _revision(connection) == revision else self._load(connection)
        )

    async def put(self, proxies: Sequence[EgressProxy]) -> None:
        """See ``EgressStore``."""
        await self._database.write(lambda transaction: _put(transaction, proxies))

    async def keep_health(self, healths: Mapping[str, EgressHealth]) -> None:
        """See ``EgressStore``."""
        await self._database.write(lambda transaction: _keep_health(transaction, healths), durable=False)

    async def remove(self, proxy_id: str, *, reassign: str | None) -> tuple[str, ...] | None:
        """See ``EgressStore``."""
        return await self._database.write(lambda transaction: _remove(transaction, proxy_id, reassign))

    async def assign(self, assignments: Mapping[str, str | None]) -> None:
        """See ``EgressStore``."""
        await self._database.write(lambda transaction: _assign(transaction, assignments))

    def _load(self, connection: Connection) -> Egresses:
        proxies = connection.execute(select(EGRESS_PROXIES).order_by(EGRESS_PROXIES.c.proxy_id)).all()
        assigned = connection.execute(select(EGRESS_ASSIGNMENTS))
        return Egresses(
            revision=_revision(connection),
            proxies=tuple(self._proxy(row) for row in proxies),
            assignments={row.row_id: row.target for row in assigned},
        )

    def _proxy(self, row: Row[tuple[object, ...]]) -> EgressProxy:
        columns = row._asdict()
        health = {name: columns.pop(name) for name in _HEALTH}
        columns["url"] = self._unseal(row.url, place_of(EGRESS_PROXIES.c.url, row.proxy_id))
        columns["health"] = None if health["checked_at"] is None else EgressHealth(**health)
        return EgressProxy(**columns)


def _revision(connection: Connection) -> int:
    revision: int = connection.execute(select(STORE_STATE.c.egress_revision)).scalar_one()
    return revision


def _put(transaction: Transaction, proxies: Sequence[EgressProxy]) -> None:
    rows = [
        {
            "proxy_id": proxy.proxy_id,
            "name": proxy.name,
            "url": transaction.seal(proxy.url, place_of(EGRESS_PROXIES.c.url, proxy.proxy_id)),
            "enabled": proxy.enabled,
            "added_at": proxy.added_at,
        }
        for proxy in proxies
    ]
    transaction.upsert(EGRESS_PROXIES, rows)
    _keep_health(transaction, {proxy.proxy_id: proxy.health for proxy in proxies if proxy.health is not None})
    transaction.egress_changed()


def _keep_health(transaction: Transaction, healths: Mapping[str, EgressHealth]) -> None:
    if not healths:
        return
    changed = update(EGRESS_PROXIES).where(EGRESS_PROXIES.c.proxy_id == bindparam("proxy"))
    rows = [{"proxy": proxy_id, **msgspec.structs.asdict(health)} for proxy_id, health in healths.items()]
    transaction.connection.execute(changed.values({name: bindparam(name) for name in _HEALTH}), rows)
    transaction.egress_changed()


def _remove(transaction: Transaction, proxy_id: str, reassign: str | None) -> tuple[str, ...] | None:
    connection, table = transaction.connection, EGRESS_ASSIGNMENTS
    if not connection.execute(delete(EGRESS_PROXIES).where(EGRESS_PROXIES.c.proxy_id == proxy_id)).rowcount:
        return None
    named = tuple(connection.scalars(select(table.c.row_id).where(table.c.target == proxy_id).order_by(table.c.row_id)))
    _assign(transaction, dict.fromkeys(named, reassign))
    return named


def _assign(transaction: Transaction, assignments: Mapping[str, str | None]) -> None:
    known = transaction.known([*assignments])
    told = {row_id: target for row_id, target in assignments.items() if row_id in known}
    taken = [row_id for row_id, target in told.items() if target is None]
    given = [{"row_id": row_id, "target": target} for row_id, target in told.items() if target is not None]
    if taken:
        gone = delete(EGRESS_ASSIGNMENTS).where(EGRESS_ASSIGNMENTS.c.row_id == bindparam("row"))
        transaction.connection.execute(gone, [{"row": row_id} for row_id in taken])
    transaction.upsert(EGRESS_ASSIGNMENTS, given)
    transaction.egress_changed()
