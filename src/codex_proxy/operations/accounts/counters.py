"""What each account has used: counted when exchanges end, kept in batches, begun anew when its owner wants.

Rules of this file: every attempt is a request of its account, unless nothing was sent; tokens are the last attempt's.
Counters are those of one gateway: of two on one store the one that writes last is heeded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from codex_proxy.accounts.formats.usage import decode_counters, encode_counters
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET, find_bucket
from codex_proxy.accounts.quota.counters import Tally, UsageCounters, counted, in_window
from codex_proxy.accounts.store import AccountStore, StoreUnusable
from codex_proxy.canonical.failure import FailureKind, Sent
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord, Clock, ExchangeRecord
from codex_proxy.operations.slices import in_slices

if TYPE_CHECKING:
    from decimal import Decimal

WRITE_SECONDS: Final = 5.0
NOTHING: Final = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterParts:
    """What counting works with; ``read_time`` reads the times of the Node system's counters (ISO 8601)."""

    pool: AccountPool
    store: AccountStore
    clock: Clock
    read_time: Callable[[str], float | None]


class AccountCounters:
    """Implements the gateway's ``Observer``.  ``learn`` and ``forget`` hear of accounts, ``write`` is a job.

    ``cost_of`` estimates an exchange in US dollars, None where nobody knows.
    """

    def __init__(self, parts: CounterParts) -> None:
        self.cost_of: Callable[[ExchangeRecord], Decimal | None] = lambda _: None
        self._parts = parts
        self._counters: dict[str, UsageCounters] = {}
        self._unread: set[str] = set()
        self._read: set[str] = set()
        self._dirty: dict[str, None] = {}

    def of(self, row_id: str) -> UsageCounters:
        """What an account has used, as far as it was read."""
        return self._counters.get(row_id, UsageCounters())

    def finished(self, record: ExchangeRecord) -> None:
        """See ``Observer``."""
        last = len(record.attempts) - 1
        for place, attempt in enumerate(record.attempts):
            tokens = self._spent(record, record.usage) if place == last and record.usage is not None else NOTHING
            self._count(attempt.account_row_id, _of_attempt(attempt) + tokens)

    def _spent(self, record: ExchangeRecord, usage: Usage) -> Tally:
        cost = self.cost_of(record)
        spent = _of_usage(usage)
        return spent if cost is None else spent + Tally(estimated_cost_usd=cost)

    def reset(self, row_id: str) -> None:
        """Everything counts from nothing again; the window ends when it did."""
        held = self.of(row_id)
        self._counters[row_id] = UsageCounters(
            window_resets_at=held.window_resets_at,
            window_seconds=held.window_seconds,
            window_began_at=self._parts.clock.now(),
        )
        self._read.add(row_id)
        self._unread.discard(row_id)
        self._dirty[row_id] = None

    def learn(self, row_id: str) -> None:
        """An account is there; what is kept of it is read the next time."""
        if row_id not in self._read:
            self._unread.add(row_id)

    def forget(self, row_id: str) -> None:
        """An account is gone."""
        for held in (self._unread, self._read):
            held.discard(row_id)
        self._counters.pop(row_id, None)
        self._dirty.pop(row_id, None)

    async def read(self) -> None:
        """Read what is kept of accounts that came; what was counted since is added.  Raises ``StoreUnusable``."""
        unread = tuple(self._unread)
        kept = await self._parts.store.load_counters() if unread else {}
        async for row_id in in_slices(unread, self._parts.clock):
            if row_id not in self._unread:  # begun anew or gone meanwhile
                continue
            if row_id in kept:
                before = decode_counters(kept[row_id], read_time=self._parts.read_time)
                since = self._counters.get(row_id)
                self._counters[row_id] = before if since is None else _joined(before, since)
            self._unread.discard(row_id)
            self._read.add(row_id)

    async def write(self) -> bool:
        """Write what was counted.

        Raises:
            StoreUnusable: it could not be written and will be the next time.
        """
        await self.read()
        dirty, self._dirty = self._dirty, {}
        if dirty:
            try:
                await self._parts.store.keep_counters({row_id: encode_counters(self.of(row_id)) for row_id in dirty})
            except StoreUnusable:
                self._dirty = {row_id: None for row_id in dirty if row_id in self._counters} | self._dirty
                raise
        return True

    def _count(self, row_id: str, used: Tally) -> None:
        if used != NOTHING and row_id in self._parts.pool:
            now = self._parts.clock.now()
            self._counters[row_id] = counted(self._in_window(row_id, now), used, now=now)
            self._dirty[row_id] = None

    def _in_window(self, row_id: str, now: float) -> UsageCounters:
        """The counters in the window that the upstream counts in, where that is known."""
        counters, found = self.of(row_id), self._parts.pool.condition(row_id)
        bucket = None if found is None else find_bucket(found[0].buckets, DEFAULT_BUCKET)
        window = None if bucket is None else bucket.primary
        if window is None or window.resets_at is None or window.resets_at <= now:
            return counters
        return in_window(counters, resets_at=window.resets_at, window_seconds=window.window_seconds, now=now)


def _of_attempt(attempt: AttemptRecord) -> Tally:
    failure = attempt.failure
    if failure is None:
        return Tally(request_count=1)
    return Tally(
        request_count=int(failure.sent is Sent.MAYBE_SENT),
        empty_response_count=int(failure.kind is FailureKind.EMPTY_ANSWER),
        image_request_failed_count=int(failure.kind is FailureKind.IMAGE_UNAVAILABLE),
    )


def _of_usage(usage: Usage) -> Tally:
    image = usage.image
    return Tally(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cached_tokens=usage.cached_tokens,
        image_input_tokens=0 if image is None else image.input_tokens,
        image_output_tokens=0 if image is None else image.output_tokens,
        image_request_count=int(image is not None),
    )


def _joined(before: UsageCounters, since: UsageCounters) -> UsageCounters:
    return msgspec.structs.replace(
        since,
        total=before.total + since.total,
        window=before.window + since.window,
        last_used_at=since.last_used_at or before.last_used_at,
    )
