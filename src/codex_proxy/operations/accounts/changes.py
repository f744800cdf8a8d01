"""What the owner changes of accounts: new ones, names, on and off, removal, counters, what stands in the way.

Rules of this file: what is changed is on disk first and counts in memory before the answer; whatever names an account
goes with it.  Telling the issuer that a token is no longer wanted is the owner's choice, and never keeps an account
from being removed.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.accounts.issuer import IssuerError, TokenIssuer
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.lifecycle.status import Shown
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.record import AccountEvent, AccountRecord, FingerprintMode
from codex_proxy.accounts.store import AccountStore, Edit
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.accounts.counters import AccountCounters
from codex_proxy.operations.accounts.parts import LiveAccounts, UnknownAccount
from codex_proxy.operations.accounts.views import AccountView, AccountViews
from codex_proxy.operations.login.outcomes import LoginDone
from codex_proxy.operations.login.tokens import TokenLogins
from codex_proxy.operations.slices import in_slices

REVOCATIONS_AT_ONCE: Final = 4
_ROW_ID: Final = re.compile(r"[0-9a-f]{16}")


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """The account a credential belongs to; ``kept_newer``: one that was issued later was here already and stays."""

    account: AccountView
    added: bool
    kept_newer: bool


class Switched(msgspec.Struct, frozen=True, kw_only=True):
    """How many accounts were changed, and the ids of which there was none."""

    updated: int
    not_found: tuple[str, ...]


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """How many accounts went, the ids of which there was none, and whose tokens the issuer still takes."""

    deleted: int
    not_found: tuple[str, ...] = ()
    not_revoked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeParts:
    """What changing works with."""

    store: AccountStore
    pool: AccountPool
    live: LiveAccounts
    views: AccountViews
    counters: AccountCounters
    tokens: TokenLogins
    issuer: TokenIssuer
    clock: Clock


class AccountChanges:
    """Changes accounts.  What names one raises ``UnknownAccount``; what is kept raises ``StoreUnusable``."""

    def __init__(self, parts: ChangeParts) -> None:
        self._parts = parts

    async def add(self, texts: Sequence[str], *, label: str | None = None) -> Added:
        """Take an access token, a refresh token or both; raises like ``TokenLogins.add``."""
        return self.added(await self._parts.tokens.add(texts, label=label))

    def added(self, done: LoginDone) -> Added:
        """The account of a login that was done."""
        return Added(
            account=self._parts.views.one(done.record.row_id),
            added=done.added,
            kept_newer=done.kept_newer,
        )

    async def label(self, row_id: str, label: str | None) -> None:
        """Name an account, or take its name away."""
        await self._edit(row_id, Edit(label=label or None))

    async def fingerprint(self, row_id: str, mode: FingerprintMode) -> None:
        """Whether all conversations of an account show one upstream session."""
        await self._edit(row_id, Edit(fingerprint_mode=mode))

    async def switch(self, row_ids: Sequence[str], *, enabled: bool) -> Switched:
        """Switch accounts on, out of everything that stands in their way, or off."""
        occurrence = Occurrence.OWNER_ENABLED if enabled else Occurrence.OWNER_DISABLED
        wanted = tuple(dict.fromkeys(row_ids))
        found = await self._parts.store.edit_many(dict.fromkeys(_ids_in(wanted), Edit(enabled=enabled)))
        await self._parts.live.follow()
        async for row_id in in_slices(found, self._parts.clock):
            self._parts.pool.settle(row_id, News(occurrence=occurrence), self._parts.clock.now())
        return Switched(updated=len(found), not_found=tuple(row_id for row_id in wanted if row_id not in found))

    async def remove(self, row_ids: Sequence[str], *, revoke: bool = False) -> Removed:
        """Remove accounts with everything that names them; ``revoke`` tells the issuer first."""
        wanted = tuple(dict.fromkeys(row_ids))
        ids = _ids_in(wanted)
        not_revoked = await self._revoke_all(ids) if revoke else ()
        gone = frozenset(await self._parts.store.remove(ids, now=self._parts.clock.now()))
        await self._parts.live.follow()
        return Removed(
            deleted=len(gone),
            not_found=tuple(row_id for row_id in wanted if row_id not in gone),
            not_revoked=not_revoked,
        )

    async def remove_one(self, row_id: str, *, revoke: bool = False) -> Removed:
        """Remove one account, like ``remove``; raises ``UnknownAccount`` too."""
        removed = await self.remove((row_id,), revoke=revoke)
        if not removed.deleted:
            raise UnknownAccount(row_id)
        return removed

    async def remove_all(self) -> Removed:
        """Remove every account there is."""
        records = (await self._parts.store.load()).changed
        return await self.remove([record.row_id for record in records])

    def reset_usage(self, row_id: str) -> None:
        """Count what an account uses from nothing again."""
        self._parts.counters.reset(self._parts.views.record(row_id).row_id)

    def clear(self, row_id: str, *, bucket: str | None = None) -> Shown:
        """Take everything out of an account's way, or one bucket's locks only; its status then."""
        self._parts.pool.clear(self._parts.views.record(row_id).row_id, self._parts.clock.now(), bucket=bucket)
        return self._parts.views.status(row_id)

    async def events(self, row_id: str, *, limit: int) -> tuple[AccountEvent, ...]:
        """The newest of what happened to an account, newest first."""
        self._parts.views.record(row_id)
        await self._parts.live.write()
        return await self._parts.store.events(row_id, limit=limit)

    async def _edit(self, row_id: str, edit: Edit) -> AccountRecord:
        record = await self._parts.store.edit(row_id, edit)
        if record is None:
            raise UnknownAccount(row_id)
        await self._parts.live.take(record)
        return record

    async def _revoke_all(self, row_ids: Sequence[str]) -> tuple[str, ...]:
        """Tell the issuer; the accounts of which it did not want to know."""
        slots, failed = asyncio.Semaphore(REVOCATIONS_AT_ONCE), set[str]()
        async with asyncio.TaskGroup() as tasks:
            for row_id in row_ids:
                tasks.create_task(self._revoke(row_id, slots, failed))
        return tuple(row_id for row_id in row_ids if row_id in failed)

    async def _revoke(self, row_id: str, slots: asyncio.Semaphore, failed: set[str]) -> None:
        async with slots:
            record = await self._parts.store.find(row_id)
            secrets = await self._parts.store.secrets(row_id)
            if record is None or secrets is None or secrets.refresh_token is None:
                return
            try:
                await self._parts.issuer.revoke(
                    secrets.refresh_token, issuer=record.identity.issuer, row_id=record.row_id
                )
            except IssuerError:
                failed.add(row_id)


def _ids_in(words: Sequence[str]) -> tuple[str, ...]:
    """Those that may be row ids; PostgreSQL takes not every other text for a question."""
    return tuple(filter(_ROW_ID.fullmatch, words))
