"""Choosing an account: walk the pool's ranking, take a slot, wait a bounded time where all are busy.

Rules of this file: nothing is chosen twice in one exchange unless asked for; why nobody could serve becomes a failure
that says when to try again.
"""

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.pool import AccountPool, Need, NoAccount
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Clock, Lease, LeaseBook


class SlotPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Slots per account (None: no limit), and the wait for one in seconds and waiters."""

    max_concurrent: int | None = 16
    queue_timeout_seconds: float = 10.0
    queue_limit: int = 64


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """An account and the slot taken on it."""

    account: Account
    lease: Lease


class Selection:
    """Chooses accounts for exchanges."""

    def __init__(self, *, pool: AccountPool, leases: LeaseBook, clock: Clock, policy: SlotPolicy) -> None:
        self._pool = pool
        self._leases = leases
        self._clock = clock
        self._policy = policy
        self._waiting_count = 0

    async def choose(self, need: Need, *, exclude: frozenset[str], only: str | None = None) -> Chosen | Failure:
        """An account for ``need``; ``only`` asks for this one again."""
        deadline = self._clock.monotonic() + self._policy.queue_timeout_seconds
        while True:
            ranked = self._pool.rank(need, exclude=exclude, now=self._clock.now(), used_slots=self._leases.used)
            if isinstance(ranked, NoAccount):
                return nobody(ranked, self._clock.now())
            for row_id in ranked if only is None else (only,):
                lease = self._leases.try_acquire(row_id, self._policy.max_concurrent)
                if lease is not None:
                    self._pool.chosen(row_id, need.conversation, self._clock.now())
                    return Chosen(account=self._pool.account(row_id), lease=lease)
            if not await self._wait(deadline - self._clock.monotonic()):
                return self._busy()

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
