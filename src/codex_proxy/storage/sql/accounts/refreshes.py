"""Refreshes on the tables: the intent before, the pair after.

Rules of this file: what ends a refresh takes its intent away in the same transaction; an end that comes for another
refresh token than the account holds changes nothing.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import asdict, replace
from sqlalchemy import Connection, delete, select

from codex_proxy.accounts.record import AccountRecord, Death, RefreshIntent
from codex_proxy.accounts.store import Renewed
from codex_proxy.storage.sql.accounts.table import AccountTable
from codex_proxy.storage.sql.tables.accounts import REFRESH_INTENTS
from codex_proxy.storage.sql.transaction import Transaction, batched
from codex_proxy.storage.succession import Held, merged, renewed, token_digest


class Refreshes:
    """The table ``refresh_intents``, for as long as a transaction lasts."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._accounts = AccountTable(transaction)

    def begin(self, row_id: str, *, generation: int, now: float) -> RefreshIntent | None:
        """See ``AccountStore.begin_refresh``."""
        held = self._accounts.get(row_id)
        digest = None if held is None else token_digest(held.secrets.refresh_token)
        if held is None or digest is None or held.record.generation != generation:
            return None
        noted = select(REFRESH_INTENTS.c.earlier_tries).where(
            REFRESH_INTENTS.c.row_id == row_id, REFRESH_INTENTS.c.digest == digest
        )
        earlier_tries = self._transaction.connection.execute(noted).scalar_one_or_none()
        intent = RefreshIntent(
            row_id=row_id,
            generation=generation,
            digest=digest,
            started_at=now,
            earlier_tries=0 if earlier_tries is None else earlier_tries + 1,
        )
        self._transaction.upsert(REFRESH_INTENTS, [asdict(intent)])
        return intent

    def finish(self, intent: RefreshIntent, news: Renewed, *, now: float) -> AccountRecord | None:
        """See ``AccountStore.finish_refresh``."""
        held = self._meant(intent)
        if held is None:
            return None
        after = renewed(held, news)
        self.forget([intent.row_id])
        other = self._accounts.of_identity(after.record.identity)
        if other is None or other.record.row_id == intent.row_id:
            return self._accounts.change(held, after)
        self._accounts.remove_all([intent.row_id], now=now)
        return self._accounts.change(other, merged(other, after))

    def abandon(self, intent: RefreshIntent, *, death: Death | None, unsent: bool, now: float) -> AccountRecord | None:
        """See ``AccountStore.abandon_refresh``."""
        held = self._meant(intent)
        if held is None:
            return None
        if unsent and intent.earlier_tries:
            before = replace(intent, earlier_tries=intent.earlier_tries - 1)
            self._transaction.upsert(REFRESH_INTENTS, [asdict(before)])
        else:
            self.forget([intent.row_id])
        if death is None:
            return held.record
        dead = replace(held.record, death=death, died_at=now)
        return self._accounts.change(held, Held(record=dead, secrets=held.secrets))

    def forget(self, row_ids: Sequence[str]) -> None:
        """Take the intents of accounts away."""
        for batch in batched(row_ids):
            self._transaction.connection.execute(delete(REFRESH_INTENTS).where(REFRESH_INTENTS.c.row_id.in_(batch)))

    def _meant(self, intent: RefreshIntent) -> Held | None:
        held = self._accounts.get(intent.row_id)
        return held if held is not None and token_digest(held.secrets.refresh_token) == intent.digest else None


def open_intents(connection: Connection) -> tuple[RefreshIntent, ...]:
    """Every intent, by row id."""
    rows = connection.execute(select(REFRESH_INTENTS).order_by(REFRESH_INTENTS.c.row_id))
    return tuple(msgspec.convert(row, RefreshIntent, from_attributes=True) for row in rows)
