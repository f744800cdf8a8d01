"""Leases in memory: slots per account, and a fair bounded wait for one.

Rules of this file: a lease is released exactly once, whatever happens to its holder; waiters are served in the order
they came.
"""

import asyncio
from collections import Counter, deque


class MemoryLease:
    """Implements ``Lease``."""

    __slots__ = ("_book", "_released", "account_id")

    def __init__(self, book: "MemoryLeaseBook", account_id: str) -> None:
        self._book = book
        self._released = False
        self.account_id = account_id

    def release(self) -> None:
        """Give the slot back; further calls do nothing."""
        if not self._released:
            self._released = True
            self._book.give_back(self.account_id)


class MemoryLeaseBook:
    """Implements ``LeaseBook`` for one process."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()
        self._waiters: deque[asyncio.Future[None]] = deque()

    @property
    def waiting_count(self) -> int:
        """Exchanges waiting for a slot."""
        return len(self._waiters)

    @property
    def used_count(self) -> int:
        """Slots in use over all accounts."""
        return self._used.total()

    def try_acquire(self, account_id: str, limit: int | None) -> MemoryLease | None:
        """See ``LeaseBook``."""
        if limit is not None and self._used[account_id] >= limit:
            return None
        self._used[account_id] += 1
        return MemoryLease(self, account_id)

    def used(self, account_id: str) -> int:
        """See ``LeaseBook``."""
        return self._used[account_id]

    async def wait_for_release(self, timeout_seconds: float) -> bool:
        """See ``LeaseBook``."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout_seconds):
                await waiter
        except TimeoutError:
            return False
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
        return True

    def give_back(self, account_id: str) -> None:
        """Free a slot and wake the longest waiter."""
        self._used[account_id] -= 1
        if self._used[account_id] <= 0:
            del self._used[account_id]
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
