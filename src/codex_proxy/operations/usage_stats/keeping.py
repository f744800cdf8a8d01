"""How long usage is kept: a job forgets what is older.

Rules of this file: little at a time, since whoever else writes waits meanwhile.
"""

from collections.abc import Callable
from typing import Final

from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.usage_stats.periods import Retention
from codex_proxy.usage.buckets import Span
from codex_proxy.usage.store import UsageStore

TRIM_SECONDS: Final = 3600.0
AT_ONCE: Final = 2000
PAUSE_SECONDS: Final = 0.05


class UsageRetention:
    """Forgets what is not kept any more; ``kept`` gives how long that is now, ``trim`` is a job."""

    def __init__(self, kept: Callable[[], Retention], *, store: UsageStore, clock: Clock) -> None:
        self.kept = kept
        self._store = store
        self._clock = clock

    async def trim(self) -> bool:
        """Forget what is older than it is kept for.  Raises ``StoreUnusable``."""
        now, kept = self._clock.now(), self.kept()
        horizons = {span: int(kept.horizon(span, now)) for span in (Span.FIVE_MINUTES, Span.HOUR)}
        events_before = kept.horizon(None, now)
        while await self._store.trim(horizons, events_before=events_before, limit=AT_ONCE):
            await self._clock.sleep(PAUSE_SECONDS)
        return True
