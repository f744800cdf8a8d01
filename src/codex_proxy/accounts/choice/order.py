"""The orders of ``rotation``, kept sorted while accounts come, go and change, so that the best is found without a scan.

Rules of this file: pure.  A walk yields what is in the order, best first, and is over before the order is changed or
walked again.  Keys of all orders of one strategy compare with each other.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from itertools import chain
from typing import Final, Protocol, TypeAlias

from codex_proxy.accounts.rotation import LeastUsedKey, RingKey, Standing, Strategy, least_used_key, ring_key

OrderKey: TypeAlias = LeastUsedKey | RingKey
Place: TypeAlias = tuple[OrderKey, str]
"""An account's key and its row id."""

STALE_PER_LIVE: Final = 3  # dead keys kept for each living one


class Order(Protocol):
    """Accounts in the order of one strategy."""

    def put(self, standing: Standing) -> None:
        """Take an account in, or give it its new place."""
        ...

    def remove(self, row_id: str) -> None:
        """Take an account out; nothing where it is not in."""
        ...

    def walk(self, last_chosen: str | None) -> Iterator[Place]:
        """The accounts, best first; ``last_chosen`` is the row id that the strategy chose before."""
        ...


class LeastUsedOrder:
    """A heap whose stale keys are passed over: a change costs as much as the account's new place, not a sort."""

    def __init__(self) -> None:
        self._live: dict[str, LeastUsedKey] = {}
        self._heap: list[LeastUsedKey] = []

    def put(self, standing: Standing) -> None:
        """See ``Order``."""
        key = least_used_key(standing)
        self._live[standing.row_id] = key
        heappush(self._heap, key)
        if len(self._heap) > STALE_PER_LIVE * len(self._live) + 16:
            self._heap = list(self._live.values())
            heapify(self._heap)

    def remove(self, row_id: str) -> None:
        """See ``Order``."""
        self._live.pop(row_id, None)

    def walk(self, last_chosen: str | None) -> Iterator[Place]:
        """See ``Order``."""
        heap, live = self._heap, self._live
        while heap and live.get(heap[0][-1]) is not heap[0]:
            heappop(heap)
        return self._from_top()

    def _from_top(self) -> Iterator[Place]:
        """From the top of the heap down, always to the least key not yet seen; the heap stays as it is."""
        heap, live = self._heap, self._live
        ahead = [(heap[0], 0)] if heap else []
        while ahead:
            key, index = heappop(ahead)
            if live.get(key[-1]) is key:
                yield key, key[-1]
            for below in (2 * index + 1, 2 * index + 2):
                if below < len(heap):
                    heappush(ahead, (heap[below], below))


class RingOrder:
    """Row ids in a ring, from behind the last chosen one; those that cannot start at once come after the others."""

    def __init__(self) -> None:
        self._ring: list[str] = []
        self._waiting: set[str] = set()

    def put(self, standing: Standing) -> None:
        """See ``Order``."""
        row_id = standing.row_id
        index = bisect_left(self._ring, row_id)
        if index == len(self._ring) or self._ring[index] != row_id:
            self._ring.insert(index, row_id)
        if standing.must_wait:
            self._waiting.add(row_id)
        else:
            self._waiting.discard(row_id)

    def remove(self, row_id: str) -> None:
        """See ``Order``."""
        index = bisect_left(self._ring, row_id)
        if index < len(self._ring) and self._ring[index] == row_id:
            del self._ring[index]
            self._waiting.discard(row_id)

    def walk(self, last_chosen: str | None) -> Iterator[Place]:
        """See ``Order``."""
        ring, waiting = self._ring, self._waiting
        start = 0 if last_chosen is None else bisect_right(ring, last_chosen)
        for waits in (False, True) if waiting else (False,):
            for index in chain(range(start, len(ring)), range(start)):
                row_id = ring[index]
                if (row_id in waiting) is waits:
                    yield ring_key(row_id, last_chosen, must_wait=waits), row_id


def order_of(strategy: Strategy) -> Order:
    """An empty order; sticky falls back on the least used."""
    return RingOrder() if strategy is Strategy.ROUND_ROBIN else LeastUsedOrder()
