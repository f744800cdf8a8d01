"""The accounts within one write: found by id, identity or token; kept, changed and removed with a new revision.

Rules of this file: one transaction; every change of a row takes the next revision.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, insert, or_, select, update

from codex_proxy.accounts.record import AccountRecord, Identity, Secrets
from codex_proxy.storage.sql.accounts.rows import HELD_COLUMNS, RECORD_COLUMNS, columns_of, record_of, secrets_of
from codex_proxy.storage.sql.tables import ACCOUNTS, REMOVED_ACCOUNTS
from codex_proxy.storage.sql.transaction import MOST_PARAMETERS, Transaction
from codex_proxy.storage.succession import Held, identity_digest, token_digest

_KNOWN_BY: Final = (
    ACCOUNTS.c.row_id,
    ACCOUNTS.c.identity_digest,
    ACCOUNTS.c.access_digest,
    ACCOUNTS.c.refresh_digest,
)


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

    def add(self, held: Held) -> AccountRecord:
        """Keep a new account."""
        return self.add_all([held])[0]

    def add_all(self, accounts: Sequence[Held]) -> list[AccountRecord]:
        """Keep new accounts in a handful of statements; each has a revision of its own."""
        if not accounts:
            return []
        first = self._transaction.next_revision(len(accounts)) - len(accounts) + 1
        records = [replace(held.record, revision=revision) for revision, held in enumerate(accounts, start=first)]
        rows = [
            columns_of(held, self._transaction.seal) | {"revision": record.revision}
            for held, record in zip(accounts, records, strict=True)
        ]
        self._connection.execute(insert(ACCOUNTS), rows)
        came_back = delete(REMOVED_ACCOUNTS).where(REMOVED_ACCOUNTS.c.row_id == bindparam("row"))
        self._connection.execute(came_back, [{"row": record.row_id} for record in records])
        return records

    def taken(self, digests: Collection[str]) -> frozenset[str]:
        """Which of these row ids and digests, of identities or tokens, are those of accounts that are there."""
        told = sorted(digests)
        batches = [told[start : start + MOST_PARAMETERS] for start in range(0, len(told), MOST_PARAMETERS)]
        return frozenset(
            digest
            for column in _KNOWN_BY
            for batch in batches
            for digest in self._connection.scalars(select(column).where(column.in_(batch)))
        )

    def change(self, before: Held, after: Held) -> AccountRecord:
        """Write what differs; nothing, where nothing does."""
        columns = columns_of(after, self._transaction.seal, before=before)
        return self.write(before.record.row_id, after.record, columns) if columns else before.record

    def write(self, row_id: str, record: AccountRecord, columns: Mapping[str, Any]) -> AccountRecord:
        """Write these columns, after which the account is ``record``."""
        revision = self._transaction.next_revision()
        changed = update(ACCOUNTS).where(ACCOUNTS.c.row_id == row_id).values({**columns, "revision": revision})
        self._connection.execute(changed)
        return replace(record, revision=revision)

    def remove(self, row_id: str) -> bool:
        """Remove an account with what names it; False where it is not there."""
        gone = self._connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.row_id == row_id)).rowcount
        if gone:
            revision = self._transaction.next_revision()
            self._transaction.upsert(REMOVED_ACCOUNTS, [{"row_id": row_id, "revision": revision}])
            self._transaction.egress_changed()
        return bool(gone)

    def _first(self, condition: ColumnElement[bool]) -> Held | None:
        found = select(*HELD_COLUMNS).where(condition).order_by(ACCOUNTS.c.row_id).limit(1)
        row = self._connection.execute(found).one_or_none()
        if row is None:
            return None
        return Held(record=record_of(row), secrets=secrets_of(row, self._transaction.open))


def find_record(connection: Connection, row_id: str) -> AccountRecord | None:
    """The account with this id, its secrets left sealed."""
    row = connection.execute(select(*RECORD_COLUMNS).where(ACCOUNTS.c.row_id == row_id)).one_or_none()
    return None if row is None else record_of(row)
