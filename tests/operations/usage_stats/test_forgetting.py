"""Forgetting usage of a period."""

import pytest

from codex_proxy.operations.usage_stats.forgetting import AT_ONCE, Forgotten, UsageForgetting
from codex_proxy.operations.usage_stats.periods import InvalidPeriod, Retention
from codex_proxy.usage.buckets import Span
from codex_proxy.usage.store import Selection
from tests.gateway.scene import FakeClock
from tests.operations.usage_stats.samples import KEPT, NOW
from tests.stores.memory_usage import MemoryUsageStore
from tests.usage.samples import HOUR_AT, event

DAY = int(Span.DAY)
HOUR = int(Span.HOUR)


def forgetting(store: MemoryUsageStore, *, retention: Retention = KEPT) -> UsageForgetting:
    clock = FakeClock()
    clock.time = NOW
    return UsageForgetting(store=store, retention=lambda: retention, clock=clock)


async def left(store: MemoryUsageStore) -> list[str]:
    return [each.event_id for each in await store.newest(0, 2**40, Selection(), limit=5000)]


async def test_days_and_parts_of_days_are_forgotten_and_empty_ones_skipped() -> None:
    store = MemoryUsageStore()
    ages = {"long ago": 3000 * DAY, "a": 2 * DAY, "b": DAY + 1, "c": 0}
    await store.keep([event(name, HOUR_AT - age) for name, age in ages.items()])
    await store.keep([event("late", HOUR_AT + HOUR)])
    told = await forgetting(store).forget(HOUR_AT - 2 * DAY, HOUR_AT + HOUR)
    assert told == Forgotten(request_count=3, begins_at=HOUR_AT - 2 * DAY, ends_at=HOUR_AT + HOUR)
    assert await left(store) == ["late", "long ago"]
    assert (await forgetting(store).forget(0, 2**35 // DAY * DAY)).request_count == 2
    assert await left(store) == []


async def test_many_records_go_little_by_little() -> None:
    store = MemoryUsageStore()
    await store.keep([event(f"{number}", HOUR_AT + number / 10) for number in range(AT_ONCE + 1)])
    told = await forgetting(store).forget(HOUR_AT, HOUR_AT + HOUR)
    assert (told.request_count, await left(store)) == (AT_ONCE + 1, [])


async def test_a_day_of_which_no_hours_are_kept_is_forgotten_as_a_whole() -> None:
    store, old = MemoryUsageStore(), HOUR_AT - 40 * DAY
    await store.keep([event("old", old + HOUR)])
    for begins_at, ends_at in ((old, old + 2 * HOUR), (old + HOUR, HOUR_AT), (old - DAY, old + 2 * HOUR)):
        with pytest.raises(InvalidPeriod, match="whole days"):
            await forgetting(store).forget(begins_at, ends_at)
    assert await left(store) == ["old"]
    kept_for_good = Retention(event_days=7, history_days=None)
    assert (await forgetting(store, retention=kept_for_good).forget(old, old + 2 * HOUR)).request_count == 1
    await store.keep([event("old", old + HOUR)])
    await forgetting(store).forget(old, old + DAY)
    assert await left(store) == []
