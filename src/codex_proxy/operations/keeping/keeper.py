"""The accounts in memory follow the store, and what happens to them in memory is written back.

Rules of this file: the store is the truth about who is there and which credential holds; what is read of it is taken in
before anything else is read, so that nobody comes back who went meanwhile.  Conditions and conversations are written in
batches, and what could not be written is written the next time.  Changes by other processes are seen within a second.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.accounts.lifecycle.condition import standing
from codex_proxy.accounts.lifecycle.hindrances import HindranceKind
from codex_proxy.accounts.lifecycle.keeping import decode_condition, encode_condition
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.record import AccountEvent, AccountRecord, Secrets
from codex_proxy.accounts.store import AccountStore, Changes, StoreUnusable
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.keeping.conversations import KeptConversations
from codex_proxy.operations.refresh.exchange import Outcome, Refreshed

FOLLOW_SECONDS: Final = 1.0
WRITE_SECONDS: Final = 2.0
READ_AT_ONCE: Final = 50  # taking in so many holds the loop for two or three milliseconds
REMOVED_SECONDS: Final = 86_400.0  # a process that did not look for so long reads every account anew
TRIM_SECONDS: Final = 3600.0

_QUIET: Final = frozenset({Outcome.RENEWED, Outcome.ADOPTED, Outcome.GONE, Outcome.NOTHING_TO_SEND})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeeperParts:
    """What the keeper works with; ``changed`` and ``gone`` hear of accounts after the pool does."""

    store: AccountStore
    conversations: KeptConversations
    pool: AccountPool
    bound_keys: BoundKeys
    clock: Clock
    complain: Callable[[str, Exception], None]
    changed: Callable[[AccountRecord], None]
    gone: Callable[[str], None]


class AccountKeeper:
    """Implements the refresher's ``LiveAccounts``.  ``load`` comes first."""

    def __init__(self, parts: KeeperParts) -> None:
        self._parts = parts
        self._revision = 0
        self._beyond: set[int] = set()
        self._known: set[str] = set()
        self._following = asyncio.Lock()
        self._turn = asyncio.Lock()

    async def load(self) -> int:
        """Take in everything that is kept; the number of accounts.  Raises ``StoreUnusable``."""
        parts = self._parts
        async with self._following:
            await self._apply(await parts.store.load())
        kept = await parts.store.load_conditions()
        parts.pool.restore({row_id: decode_condition(condition) for row_id, condition in kept.items()})
        await parts.conversations.load()
        return len(self._known)

    async def follow(self) -> bool:
        """Take in what changed since, by whichever process; for a job.  Raises ``StoreUnusable``."""
        async with self._following:
            await self._apply(await self._parts.store.changes_since(self._revision))
        return True

    @asynccontextmanager
    async def arriving(self) -> AsyncIterator[None]:
        """Implements the import's ``ArrivingAccounts``."""
        async with self._following:
            yield

    async def write(self) -> bool:
        """Write what happened in memory; for a job.

        Raises:
            StoreUnusable: it could not be written and will be the next time.
        """
        await self._write_conditions()
        await self._write_events()
        await self._parts.conversations.write()
        return True

    async def trim(self) -> bool:
        """Forget what nobody will ask for any more; for a job.  Raises ``StoreUnusable``."""
        await self._parts.store.forget_removed(before=self._parts.clock.now() - REMOVED_SECONDS)
        await self._parts.conversations.trim()
        return True

    # ------------------------------------------------------------------------------------------- LiveAccounts

    def may_renew(self, row_id: str) -> bool:
        """See ``LiveAccounts``."""
        found = self._parts.pool.condition(row_id)
        if found is None:
            return False
        return standing(found[0], HindranceKind.UNAUTHORIZED, self._parts.clock.now()) is None

    def refreshing(self, row_id: str, *, under_way: bool) -> None:
        """See ``LiveAccounts``."""
        self._parts.pool.set_refreshing(row_id, refreshing=under_way)

    async def take(self, record: AccountRecord) -> None:
        """See ``LiveAccounts``; what the store does not give now comes with the next ``follow``."""
        await self.take_all((record,))

    async def take_all(self, records: Sequence[AccountRecord]) -> None:
        """Implements the import's ``ArrivingAccounts``; see ``take``."""
        try:
            await self._take_all(records)
        except StoreUnusable as error:
            self._parts.complain("reading accounts", error)

    async def drop(self, row_id: str) -> None:
        """See ``LiveAccounts``."""
        await self._drop((row_id,))

    def refused(self, row_id: str, refreshed: Refreshed) -> None:
        """See ``LiveAccounts``: it is seen in the account's timeline."""
        if refreshed.outcome in _QUIET:
            return
        reason = refreshed.refusal.value if refreshed.refusal else refreshed.outcome.value
        evidence = {"message": refreshed.message} if refreshed.message else {}
        after = "needs_login" if refreshed.outcome is Outcome.DEAD else "refresh_postponed"
        event = AccountEvent(
            row_id=row_id,
            at=self._parts.clock.now(),
            before="refreshing",
            after=after,
            reason=reason,
            evidence=evidence,
        )
        self._parts.pool.journal.tell(event)

    # ------------------------------------------------------------------------------------------------- within

    async def _apply(self, changes: Changes) -> None:
        await self._take_all(changes.changed)
        await self._drop([row_id for row_id in self._missing(changes) if not self._came_after(row_id, changes)])
        self._revision = changes.revision
        self._beyond = {revision for revision in self._beyond if revision > changes.revision}

    def _missing(self, changes: Changes) -> Sequence[str]:
        if changes.whole:
            return sorted(self._known.difference(record.row_id for record in changes.changed))
        return changes.removed

    def _came_after(self, row_id: str, changes: Changes) -> bool:
        """Whether an account was taken in since these changes were read."""
        known = self._parts.pool.record(row_id)
        return known is not None and known.revision > changes.revision

    async def _take_all(self, records: Sequence[AccountRecord]) -> None:
        """Take accounts in, a few at a time, so that whoever asks next for one finds little to catch up with."""
        news = [record for record in records if self._is_news(record)]
        for start in range(0, len(news), READ_AT_ONCE):
            batch = news[start : start + READ_AT_ONCE]
            async with self._turn:
                secrets = await self._parts.store.secrets_of([record.row_id for record in batch])
                there = [record for record in batch if record.row_id in secrets]
                for record in there:
                    self._take(record, secrets[record.row_id])
                self._forget([record.row_id for record in batch if record.row_id not in secrets])
            self._parts.pool.refresh(self._parts.clock.now())
        self._is_known_up_to(records)

    def _is_known_up_to(self, records: Sequence[AccountRecord]) -> None:
        """Go on from here the next time, where every change until then is one of these or of earlier ones."""
        self._beyond.update(record.revision for record in records)
        while self._revision + 1 in self._beyond:
            self._revision += 1
            self._beyond.discard(self._revision)

    def _is_news(self, record: AccountRecord) -> bool:
        """Whether an account is another one than it is here, as those that were taken in just now are not."""
        known = self._parts.pool.record(record.row_id)
        return known is None or (record.revision >= known.revision and record != known)

    def _take(self, record: AccountRecord, secrets: Secrets) -> None:
        self._known.add(record.row_id)
        self._parts.pool.put(record, secrets.access_token, self._parts.clock.now())
        self._parts.bound_keys.bind(record.row_id, secrets.client_key)
        self._parts.changed(record)

    async def _drop(self, row_ids: Sequence[str]) -> None:
        for start in range(0, len(row_ids), READ_AT_ONCE):
            async with self._turn:
                self._forget(row_ids[start : start + READ_AT_ONCE])
            await asyncio.sleep(0)

    def _forget(self, row_ids: Sequence[str]) -> None:
        if not row_ids:
            return
        self._parts.pool.remove(row_ids)
        self._parts.bound_keys.release(row_ids)
        self._parts.conversations.continuation.leave(row_ids)
        for row_id in row_ids:
            if row_id in self._known:
                self._known.discard(row_id)
                self._parts.gone(row_id)

    async def _write_conditions(self) -> None:
        pool = self._parts.pool
        dirty = pool.take_dirty()
        if not dirty:
            return
        try:
            await self._parts.store.keep_conditions({key: encode_condition(value) for key, value in dirty.items()})
        except StoreUnusable:
            for row_id in dirty:
                pool.journal.changed(row_id)
            raise

    async def _write_events(self) -> None:
        journal = self._parts.pool.journal
        events = journal.take_events()
        if not events:
            return
        try:
            await self._parts.store.add_events(events)
        except StoreUnusable:
            for event in events:
                journal.tell(event)
            raise
