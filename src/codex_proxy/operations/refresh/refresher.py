"""Keeps every account's credential fresh, and renews one at once when the upstream refuses it.

Rules of this file: one exchange per account at a time, which everybody who wants it waits for; whoever leaves does not
take it along, because a sent token must be followed to its end.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.issuer import RefreshReason
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.accounts.refreshing.schedule import RefreshPolicy, RefreshSchedule
from codex_proxy.operations.refresh.exchange import ExchangeParts, Outcome, Refreshed, renew

LONGEST_SLEEP_SECONDS: Final = 30.0  # the wall clock jumps when a laptop wakes
STOP_SECONDS: Final = 20.0
RETRY_SECONDS: Final = 600.0


class LiveAccounts(Protocol):
    """The accounts as requests see them."""

    def may_renew(self, row_id: str) -> bool:
        """Whether a refused token is a reason to fetch a new one: not where new ones were refused again and again."""
        ...

    def refreshing(self, row_id: str, *, under_way: bool) -> None:
        """An exchange began or is over."""
        ...

    async def take(self, record: AccountRecord) -> None:
        """This is how the account is now, on disk; read its tokens if they are new."""
        ...

    async def drop(self, row_id: str) -> None:
        """The account is gone."""
        ...

    def refused(self, row_id: str, refreshed: Refreshed) -> None:
        """No newer credential came, and why."""
        ...


class RefresherParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the refresher works with; ``jitter`` gives numbers between -1 and 1."""

    exchange: ExchangeParts
    live: LiveAccounts
    policy: RefreshPolicy
    jitter: Callable[[], float]


class TokenRefresher:
    """Implements the gateway's ``Renewal``.  Works while ``serving`` is entered."""

    def __init__(self, parts: RefresherParts) -> None:
        self._parts = parts
        self._clock = parts.exchange.clock
        self._schedule = RefreshSchedule(parts.policy)
        self._generations: dict[str, int] = {}
        self._running: dict[str, asyncio.Task[Refreshed]] = {}
        self._changed = asyncio.Event()
        self._group: asyncio.TaskGroup | None = None

    @property
    def schedule(self) -> RefreshSchedule:
        """When each account is due."""
        return self._schedule

    def change_policy(self, policy: RefreshPolicy) -> None:
        """Another policy holds from now on."""
        self._schedule.policy = policy
        self._changed.set()

    def learn(self, record: AccountRecord) -> None:
        """An account is there or has changed, by whichever process."""
        self._generations[record.row_id] = record.generation
        self._schedule.learn(record, now=self._clock.now(), jitter=self._parts.jitter())
        self._changed.set()

    def forget(self, row_id: str) -> None:
        """An account is gone."""
        self._generations.pop(row_id, None)
        self._schedule.forget(row_id)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Renew what falls due while the block runs; at its end exchanges under way are followed to theirs."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            keeping = group.create_task(self._keep_fresh())
            try:
                yield
            finally:
                keeping.cancel()
                self._group = None
                if self._running:
                    await asyncio.wait(self._running.values(), timeout=STOP_SECONDS)
                for task in self._running.values():
                    task.cancel()

    async def renew(self, account: Account) -> bool:
        """See ``Renewal``."""
        if self._generations.get(account.row_id, account.generation) > account.generation:
            return True
        if self._group is None or not self._parts.live.may_renew(account.row_id):
            return False
        refreshed = await self.refresh(account.row_id, reason=RefreshReason.UNAUTHORIZED, seen=account.generation)
        return refreshed.has_newer

    def request(self, row_id: str) -> None:
        """Renew the present credential soon; nobody waits for it."""
        if self._group is not None:
            self._start(row_id, RefreshReason.UNAUTHORIZED, None)

    async def refresh(
        self, row_id: str, *, reason: RefreshReason = RefreshReason.PROACTIVE, seen: int | None = None
    ) -> Refreshed:
        """Renew the credential of generation ``seen``, the present one where that is not said; wait for the end."""
        return await asyncio.shield(self._start(row_id, reason, seen))

    def _start(self, row_id: str, reason: RefreshReason, seen: int | None) -> asyncio.Task[Refreshed]:
        running = self._running.get(row_id)
        if running is not None:
            return running
        if self._group is None:
            raise RuntimeError("the refresher serves no more")
        generation = self._generations.get(row_id, 0) if seen is None else seen
        task = self._group.create_task(self._run(row_id, reason, generation))
        self._running[row_id] = task
        task.add_done_callback(lambda _: self._ended(row_id))
        return task

    def _ended(self, row_id: str) -> None:
        self._running.pop(row_id, None)
        self._changed.set()

    async def _run(self, row_id: str, reason: RefreshReason, generation: int) -> Refreshed:
        self._schedule.begun(row_id)
        self._parts.live.refreshing(row_id, under_way=True)
        refreshed = Refreshed(outcome=Outcome.POSTPONED, wait_seconds=RETRY_SECONDS)
        try:
            failures = self._schedule.failures(row_id)
            refreshed = await renew(
                self._parts.exchange, row_id, seen_generation=generation, reason=reason, failures=failures
            )
        except Exception as error:  # noqa: BLE001 - the job runner: one defect must not end every other exchange
            self._parts.exchange.complain("refresh", error)
        finally:
            self._parts.live.refreshing(row_id, under_way=False)
            await self._settle(row_id, refreshed)
        return refreshed

    async def _settle(self, row_id: str, refreshed: Refreshed) -> None:
        now, jitter = self._clock.now(), self._parts.jitter()
        if refreshed.outcome is Outcome.POSTPONED:
            wait_seconds = refreshed.wait_seconds or RETRY_SECONDS
            generation = refreshed.record.generation if refreshed.record else None
            self._schedule.failed(row_id, wait_seconds=wait_seconds, now=now, jitter=jitter, generation=generation)
        elif refreshed.record is None or refreshed.record.row_id != row_id:
            self.forget(row_id)
            await self._parts.live.drop(row_id)
        else:
            self._generations[row_id] = refreshed.record.generation
            self._schedule.ended(refreshed.record, row_id, now=now, jitter=jitter)
        if refreshed.record is not None:
            await self._parts.live.take(refreshed.record)
        if not refreshed.has_newer:
            self._parts.live.refused(row_id, refreshed)

    async def _keep_fresh(self) -> None:
        while True:
            self._changed.clear()
            free = self._schedule.policy.concurrency - len(self._running)
            for row_id in self._schedule.take_due(self._clock.now(), limit=max(0, free)):
                self._start(row_id, RefreshReason.PROACTIVE, None)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._sleep_seconds()):
                    await self._changed.wait()

    def _sleep_seconds(self) -> float:
        due_at = self._schedule.next_due_at()
        if due_at is None or not self._schedule.policy.enabled:
            return LONGEST_SLEEP_SECONDS
        if len(self._running) >= self._schedule.policy.concurrency:
            return LONGEST_SLEEP_SECONDS  # the end of an exchange wakes us
        return min(LONGEST_SLEEP_SECONDS, max(0.0, due_at - self._clock.now()))
