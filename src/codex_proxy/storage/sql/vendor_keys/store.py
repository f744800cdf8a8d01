"""Vendor keys on SQLite or PostgreSQL.

Rules of this file: a key is told apart by what it holds, within the transaction that adds it, since secrets can only be
compared when they are open.  Two states of the store never have the same count of keys and latest revision: revisions
only grow, and a key that goes takes its own along.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from codex_proxy.storage.sealing.ring import Unseal
from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.vendor_keys import VENDOR_KEY_MODELS, VENDOR_KEYS
from codex_proxy.storage.sql.transaction import Transaction
from codex_proxy.storage.sql.vendor_keys.rows import STANDING_COLUMNS, columns_of, key_of, model_rows
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.store import Change, Kept, KeptKeys, Version, is_same, joined


class SqlVendorKeyStore:
    """Implements ``VendorKeyStore``."""

    def __init__(self, database: Database, unseal: Unseal) -> None:
        self._database = database
        self._unseal = unseal

    async def load(self) -> KeptKeys:
        """See ``VendorKeyStore``."""
        return await self._database.read(self._load)

    async def load_newer(self, version: Version) -> KeptKeys | None:
        """See ``VendorKeyStore``."""
        return await self._database.read(
            lambda connection: None if _version(connection) == version else self._load(connection)
        )

    async def add(self, keys: Sequence[VendorKey]) -> tuple[Kept, ...]:
        """See ``VendorKeyStore``."""
        return await self._database.write(lambda transaction: tuple(_add_all(transaction, keys)))

    async def change(self, row_ids: Sequence[str], change: Change) -> tuple[VendorKey, ...]:
        """See ``VendorKeyStore``."""
        return await self._database.write(lambda transaction: tuple(_change_all(transaction, row_ids, change)))

    async def keep_standing(self, keys: Sequence[VendorKey]) -> None:
        """See ``VendorKeyStore``."""
        if keys:
            await self._database.write(lambda transaction: _keep_standing(transaction, keys), durable=False)

    def _load(self, connection: Connection) -> KeptKeys:
        return KeptKeys(version=_version(connection), keys=tuple(_all(connection, self._unseal)))


def _version(connection: Connection) -> Version:
    count, latest = connection.execute(select(func.count(), func.max(VENDOR_KEYS.c.revision))).one()
    return count, latest or 0


def _all(connection: Connection, unseal: Unseal) -> list[VendorKey]:
    rows = connection.execute(select(VENDOR_KEYS).order_by(VENDOR_KEYS.c.added_at, VENDOR_KEYS.c.row_id)).all()
    models: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for model in connection.execute(select(VENDOR_KEY_MODELS).order_by(VENDOR_KEY_MODELS.c.position)):
        models[model.row_id].append(model)
    return [key_of(row, models[row.row_id], unseal) for row in rows]


def _add_all(transaction: Transaction, keys: Sequence[VendorKey]) -> list[Kept]:
    there = {key.row_id: key for key in _all(transaction.connection, transaction.open)}
    kept = []
    for key in keys:
        known = next((each for each in there.values() if is_same(each, key)), None)
        after = _insert(transaction, key) if known is None else _write(transaction, known, joined(known, key))
        there[after.row_id] = after
        kept.append(Kept(key=after, before=known))
    return kept


def _insert(transaction: Transaction, key: VendorKey) -> VendorKey:
    added = replace(key, revision=next(transaction.next_revisions(1)))
    columns = columns_of(added, transaction.seal) | {"revision": added.revision}
    transaction.connection.execute(insert(VENDOR_KEYS).values(columns))
    _write_models(transaction, added)
    return added


def _change_all(transaction: Transaction, row_ids: Sequence[str], change: Change) -> list[VendorKey]:
    there = {key.row_id: key for key in _all(transaction.connection, transaction.open)}
    left = []
    for before in (there[row_id] for row_id in dict.fromkeys(row_ids) if row_id in there):
        after = change(before)
        if after is None:
            gone = delete(VENDOR_KEYS).where(VENDOR_KEYS.c.row_id == before.row_id)
            transaction.connection.execute(gone)
        else:
            left.append(_write(transaction, before, after))
    return left


def _write(transaction: Transaction, before: VendorKey, after: VendorKey) -> VendorKey:
    """Write what differs, after which the key is ``after`` with a new revision; nothing, where nothing does."""
    columns = columns_of(after, transaction.seal, before=before)
    has_other_models = after.models != before.models
    if not columns and not has_other_models:
        return before
    written = replace(after, revision=next(transaction.next_revisions(1)))
    changed = update(VENDOR_KEYS).where(VENDOR_KEYS.c.row_id == before.row_id)
    transaction.connection.execute(changed.values(columns | {"revision": written.revision}))
    if has_other_models:
        gone = delete(VENDOR_KEY_MODELS).where(VENDOR_KEY_MODELS.c.row_id == before.row_id)
        transaction.connection.execute(gone)
        _write_models(transaction, written)
    return written


def _write_models(transaction: Transaction, key: VendorKey) -> None:
    if key.models:
        transaction.connection.execute(insert(VENDOR_KEY_MODELS), model_rows(key))


def _keep_standing(transaction: Transaction, keys: Sequence[VendorKey]) -> None:
    same = (VENDOR_KEYS.c.row_id == bindparam("row"), VENDOR_KEYS.c.revision == bindparam("seen"))
    kept = update(VENDOR_KEYS).where(*same).values({name: bindparam(f"new_{name}") for name in STANDING_COLUMNS})
    rows = [
        {"row": key.row_id, "seen": key.revision, **{f"new_{name}": getattr(key, name) for name in STANDING_COLUMNS}}
        for key in keys
    ]
    transaction.connection.execute(kept, rows)
