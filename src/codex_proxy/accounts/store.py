"""The port behind which accounts are kept.

Rules of this file: an implementation changes only the columns it is told to change; what is newer is never replaced by
what is older; a new pair of tokens is on disk before anybody may use it.  All implementations pass one contract suite
(``tests/stores``).  Times are epoch seconds (UTC).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from codex_proxy.accounts.record import (
    AccountEvent,
    AccountRecord,
    Death,
    FingerprintMode,
    Identity,
    RefreshIntent,
    Secrets,
)


class StoreUnusable(Exception):
    """The store cannot be read or written now; says which one and why, nothing of its content."""


class IdentityMismatch(Exception):
    """The new tokens belong to another account than the row; nothing was changed, ``put`` keeps them in their place."""


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A credential to keep: for a known identity its account gets it, otherwise an account is made.

    ``row_id`` names the account if it has to be made, ``added_at`` says since when it is somebody's (None: now).
    Members that are None, those of ``secrets`` too, leave what is there; the two times go with the access token.
    Without an ``account_id`` an account is known by its access token, and one that has no identity yet by its refresh
    token.
    """

    row_id: str
    identity: Identity
    secrets: Secrets
    email: str | None = None
    plan: str | None = None
    label: str | None = None
    issued_at: float | None = None
    expires_at: float | None = None
    followed_file: str | None = None
    added_at: float | None = None


class PutOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a ``NewAccount``; ``kept_newer`` says that the credential here was issued later and stayed."""

    record: AccountRecord
    added: bool = False
    kept_newer: bool = False


class Edit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Columns to change; ``UNSET`` leaves a column as it is."""

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    label: str | msgspec.UnsetType | None = msgspec.UNSET
    fingerprint_mode: FingerprintMode | msgspec.UnsetType = msgspec.UNSET
    plan: str | msgspec.UnsetType | None = msgspec.UNSET
    email: str | msgspec.UnsetType | None = msgspec.UNSET
    followed_file: str | msgspec.UnsetType | None = msgspec.UNSET
    death: Death | msgspec.UnsetType | None = msgspec.UNSET
    died_at: float | msgspec.UnsetType | None = msgspec.UNSET


class Renewed(msgspec.Struct, frozen=True, kw_only=True):
    """What a refresh brought; members that are None, those of ``secrets`` too, leave what is there.

    ``identity`` is who the new tokens belong to: an account that had no identity has this one from now on.
    """

    secrets: Secrets
    identity: Identity | None = None
    email: str | None = None
    plan: str | None = None
    issued_at: float | None = None
    expires_at: float | None = None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """Rows changed or removed after a revision, by whichever process; ``revision`` is where to go on from.

    With ``whole`` every account there is has changed, and whoever is not among them is gone: what was removed is not
    remembered for ever.
    """

    revision: int
    changed: tuple[AccountRecord, ...] = ()
    removed: tuple[str, ...] = ()
    whole: bool = False


class AccountStore(Protocol):
    """Keeps accounts.  Every method raises ``StoreUnusable``; changes of one row never wait for other rows' readers."""

    async def load(self) -> Changes:
        """Every account."""
        ...

    async def changes_since(self, revision: int) -> Changes:
        """What changed after ``revision``; ``whole`` where it is so old that nobody knows what was removed since."""
        ...

    async def find(self, row_id: str) -> AccountRecord | None:
        """One account as it is now."""
        ...

    async def secrets(self, row_id: str) -> Secrets | None:
        """The tokens of an account; None where there is no such account."""
        ...

    async def secrets_of(self, row_ids: Sequence[str]) -> Mapping[str, Secrets]:
        """The tokens of several accounts, read at once; ids that are not there are not among them."""
        ...

    async def put(self, new: NewAccount, *, now: float) -> PutOutcome:
        """Keep a credential.

        A credential that takes the place of another one clears ``death`` and raises ``generation``; the owner's
        ``enabled`` stays.  One that was issued before the one here changes nothing.  An account without identity that
        holds the same refresh token is the same account and goes into this one.

        Raises:
            ValueError: the account has to be made and ``row_id`` is another one's.
        """
        ...

    async def put_many(self, new: Sequence[NewAccount], *, now: float) -> tuple[PutOutcome, ...]:
        """Keep credentials one after another, all of them in one step or, where that fails, none; see ``put``."""
        ...

    async def adopt(self, new: NewAccount) -> PutOutcome | None:
        """Give the account ``new.row_id`` a credential that came without its owner's doing.

        None where it is gone, removed by whichever process, or somebody else: nobody comes back this way.
        """
        ...

    async def edit(self, row_id: str, edit: Edit) -> AccountRecord | None:
        """Change single columns; None where there is no such account."""
        ...

    async def edit_many(self, edits: Mapping[str, Edit]) -> Mapping[str, AccountRecord]:
        """Change single columns of several accounts, by row id, in one step or, where that fails, none.

        The accounts as they are then; ids that are not there are not among them.
        """
        ...

    async def remove(self, row_ids: Sequence[str], *, now: float) -> tuple[str, ...]:
        """Remove accounts with everything that names them, in one step; the ids that were there."""
        ...

    async def forget_removed(self, *, before: float) -> int:
        """Forget which accounts were removed before then, which only those who follow need to know; how many."""
        ...

    async def begin_refresh(self, row_id: str, *, generation: int, now: float) -> RefreshIntent | None:
        """Note, on disk, that this generation's refresh token is about to be sent.

        None where the account, its refresh token or that generation is not there any more: read the row anew.  An
        intent that is there already for the same token comes back with one more in ``earlier_tries``.
        """
        ...

    async def finish_refresh(self, intent: RefreshIntent, renewed: Renewed, *, now: float) -> AccountRecord | None:
        """Put the new pair, one generation on, on disk and take the intent away, in one step.

        None where the account is gone, and the pair nobody's, or holds another refresh token than the intent's; offer
        the pair to ``adopt`` then.
        Where another account has the identity that came with the pair, that one gets the tokens and this one goes.

        Raises:
            IdentityMismatch: the pair belongs to another account.
        """
        ...

    async def abandon_refresh(
        self, intent: RefreshIntent, *, death: Death | None = None, unsent: bool = False, now: float
    ) -> AccountRecord | None:
        """Take the intent away: its issuer said what became of the token (``death``), or that it is good still.

        ``unsent`` takes back this one try: an earlier one whose end nobody knows stays noted.  None where the account
        is gone or holds another refresh token than the intent's; a death then changes nothing.
        """
        ...

    async def open_intents(self) -> tuple[RefreshIntent, ...]:
        """Refreshes that began and of which nobody wrote the end."""
        ...

    async def load_conditions(self) -> Mapping[str, bytes]:
        """What the lifecycle keeps of each account (hindrances, locks, counters), as it was given."""
        ...

    async def keep_conditions(self, conditions: Mapping[str, bytes]) -> None:
        """Keep the conditions of some accounts; ids that are not there any more are passed over."""
        ...

    async def load_counters(self) -> Mapping[str, bytes]:
        """What each account has used so far, as it was given."""
        ...

    async def keep_counters(self, counters: Mapping[str, bytes]) -> None:
        """Keep the counters of some accounts; ids that are not there any more are passed over."""
        ...

    async def add_events(self, events: Sequence[AccountEvent]) -> None:
        """Append to timelines; of each account the newest thousand are kept."""
        ...

    async def events(self, row_id: str, *, limit: int) -> tuple[AccountEvent, ...]:
        """The newest events of an account, newest first."""
        ...
