"""What an import would do, without doing it.

Rules of this file: pure; the same order and the same rules as the import itself follows, as far as they can be known
before a refresh token is exchanged.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from codex_proxy.accounts.formats.rows import AccountRow, InvalidRow, Row
from codex_proxy.accounts.record import AccountRecord, Identity, Secrets
from codex_proxy.operations.transfer.order import in_order
from codex_proxy.operations.transfer.tally import NEWER_HERE


class Action(StrEnum):
    """What would become of a row."""

    ADD = "add"
    UPDATE = "update"
    SKIP = "skip"
    INVALID = "invalid"


class PreviewedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Whose the row is, as far as the file tells."""

    account_id: str | None
    user_id: str | None
    email: str | None


class PreviewedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row: ``index`` counts from 1 (in a file of lines it is the line), ``reason`` is for the owner."""

    index: int
    action: Action
    identity: PreviewedIdentity | None = None
    label: str | None = None
    reason: str | None = None


class Known:
    """What is here, and what rows before this one will have brought."""

    def __init__(self, records: Sequence[AccountRecord]) -> None:
        self._issued_at = {record.identity: record.issued_at for record in records}
        self._refresh_tokens: set[str] = set()

    def hold(self, secrets: Mapping[str, Secrets]) -> None:
        """Accounts here have these tokens."""
        self._refresh_tokens |= {each.refresh_token for each in secrets.values() if each.refresh_token is not None}

    def action(self, row: AccountRow, *, now: float) -> tuple[Action, str | None]:
        """What would become of this row; the next one finds it done."""
        identity, issued_at = row.grant.identity, row.grant.issued_at
        if identity.account_id is None:
            if row.grant.secrets.refresh_token in self._refresh_tokens:
                return Action.UPDATE, "an account here holds this refresh token"
            return Action.ADD, "whose it is shows when its refresh token is exchanged"
        held = self._issued_at.get(identity)
        if held is not None and issued_at is not None and issued_at < held:
            return Action.SKIP, NEWER_HERE
        action = Action.UPDATE if identity in self._issued_at else Action.ADD
        self._issued_at[identity] = issued_at
        return action, row.note if row.is_good(now) else "its access token has expired; its refresh token is exchanged"


def previewed(rows: Sequence[Row], known: Known, *, now: float) -> Iterator[PreviewedRow]:
    """What would become of each row, in the order in which an import takes them."""
    for row in rows:
        if not isinstance(row, AccountRow):
            action = Action.INVALID if isinstance(row, InvalidRow) else Action.SKIP
            yield PreviewedRow(index=row.index, action=action, reason=row.reason)
    ready, others = in_order(rows, now=now)
    for row in (*ready, *others):
        action, reason = known.action(row, now=now)
        yield PreviewedRow(index=row.index, action=action, identity=_identity(row), label=row.label, reason=reason)


def in_their_order(rows: Sequence[PreviewedRow]) -> tuple[PreviewedRow, ...]:
    """The rows as they stand in their file."""
    return tuple(sorted(rows, key=lambda row: row.index))


def _identity(row: AccountRow) -> PreviewedIdentity | None:
    who: Identity = row.grant.identity
    if who.account_id is None and row.grant.email is None:
        return None
    return PreviewedIdentity(account_id=who.account_id, user_id=who.user_id, email=row.grant.email)
