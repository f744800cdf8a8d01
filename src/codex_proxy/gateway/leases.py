"""Leases in memory: slots per account, and a fair bounded wait for one.

Rules of this file: a lease is settled exactly once, whatever happens to its holder.  A slot that becomes free is handed
to the longest waiter that wants this account, before anybody else may take it: who waits for another account is passed
over and keeps its place.  What background work holds takes no slot.
"""

import asyncio
import itertools
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from codex_proxy.gateway.ports import LeaseKind, LeaseTag, SlotsChanged, Wants

_UNTOLD = LeaseTag()


class MemoryLease:
    """Implements ``Lease``."""

    __slots__ = ("__weakref__", "_book", "_number", "account_id")

    def __init__(self, book: "MemoryLeaseBook", number: int, account_id: str) -> None:
        self._book: MemoryLeaseBook | None = book
        self._number = number
        self.account_id = account_id

    def release(self) -> None:
        """Give the slot back; further calls do nothing."""
        book, self._book = self._book, None
        if book is not None:
            book.settle(self._number)


class OpenLease(NamedTuple):
    """A lease that was not settled yet: its account, whom it is for, and the holder as long as there is one."""

    account_id: str
    tag: LeaseTag
    holder: weakref.ref[MemoryLease]


class MemoryWaiter:
    """Implements ``Waiter``."""

    def __init__(self, wants: Wants, tag: LeaseTag) -> None:
        self.wants = wants
        self.tag = tag
        self._given: asyncio.Future[MemoryLease] = asyncio.get_running_loop().create_future()
        self._taken = False

    async def wait(self, seconds: float) -> MemoryLease | None:
        """See ``Waiter``."""
        await asyncio.wait((self._given,), timeout=seconds)
        if not self._given.done():
            return None
        self._taken = True
        return self._given.result()

    @property
    def is_served(self) -> bool:
        """Whether a lease was handed over."""
        return self._given.done()

    def give(self, lease: MemoryLease) -> None:
        """Hand a lease over."""
        self._given.set_result(lease)

    def leave(self) -> None:
        """Pass on what was handed over and not taken."""
        if self._given.done() and not self._taken:
            self._given.result().release()


class MemoryLeaseBook:
    """Implements ``LeaseBook`` for one process."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}
        self._open: dict[int, OpenLease] = {}
        self._numbers = itertools.count(1)
        self._queue: dict[MemoryWaiter, None] = {}
        self._changed: SlotsChanged = _nobody_cares

    @property
    def waiting_count(self) -> int:
        """Exchanges waiting for a slot."""
        return len(self._queue)

    @property
    def used_count(self) -> int:
        """Slots in use over all accounts."""
        return sum(self._used.values())

    def watch(self, changed: SlotsChanged) -> None:
        """See ``LeaseBook``."""
        self._changed = changed

    def try_acquire(self, account_id: str, limit: int | None, tag: LeaseTag = _UNTOLD) -> MemoryLease | None:
        """See ``LeaseBook``."""
        if tag.kind is LeaseKind.BACKGROUND:
            return self._issue(account_id, tag)
        if limit is not None and self.used(account_id) >= limit:
            return None
        self._count(account_id, 1)
        return self._issue(account_id, tag)

    def used(self, account_id: str) -> int:
        """See ``LeaseBook``."""
        return self._used.get(account_id, 0)

    @contextmanager
    def queue(self, wants: Wants, tag: LeaseTag = _UNTOLD) -> Iterator[MemoryWaiter]:
        """See ``LeaseBook``."""
        waiter = MemoryWaiter(wants, tag)
        self._queue[waiter] = None
        try:
            yield waiter
        finally:
            self._queue.pop(waiter, None)
            waiter.leave()

    def offer(self, account_id: str) -> None:
        """See ``LeaseBook``."""
        for waiter in tuple(self._queue):
            if waiter.wants(account_id) and not waiter.is_served:  # asking may have made another slot free
                del self._queue[waiter]
                self._count(account_id, 1)
                waiter.give(self._issue(account_id, waiter.tag))

    def settle(self, number: int) -> None:
        """End a lease, and pass its slot on."""
        ended = self._open.pop(number)
        if ended.tag.kind is not LeaseKind.BACKGROUND:
            self._count(ended.account_id, -1)
            self.offer(ended.account_id)

    def leaked(self) -> tuple[OpenLease, ...]:
        """Leases that nobody holds any more and nobody settled: each is a defect, and its slot stays taken."""
        return tuple(lease for lease in self._open.values() if lease.holder() is None)

    def _issue(self, account_id: str, tag: LeaseTag) -> MemoryLease:
        number = next(self._numbers)
        lease = MemoryLease(self, number, account_id)
        self._open[number] = OpenLease(account_id, tag, weakref.ref(lease))
        return lease

    def _count(self, account_id: str, change: int) -> None:
        used = self.used(account_id) + change
        if used:
            self._used[account_id] = used
        else:
            del self._used[account_id]
        self._changed(account_id, used)


def _nobody_cares(account_id: str, used_slots: int) -> None:
    """Until somebody watches."""
