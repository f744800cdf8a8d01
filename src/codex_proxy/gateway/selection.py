"""Choosing an account: walk the pool's ranking, take a slot, wait a bounded time for a slot or for the account's turn.

Rules of this file: nothing is chosen twice in one exchange unless asked for; who waits for a turn holds the slot it
will need and is served in the order it came; why nobody could serve becomes a failure that says when to try again.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.pool import AccountPool, Need, NoAccount
from codex_proxy.accounts.spacing import Spacing
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Clock, Lease, LeaseBook


class SlotPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Slots per account (None: no limit), how far apart its requests start, and the wait in seconds and waiters."""

    max_concurrent: int | None = 16
    interval_seconds: float = 0.0
    queue_timeout_seconds: float = 10.0
    queue_limit: int = 64


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """An account and the slot taken on it."""

    account: Account
    lease: Lease


class Turns:
    """Whose request may start next on each account; a waiter that leaves lets those behind it move up."""

    def __init__(self, *, spacing: Spacing, clock: Clock) -> None:
        self._spacing = spacing
        self._clock = clock
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[str] = Counter()

    def wait_seconds(self, row_id: str) -> float:
        """Seconds until a request that came now could start on this account."""
        return self._spacing.wait_seconds(row_id, self._clock.monotonic(), ahead_count=self._waiting[row_id])

    def must_wait(self, row_id: str) -> bool:
        """Whether a request that came now could not start at once."""
        return self._spacing.is_on and self.wait_seconds(row_id) > 0

    def start(self, row_id: str) -> None:
        """A request starts on this account now."""
        if self._spacing.is_on:
            self._spacing.started(row_id, self._clock.monotonic())

    async def wait(self, row_id: str) -> None:
        """Wait for this account's next turn and take it."""
        self._waiting[row_id] += 1
        try:
            async with self._queues[row_id]:
                while (seconds := self._spacing.wait_seconds(row_id, self._clock.monotonic())) > 0:
                    await self._clock.sleep(seconds)
                self.start(row_id)
        finally:
            self._waiting[row_id] -= 1


class Selection:
    """Chooses accounts for exchanges."""

    def __init__(self, *, pool: AccountPool, leases: LeaseBook, clock: Clock, policy: SlotPolicy) -> None:
        self._pool = pool
        self._leases = leases
        self._clock = clock
        self._policy = policy
        self._turns = Turns(spacing=Spacing(interval_seconds=policy.interval_seconds), clock=clock)
        self._waiting_count = 0

    async def choose(self, need: Need, *, exclude: frozenset[str], only: str | None = None) -> Chosen | Failure:
        """An account for ``need``, whose request may start now; ``only`` asks for this one again."""
        deadline = self._clock.monotonic() + self._policy.queue_timeout_seconds
        while True:
            ranked = self._ranked(need, exclude)
            if isinstance(ranked, NoAccount):
                return nobody(ranked, self._clock.now())
            lease = self._lease(ranked if only is None else (only,), deadline)
            if lease is None:
                if not await self._wait(deadline - self._clock.monotonic()):
                    return self._busy()
                continue
            row_id = lease.account_id
            self._pool.chosen(row_id, need.conversation, self._clock.now())
            waited = await self._await_turn(lease)
            if not waited or only is not None or self._still_serves(need, exclude, row_id):
                return Chosen(account=self._pool.account(row_id), lease=lease)
            lease.release()

    def _ranked(self, need: Need, exclude: frozenset[str]) -> tuple[str, ...] | NoAccount:
        return self._pool.rank(
            need,
            exclude=exclude,
            now=self._clock.now(),
            used_slots=self._leases.used,
            must_wait=self._turns.must_wait,
        )

    def _lease(self, ranked: Iterable[str], deadline: float) -> Lease | None:
        """A slot on the first account that has one and whose turn comes in time."""
        seconds_left = deadline - self._clock.monotonic()
        for row_id in ranked:
            if self._turns.must_wait(row_id) and not self._may_queue(self._turns.wait_seconds(row_id), seconds_left):
                continue
            lease = self._leases.try_acquire(row_id, self._policy.max_concurrent)
            if lease is not None:
                return lease
        return None

    def _may_queue(self, wait_seconds: float, seconds_left: float) -> bool:
        return wait_seconds <= seconds_left and self._waiting_count < self._policy.queue_limit

    async def _await_turn(self, lease: Lease) -> bool:
        """Wait for the account's turn, where it has to be waited for; whether it had to be."""
        if not self._turns.must_wait(lease.account_id):
            self._turns.start(lease.account_id)
            return False
        self._waiting_count += 1
        try:
            await self._turns.wait(lease.account_id)
        except asyncio.CancelledError:
            lease.release()
            raise
        finally:
            self._waiting_count -= 1
        return True

    def _still_serves(self, need: Need, exclude: frozenset[str], row_id: str) -> bool:
        ranked = self._ranked(need, exclude)
        return not isinstance(ranked, NoAccount) and row_id in ranked

    async def _wait(self, seconds: float) -> bool:
        if seconds <= 0 or self._waiting_count >= self._policy.queue_limit:
            return False
        self._waiting_count += 1
        try:
            return await self._leases.wait_for_release(seconds)
        finally:
            self._waiting_count -= 1

    def _busy(self) -> Failure:
        return Failure(
            kind=FailureKind.BUSY,
            message="every account's slots are taken; try again shortly",
            retry_after_seconds=max(1.0, self._policy.queue_timeout_seconds / 2),
        )


def nobody(reason: NoAccount, now: float) -> Failure:
    """The failure for a pool in which nobody can serve."""
    if not reason.by_state:
        return Failure(kind=FailureKind.NO_ACCOUNT, message="no account is logged in; set CODEX_JWT_TOKEN and restart")
    told = ", ".join(f"{count} {state}" for state, count in sorted(reason.by_state.items()))
    if set(reason.by_state) <= {"limited", "active"} and "limited" in reason.by_state:
        wait = max(1.0, reason.retry_at - now) if reason.retry_at is not None else None
        return Failure(
            kind=FailureKind.USAGE_LIMIT,
            message=f"no account can serve this now ({told})",
            retry_after_seconds=wait,
            resets_at=reason.retry_at,
        )
    return Failure(kind=FailureKind.NO_ACCOUNT, message=f"no account can serve this now ({told})")
