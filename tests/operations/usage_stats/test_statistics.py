"""Usage in sum and over time."""

from decimal import Decimal
from typing import Any

import pytest

from codex_proxy.operations.usage_stats.periods import Granularity, InvalidPeriod, Period, Retention
from codex_proxy.operations.usage_stats.statistics import PAGE, Question
from codex_proxy.usage.store import Dimension, Selection
from tests.operations.usage_stats.samples import NOW, statistics
from tests.stores.memory_usage import MemoryUsageStore
from tests.usage.samples import HOUR_AT, dollars, event

HOUR = 3600
DAY = 86_400


def asked(begins_at: float | None, ends_at: float = NOW, **members: Any) -> Question:
    return Question(period=Period(begins_at=begins_at, ends_at=ends_at), **members)


async def kept(*events: Any) -> MemoryUsageStore:
    store = MemoryUsageStore()
    await store.keep(events)
    return store


async def test_a_sum_tells_its_period_and_its_groups_dearest_first() -> None:
    store = await kept(
        event("a", HOUR_AT + HOUR, account_id="one", cost=dollars("1")),
        event("b", HOUR_AT - 5 * DAY, account_id="two", cost=dollars("2")),
        event("c", HOUR_AT + HOUR, account_id="two"),
    )
    stats = statistics(store, names={"account_id two": "two@example.invalid"})
    told = await stats.summary(asked(None, group_by=Dimension.ACCOUNT))
    assert (told.sums.request_count, told.sums.cost, told.sums.unpriced_count) == (3, Decimal(3), 1)
    assert [(each.group, each.name, each.request_count) for each in told.groups] == [
        ("two", "two@example.invalid", 2),
        ("one", None, 1),
    ]
    assert told.begins_at is not None
    assert (told.begins_at[11:19], told.ends_at[11:19]) == ("00:00:00", "12:00:00")
    recent = await stats.summary(asked(HOUR_AT + 90 * 60))
    assert (recent.sums.request_count, recent.groups) == (2, ())
    nothing = await statistics(MemoryUsageStore()).summary(asked(None))
    assert (nothing.begins_at, nothing.sums.request_count) == (None, 0)


async def test_gaps_are_told_as_nothing_used() -> None:
    store = await kept(event("a", HOUR_AT, input_tokens=5), event("b", HOUR_AT + 3 * HOUR))
    told = await statistics(store).history(asked(HOUR_AT - 1, HOUR_AT + 4 * HOUR))
    assert [each.request_count for each in told.points] == [0, 1, 0, 0, 1]
    assert [each.input_tokens for each in told.points] == [0, 5, 0, 0, 0]
    assert [each.timestamp[11:16] for each in told.points] == ["23:00", "00:00", "01:00", "02:00", "03:00"]


async def test_groups_are_told_side_by_side() -> None:
    store = await kept(event("a", HOUR_AT, model="m1"), event("b", HOUR_AT + HOUR, model="m2"), event("c", NOW - 1))
    question = asked(HOUR_AT, HOUR_AT + 2 * HOUR, group_by=Dimension.MODEL)
    told = await statistics(store).history(question)
    assert [(each.timestamp[11:13], each.group, each.request_count) for each in told.points] == [
        ("00", "m1", 1),
        ("00", "m2", 0),
        ("01", "m1", 0),
        ("01", "m2", 1),
    ]
    selection = Selection(values={Dimension.MODEL: "m2"})
    told = await statistics(store).history(asked(HOUR_AT, HOUR_AT + 2 * HOUR, selection=selection))
    assert [each.request_count for each in told.points] == [0, 1]


@pytest.mark.parametrize(
    ("granularity", "count"), [(Granularity.FIVE_MINUTES, 12 * 12), (Granularity.HOURLY, 12), (Granularity.DAILY, 1)]
)
async def test_a_history_is_as_fine_as_it_was_asked_for(granularity: Granularity, count: int) -> None:
    store = await kept(*(event(str(hour), HOUR_AT + hour * HOUR) for hour in range(12)))
    told = await statistics(store).history(asked(HOUR_AT, granularity=granularity))
    assert len(told.points) == count
    assert sum(each.request_count for each in told.points) == 12


async def test_days_are_those_of_the_time_zone_and_late_records_are_where_they_belong() -> None:
    day = HOUR_AT - DAY
    store = await kept(event("a", day + 21 * HOUR), event("b", day + 23 * HOUR))
    await store.keep([event("late", day + HOUR)])
    question = asked(day, HOUR_AT, granularity=Granularity.DAILY, zone="Europe/Berlin")
    told = await statistics(store).history(question)
    assert [each.timestamp[11:16] for each in told.points] == ["22:00", "22:00"]
    assert [each.request_count for each in told.points] == [2, 1]
    in_utc = await statistics(store).history(asked(day, HOUR_AT, granularity=Granularity.DAILY))
    assert [each.request_count for each in in_utc.points] == [3]


async def test_what_is_no_longer_kept_is_not_told_as_nothing() -> None:
    retention = Retention(event_days=1, history_days=2)
    store = await kept(event("a", HOUR_AT))
    stats = statistics(store, retention=retention)
    by_hours = await stats.history(asked(HOUR_AT - 30 * DAY))
    assert len(by_hours.points) == 48
    by_minutes = await stats.history(asked(HOUR_AT - 30 * DAY, granularity=Granularity.FIVE_MINUTES))
    assert len(by_minutes.points) == 24 * 12
    by_days = await stats.history(asked(HOUR_AT - 30 * DAY, granularity=Granularity.DAILY))
    assert len(by_days.points) == 31
    assert (await stats.history(asked(HOUR_AT - 30 * DAY, HOUR_AT - 29 * DAY))).points == []


async def test_all_there_is_begins_with_the_first() -> None:
    store = await kept(event("a", HOUR_AT - DAY), event("b", HOUR_AT))
    told = await statistics(store).history(asked(None, granularity=Granularity.DAILY))
    assert [each.request_count for each in told.points] == [1, 1]
    assert (await statistics(MemoryUsageStore()).history(asked(None))).points == []


async def test_too_many_points_are_refused() -> None:
    for_ever = Retention(event_days=7, history_days=None)
    with pytest.raises(InvalidPeriod, match="coarser"):
        await statistics(MemoryUsageStore(), retention=for_ever).history(asked(HOUR_AT - 500 * DAY))


async def test_exchanges_are_told_in_order_the_newest_ones() -> None:
    store = await kept(*(event(f"{number:04}", HOUR_AT + number) for number in range(PAGE + 5)))
    stats = statistics(store)
    told = await stats.exchanges(asked(HOUR_AT), limit=3)
    assert [each.exchange.request_id for each in told.points if each.exchange] == ["0502", "0503", "0504"]
    assert told.begins_at.endswith("T00:08:22.000Z")
    everything = [each.event_id async for each in stats.records(asked(None), limit=10_000)]
    assert everything == [f"{number:04}" for number in reversed(range(PAGE + 5))]
    assert len((await stats.exchanges(asked(HOUR_AT + PAGE), limit=100)).points) == 5
