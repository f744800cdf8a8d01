"""Old usage goes."""

from codex_proxy.operations.usage_stats.keeping import AT_ONCE, UsageRetention
from codex_proxy.operations.usage_stats.periods import Retention
from codex_proxy.usage.buckets import Span
from codex_proxy.usage.store import Selection, Window
from tests.gateway.scene import FakeClock
from tests.operations.usage_stats.samples import NOW
from tests.stores.memory_usage import MemoryUsageStore
from tests.usage.samples import HOUR_AT, event

DAY = 86_400
ALL = Selection()


async def left(store: MemoryUsageStore, span: Span) -> int:
    lines = await store.totals([Window(span=span, begins_at=0, ends_at=2**40)], ALL)
    return sum(line.sums.request_count for line in lines)


async def test_what_is_older_than_it_is_kept_for_goes_whatever_there_is_of_it() -> None:
    store, clock = MemoryUsageStore(), FakeClock()
    clock.time = NOW
    await store.keep([event(f"old {number}", HOUR_AT - 3 * DAY) for number in range(AT_ONCE + 1)])
    await store.keep([event("older", HOUR_AT - 40 * DAY), event("new", HOUR_AT)])
    assert await UsageRetention(lambda: Retention(event_days=2, history_days=30), store=store, clock=clock).trim()
    assert [each.event_id for each in await store.newest(0, NOW, ALL, limit=9)] == ["new"]
    assert [await left(store, span) for span in Span] == [1, AT_ONCE + 2, AT_ONCE + 3]


async def test_hours_are_kept_for_ever_where_the_owner_says_nothing() -> None:
    store, clock = MemoryUsageStore(), FakeClock()
    clock.time = NOW
    await store.keep([event("old", HOUR_AT - 4000 * DAY)])
    assert await UsageRetention(lambda: Retention(event_days=2, history_days=None), store=store, clock=clock).trim()
    assert [await left(store, span) for span in Span] == [0, 1, 1]
