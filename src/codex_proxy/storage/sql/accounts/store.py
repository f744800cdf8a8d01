"""The store of accounts on SQLite or PostgreSQL.

Rules of this file: each verb is one transaction; credentials and what the owner wants have reached the disk when it
returns, conditions, counters and timelines may lose the last moments of a power cut.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, delete, func, select, update

from codex_proxy.accounts.record import AccountEvent, AccountRecord, Death, RefreshIntent, Secrets
from codex_proxy.accounts.store import Changes, Edit, NewAccount, PutOutcome, Renewed
from codex_proxy.storage.sealing.ring import Unseal
from codex_proxy.storage.sql.accounts import journal, puts
from codex_proxy.storage.sql.accounts.refreshes import Refreshes, open_intents
from codex_proxy.storage.sql.accounts.rows import RECORD_COLUMNS, SECRET_COLUMNS, record_of, secrets_of
from codex_proxy.storage.sql.accounts.table import AccountTable, Change, find_record, find_records
from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables.accounts import ACCOUNTS, REMOVED_ACCOUNTS
from codex_proxy.storage.sql.tables.state import STORE_STATE
from codex_proxy.storage.sql.transaction import Transaction, batched


class SqlAccountStore:
    """Implements ``AccountStore``."""

    def __init__(self, database: Database, unseal: Unseal) -> None:
        self._database = database
        self._unseal = unseal

    async def load(self) -> Changes:
        """See ``AccountStore``."""
        return await self._database.read(_all)

    async def changes_since(self, revision: int) -> Changes:
        """See ``AccountStore``."""
        return await self._database.read(lambda connection: _changes(connection, revision))

    async def find(self, row_id: str) -> AccountRecord | None:
        """See ``AccountStore``."""
        return await self._database.read(lambda connection: find_record(connection, row_id))

    async def secrets(self, row_id: str) -> Secrets | None:
        """See ``AccountStore``."""
        return (await self.secrets_of([row_id])).get(row_id)

    async def secrets_of(self, row_ids: Sequence[str]) -> Mapping[str, Secrets]:
        """See ``AccountStore``."""
        return await self._database.read(lambda connection: self._secrets_of(connection, row_ids))

    async def put(self, new: NewAccount, *, now: float) -> PutOutcome:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: puts.put(transaction, new, now))

    async def put_many(self, new: Sequence[NewAccount], *, now: float) -> tuple[PutOutcome, ...]:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: puts.put_many(transaction, new, now))

    async def adopt(self, new: NewAccount) -> PutOutcome | None:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: puts.adopt(transaction, new))

    async def edit(self, row_id: str, edit: Edit) -> AccountRecord | None:
        """See ``AccountStore``."""
        return (await self.edit_many({row_id: edit})).get(row_id)

    async def edit_many(self, edits: Mapping[str, Edit]) -> Mapping[str, AccountRecord]:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: _edit_many(transaction, edits))

    async def remove(self, row_ids: Sequence[str], *, now: float) -> tuple[str, ...]:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: AccountTable(transaction).remove_all(row_ids, now=now))

    async def forget_removed(self, *, before: float) -> int:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: _forget_removed(transaction, before), durable=False)

    async def begin_refresh(self, row_id: str, *, generation: int, now: float) -> RefreshIntent | None:
        """See ``AccountStore``."""
        return await self._database.write(
            lambda transaction: Refreshes(transaction).begin(row_id, generation=generation, now=now)
        )

    async def finish_refresh(self, intent: RefreshIntent, renewed: Renewed, *, now: float) -> AccountRecord | None:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: Refreshes(transaction).finish(intent, renewed, now=now))

    async def abandon_refresh(
        self, intent: RefreshIntent, *, death: Death | None = None, unsent: bool = False, now: float
    ) -> AccountRecord | None:
        """See ``AccountStore``."""
        return await self._database.write(
            lambda transaction: Refreshes(transaction).abandon(intent, death=death, unsent=unsent, now=now)
        )

    async def open_intents(self) -> tuple[RefreshIntent, ...]:
        """See ``AccountStore``."""
        return await self._database.read(open_intents)

    async def load_conditions(self) -> Mapping[str, bytes]:
        """See ``AccountStore``."""
        return await self._database.read(lambda connection: journal.load_opaque(connection, ACCOUNTS.c.condition))

    async def keep_conditions(self, conditions: Mapping[str, bytes]) -> None:
        """See ``AccountStore``."""
        await self._keep_opaque("condition", conditions)

    async def load_counters(self) -> Mapping[str, bytes]:
        """See ``AccountStore``."""
        return await self._database.read(lambda connection: journal.load_opaque(connection, ACCOUNTS.c.counters))

    async def keep_counters(self, counters: Mapping[str, bytes]) -> None:
        """See ``AccountStore``."""
        await self._keep_opaque("counters", counters)

    async def add_events(self, events: Sequence[AccountEvent]) -> None:
        """See ``AccountStore``."""
        await self._database.write(lambda transaction: journal.add_events(transaction, events), durable=False)

    async def events(self, row_id: str, *, limit: int) -> tuple[AccountEvent, ...]:
        """See ``AccountStore``."""
        return await self._database.read(lambda connection: journal.load_events(connection, row_id, limit=limit))

    async def _keep_opaque(self, column: str, contents: Mapping[str, bytes]) -> None:
        await self._database.write(
            lambda transaction: journal.keep_opaque(transaction, ACCOUNTS.c[column], contents), durable=False
        )

    def _secrets_of(self, connection: Connection, row_ids: Sequence[str]) -> Mapping[str, Secrets]:
        sealed = select(ACCOUNTS.c.row_id, *(ACCOUNTS.c[name] for name in SECRET_COLUMNS))
        return {
            row.row_id: secrets_of(row, self._unseal)
            for batch in batched(row_ids)
            for row in connection.execute(sealed.where(ACCOUNTS.c.row_id.in_(batch)))
        }


def _all(connection: Connection) -> Changes:
    """Every account."""
    revision = connection.execute(select(STORE_STATE.c.revision)).scalar_one()
    rows = connection.execute(select(*RECORD_COLUMNS).order_by(ACCOUNTS.c.row_id)).all()
    return Changes(revision=revision, changed=tuple(map(record_of, rows)), whole=True)


def _changes(connection: Connection, since: int) -> Changes:
    revision, forgotten = connection.execute(select(STORE_STATE.c.revision, STORE_STATE.c.forgotten_revision)).one()
    if revision == since:
        return Changes(revision=revision)
    if not (forgotten or 0) <= since <= revision:  # too old, or of a store whose backup was put back since
        return _all(connection)
    changed = select(*RECORD_COLUMNS).where(ACCOUNTS.c.revision > since).order_by(ACCOUNTS.c.row_id)
    removed = select(REMOVED_ACCOUNTS.c.row_id).where(REMOVED_ACCOUNTS.c.revision > since)
    return Changes(
        revision=revision,
        changed=tuple(map(record_of, connection.execute(changed).all())),
        removed=tuple(connection.scalars(removed.order_by(REMOVED_ACCOUNTS.c.row_id))),
    )


def _edit_many(transaction: Transaction, edits: Mapping[str, Edit]) -> Mapping[str, AccountRecord]:
    changes = [_edited(record, edits[record.row_id]) for record in find_records(transaction.connection, [*edits])]
    records = AccountTable(transaction).write_all(changes)
    return {record.row_id: record for record in records}


def _edited(record: AccountRecord, edit: Edit) -> Change:
    told = {name: value for name, value in asdict(edit).items() if value is not msgspec.UNSET}
    columns = {name: value for name, value in told.items() if value != getattr(record, name)}
    return replace(record, **columns), columns


def _forget_removed(transaction: Transaction, before: float) -> int:
    """Forget those that went before then, and remember up to which revision somebody is forgotten."""
    connection, old = transaction.connection, REMOVED_ACCOUNTS.c.removed_at < before
    newest = connection.execute(select(func.max(REMOVED_ACCOUNTS.c.revision)).where(old)).scalar_one()
    if newest is None:
        return 0
    known = func.coalesce(STORE_STATE.c.forgotten_revision, 0)
    connection.execute(update(STORE_STATE).where(known < newest).values(forgotten_revision=newest))
    return connection.execute(delete(REMOVED_ACCOUNTS).where(old)).rowcount
