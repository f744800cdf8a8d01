"""The store of accounts on SQLite or PostgreSQL.

Rules of this file: each verb is one transaction; credentials and what the owner wants have reached the disk when it
returns, conditions, counters and timelines may lose the last moments of a power cut.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, select

from codex_proxy.accounts.record import AccountEvent, AccountRecord, Death, RefreshIntent, Secrets
from codex_proxy.accounts.store import Changes, Edit, NewAccount, PutOutcome, Renewed
from codex_proxy.storage.sealing.ring import Unseal
from codex_proxy.storage.sql.accounts import journal
from codex_proxy.storage.sql.accounts.refreshes import Refreshes, open_intents
from codex_proxy.storage.sql.accounts.rows import RECORD_COLUMNS, SECRET_COLUMNS, record_of, secrets_of
from codex_proxy.storage.sql.accounts.strangers import digests_of, strangers_among
from codex_proxy.storage.sql.accounts.table import AccountTable, find_record
from codex_proxy.storage.sql.database import Database
from codex_proxy.storage.sql.tables import ACCOUNTS, REMOVED_ACCOUNTS, STORE_STATE
from codex_proxy.storage.sql.transaction import MOST_PARAMETERS, Transaction
from codex_proxy.storage.succession import made, merged, succeeded

_FROM_THE_START = -1


class SqlAccountStore:
    """Implements ``AccountStore``."""

    def __init__(self, database: Database, unseal: Unseal) -> None:
        self._database = database
        self._unseal = unseal

    async def load(self) -> Changes:
        """See ``AccountStore``."""
        changes = await self._database.read(lambda connection: _changes(connection, _FROM_THE_START))
        return replace(changes, removed=())

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
        return await self._database.write(lambda transaction: _put(transaction, new, now))

    async def put_many(self, new: Sequence[NewAccount], *, now: float) -> tuple[PutOutcome, ...]:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: _put_many(transaction, new, now))

    async def edit(self, row_id: str, edit: Edit) -> AccountRecord | None:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: _edit(transaction, row_id, edit))

    async def remove(self, row_ids: Sequence[str]) -> tuple[str, ...]:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: _remove(transaction, row_ids))

    async def begin_refresh(self, row_id: str, *, generation: int, now: float) -> RefreshIntent | None:
        """See ``AccountStore``."""
        return await self._database.write(
            lambda transaction: Refreshes(transaction).begin(row_id, generation=generation, now=now)
        )

    async def finish_refresh(self, intent: RefreshIntent, renewed: Renewed) -> AccountRecord | None:
        """See ``AccountStore``."""
        return await self._database.write(lambda transaction: Refreshes(transaction).finish(intent, renewed))

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
            for start in range(0, len(row_ids), MOST_PARAMETERS)
            for row in connection.execute(sealed.where(ACCOUNTS.c.row_id.in_(row_ids[start : start + MOST_PARAMETERS])))
        }


def _changes(connection: Connection, since: int) -> Changes:
    revision = connection.execute(select(STORE_STATE.c.revision)).scalar_one()
    if revision == since:
        return Changes(revision=revision)
    changed = select(*RECORD_COLUMNS).where(ACCOUNTS.c.revision > since).order_by(ACCOUNTS.c.row_id)
    removed = select(REMOVED_ACCOUNTS.c.row_id).where(REMOVED_ACCOUNTS.c.revision > since)
    return Changes(
        revision=revision,
        changed=tuple(record_of(row) for row in connection.execute(changed)),
        removed=tuple(connection.scalars(removed.order_by(REMOVED_ACCOUNTS.c.row_id))),
    )


def _put(transaction: Transaction, new: NewAccount, now: float) -> PutOutcome:
    table = AccountTable(transaction)
    named, known = table.of_identity(new.identity), table.of_tokens(new.secrets, new.identity)
    held = named or known
    if held is None:
        if transaction.known([new.row_id]):
            raise ValueError(f"row_id: {new.row_id} is another account's")
        return PutOutcome(record=table.add(made(new, now=now)), added=True)
    after = succeeded(held, new)
    if after is None:
        return PutOutcome(record=held.record, kept_newer=True)
    if named is not None and known is not None and named.record.row_id != known.record.row_id:
        after = merged(after, known)
        table.remove(known.record.row_id)
    if after.secrets.refresh_token != held.secrets.refresh_token:
        Refreshes(transaction).forget(held.record.row_id)
    return PutOutcome(record=table.change(held, after))


def _put_many(transaction: Transaction, new: Sequence[NewAccount], now: float) -> tuple[PutOutcome, ...]:
    table = AccountTable(transaction)
    taken = table.taken(frozenset().union(*map(digests_of, new)))
    strangers = strangers_among(new, taken=taken)
    records = iter(table.add_all([made(new[place], now=now) for place in sorted(strangers)]))
    return tuple(
        PutOutcome(record=next(records), added=True) if place in strangers else _put(transaction, each, now)
        for place, each in enumerate(new)
    )


def _edit(transaction: Transaction, row_id: str, edit: Edit) -> AccountRecord | None:
    table = AccountTable(transaction)
    record = find_record(transaction.connection, row_id)
    if record is None:
        return None
    told = {name: value for name, value in asdict(edit).items() if value is not msgspec.UNSET}
    columns = {name: value for name, value in told.items() if value != getattr(record, name)}
    return table.write(row_id, replace(record, **columns), columns) if columns else record


def _remove(transaction: Transaction, row_ids: Sequence[str]) -> tuple[str, ...]:
    table = AccountTable(transaction)
    return tuple(row_id for row_id in dict.fromkeys(row_ids) if table.remove(row_id))
