"""The accounts within one write: found by id, identity or token; kept, changed and removed with a new revision.

Rules of this file: one transaction; every change of a row takes the next revision; many rows take as few statements as
one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from msgspec.structs import replace
from sqlalchemy import Column, ColumnElement, Connection, and_, bindparam, delete, insert, or_, select, update

from codex_proxy.accounts.record import AccountRecord, Identity, Secrets
from codex_proxy.storage.sql.accounts.matching import Marks
from codex_proxy.storage.sql.accounts.rows import HELD_COLUMNS, RECORD_COLUMNS, columns_of, record_of, secrets_of
from codex_proxy.storage.sql.tables.accounts import ACCOUNTS, REMOVED_ACCOUNTS
from codex_proxy.storage.sql.transaction import Transaction, batched
from codex_proxy.storage.succession import Held, identity_digest, token_digest

Change: TypeAlias = tuple[AccountRecord, Mapping[str, Any]]
"""How an account is from now on, and the columns that have to be written for it."""


class AccountTable:
    """The table ``accounts``, for as long as a transaction lasts."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._connection = transaction.connection

    def get(self, row_id: str) -> Held | None:
        """The account with this id."""
        return self._first(ACCOUNTS.c.row_id == row_id)

    def of_identity(self, identity: Identity) -> Held | None:
        """The account with both halves of this identity at its issuer."""
        digest = identity_digest(identity)
        return None if digest is None else self._first(ACCOUNTS.c.identity_digest == digest)

    def of_tokens(self, secrets: Secrets, identity: Identity) -> Held | None:
        """The account with one of these tokens, where it or ``identity`` is nameless."""
        nameless = [] if identity.account_id is None else [ACCOUNTS.c.account_id.is_(None)]
        digests = (
            (ACCOUNTS.c.access_digest, token_digest(secrets.access_token)),
            (ACCOUNTS.c.refresh_digest, token_digest(secrets.refresh_token)),
        )
        same = [column == digest for column, digest in digests if digest is not None]
        if not same:
            return None
        return self._first(and_(ACCOUNTS.c.issuer == identity.issuer, or_(*same), *nameless))

    def marked(self, marks: Collection[Marks]) -> list[Held]:
        """The accounts that have any of these marks."""
        columns: tuple[Column[Any], ...] = (
            ACCOUNTS.c.row_id,
            ACCOUNTS.c.identity_digest,
            ACCOUNTS.c.access_digest,
            ACCOUNTS.c.refresh_digest,
        )
        found = {
            row.row_id: row
            for column, told in zip(columns, zip(*marks, strict=True), strict=False)
            for batch in batched([mark for mark in told if mark is not None])
            for row in self._connection.execute(select(*HELD_COLUMNS).where(column.in_(batch)))
        }
        return [self._held(row) for row in found.values()]

    def add(self, held: Held) -> AccountRecord:
        """Keep a new account."""
        return self.add_all([held])[0]

    def add_all(self, accounts: Sequence[Held]) -> list[AccountRecord]:
        """Keep new accounts; each has a revision of its own."""
        if not accounts:
            return []
        revisions = self._transaction.next_revisions(len(accounts))
        records = [replace(held.record, revision=revision) for revision, held in zip(revisions, accounts, strict=True)]
        rows = [
            columns_of(held, self._transaction.seal) | {"revision": record.revision}
            for held, record in zip(accounts, records, strict=True)
        ]
        self._connection.execute(insert(ACCOUNTS), rows)
        came_back = delete(REMOVED_ACCOUNTS).where(REMOVED_ACCOUNTS.c.row_id == bindparam("row"))
        self._connection.execute(came_back, [{"row": record.row_id} for record in records])
        return records

    def change(self, before: Held, after: Held) -> AccountRecord:
        """Write what differs; nothing, where nothing does."""
        return self.change_all([(before, after)])[0]

    def change_all(self, pairs: Sequence[tuple[Held, Held]]) -> list[AccountRecord]:
        """Write what differs of several accounts; see ``change``."""
        changes = [
            (replace(after.record, revision=before.record.revision), self._columns(before, after))
            for before, after in pairs
        ]
        return self.write_all(changes)

    def write_all(self, changes: Sequence[Change]) -> list[AccountRecord]:
        """Write columns of accounts; the accounts, of which those that changed have revisions of their own."""
        revisions = self._transaction.next_revisions(sum(bool(columns) for _, columns in changes))
        records = [replace(record, revision=next(revisions)) if columns else record for record, columns in changes]
        rows = [
            {**columns, "revision": record.revision, "row_id": record.row_id}
            for record, (_, columns) in zip(records, changes, strict=True)
            if columns
        ]
        for names, alike in groupby(sorted(rows, key=sorted), key=sorted):
            self._update(names, list(alike))
        return records

    def remove_all(self, row_ids: Sequence[str], *, now: float) -> tuple[str, ...]:
        """Remove accounts with what names them; those that were there, in the order they were told."""
        known = self._transaction.known(row_ids)
        there = tuple(row_id for row_id in dict.fromkeys(row_ids) if row_id in known)
        if not there:
            return ()
        for batch in batched(there):
            self._connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.row_id.in_(batch)))
        revisions = self._transaction.next_revisions(len(there))
        gone = [
            {"row_id": row_id, "revision": revision, "removed_at": now}
            for row_id, revision in zip(there, revisions, strict=True)
        ]
        self._transaction.upsert(REMOVED_ACCOUNTS, gone)
        self._transaction.egress_changed()
        return there

    def _columns(self, before: Held, after: Held) -> dict[str, Any]:
        return columns_of(after, self._transaction.seal, before=before)

    def _update(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Update rows that are told the same columns, ``row_id`` among them."""
        told: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names if name != "row_id"}
        changed = update(ACCOUNTS).where(ACCOUNTS.c.row_id == bindparam("new_row_id")).values(told)
        self._connection.execute(changed, [{f"new_{name}": value for name, value in row.items()} for row in rows])

    def _first(self, condition: ColumnElement[bool]) -> Held | None:
        found = select(*HELD_COLUMNS).where(condition).order_by(ACCOUNTS.c.row_id).limit(1)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else self._held(row)

    def _held(self, row: Any) -> Held:
        return Held(record=record_of(row), secrets=secrets_of(row, self._transaction.open))


def find_record(connection: Connection, row_id: str) -> AccountRecord | None:
    """The account with this id, its secrets left sealed."""
    return next(find_records(connection, [row_id]), None)


def find_records(connection: Connection, row_ids: Sequence[str]) -> Iterator[AccountRecord]:
    """The accounts with these ids, their secrets left sealed."""
    for batch in batched(row_ids):
        for row in connection.execute(select(*RECORD_COLUMNS).where(ACCOUNTS.c.row_id.in_(batch))):
            yield record_of(row)
