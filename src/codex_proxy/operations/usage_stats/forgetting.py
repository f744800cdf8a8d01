"""Forgetting what was used within a period, by the owner's wish.

Rules of this file: a period is whole hours of UTC, for nothing finer is kept for long; what is told of any other time
stays as it is.  Little at a time, since whoever else writes waits meanwhile; whoever is interrupted begins anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.usage_stats.periods import DAY_SECONDS, InvalidPeriod, Period, Retention, summing
from codex_proxy.usage.buckets import Span, begin_of
from codex_proxy.usage.store import Selection, UsageStore

AT_ONCE: Final = 2000
PAUSE_SECONDS: Final = 0.05
_HOUR_SECONDS: Final = int(Span.HOUR)


class Forgotten(msgspec.Struct, frozen=True, kw_only=True):
    """How many exchanges went; ``begins_at`` and ``ends_at`` are epoch seconds."""

    request_count: int
    begins_at: int
    ends_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageForgetting:
    """The use case; raises ``StoreUnusable``."""

    store: UsageStore
    retention: Callable[[], Retention]
    clock: Clock

    async def forget(self, begins_at: float, ends_at: float) -> Forgotten:
        """Forget what was used within ``[begins_at, ends_at)``.

        Raises:
            InvalidPeriod: that is no period of whole hours, or begins or ends within a day of which no hours are kept.
        """
        begin, end = self._whole(begins_at, ends_at)
        windows = summing(Period(begins_at=begin, ends_at=end), self.retention(), now=self.clock.now())
        lines = await self.store.totals(windows, Selection())
        at = begin_of(begin, Span.DAY)
        while (day := await self.store.first_of(Span.DAY, since=at)) is not None and day < end:
            await self._of_day(max(day, begin), min(day + DAY_SECONDS, end))
            at = day + DAY_SECONDS
        return Forgotten(request_count=sum(line.sums.request_count for line in lines), begins_at=begin, ends_at=end)

    async def _of_day(self, begins_at: int, ends_at: int) -> None:
        while await self.store.forget(begins_at, ends_at, limit=AT_ONCE) == AT_ONCE:
            await self.clock.sleep(PAUSE_SECONDS)

    def _whole(self, begins_at: float, ends_at: float) -> tuple[int, int]:
        if not 0 <= begins_at < ends_at:
            raise InvalidPeriod("the period ends before it begins")
        if begins_at % _HOUR_SECONDS or ends_at % _HOUR_SECONDS:
            raise InvalidPeriod("from and to are whole hours, such as 2026-11-26T14:00:00Z")
        horizon = self.retention().horizon(Span.HOUR, self.clock.now())
        for at, first in ((begins_at, begins_at), (ends_at, max(begins_at, begin_of(ends_at, Span.DAY)))):
            if at % DAY_SECONDS and first < horizon:
                raise InvalidPeriod("hours of that time are not kept any more; name whole days (UTC)")
        return int(begins_at), int(ends_at)
