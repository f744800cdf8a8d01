"""What every store of usage keeps to."""

import asyncio
from decimal import Decimal

from codex_proxy.usage.buckets import Span, added, sums_of
from codex_proxy.usage.records import Outcome, UsageEvent
from codex_proxy.usage.store import Dimension, Place, Selection, UsageStore, Window
from tests.stores.places import Kept
from tests.usage.samples import HOUR_AT, event

ALL = Selection()
EVER = Window(span=Span.DAY, begins_at=0, ends_at=2**40)
NEVER_BEFORE = {Span.FIVE_MINUTES: 0, Span.HOUR: 0}


async def total(store: UsageStore, *windows: Window, **values: str) -> int:
    """How many exchanges the windows have."""
    selection = Selection(values={Dimension(name): value for name, value in values.items()})
    return sum(line.sums.request_count for line in await store.totals(windows or (EVER,), selection))


async def test_a_record_comes_back_whole(kept: Kept) -> None:
    told = event(
        "req_1",
        HOUR_AT + 1.25,
        dialect="openai_chat",
        outcome=Outcome.FAILED,
        failure="rate_limited",
        model_asked="my-älïas 🙂",
        status=429,
        input_tokens=10**10,
        cached_tokens=3,
        cache_write_tokens=4,
        output_tokens=5,
        reasoning_tokens=6,
        image_input_tokens=7,
        image_output_tokens=8,
        image_count=9,
        estimated=True,
        cost=Decimal("12345.000000001"),
        priced_as_of="2026-11-26",
        first_content_ms=11,
        duration_ms=12,
        attempts_count=3,
        notes_count=2,
        streamed=True,
        image_failed=True,
        effort="high",
        service_tier="priority",
    )
    plain = event("req_2", HOUR_AT)
    assert await kept.usage.keep([told, plain]) == 2
    assert await kept.usage.newest(0, 2**40, ALL, limit=10) == (told, plain)
    (line,) = await kept.usage.totals([EVER], ALL)
    assert line.sums == added([sums_of(told), sums_of(plain)])
    assert line.sums.cost == Decimal("12345.000000001")


async def test_nothing_kept_is_nothing_used(kept: Kept) -> None:
    assert await kept.usage.keep([]) == 0
    assert await kept.usage.totals([EVER], ALL) == ()
    assert await kept.usage.totals([], ALL) == ()
    assert await kept.usage.series(EVER, ALL) == ()
    assert await kept.usage.newest(0, 2**40, ALL, limit=5) == ()
    assert await kept.usage.first_of(Span.DAY) is None


async def test_a_record_told_again_counts_once(kept: Kept) -> None:
    one, other = event("a", input_tokens=5), event("b", input_tokens=7)
    assert await kept.usage.keep([one]) == 1
    assert await kept.usage.keep([one, other, other, one]) == 1
    assert await kept.usage.keep([other, one]) == 0
    for span in Span:
        (line,) = await kept.usage.totals([Window(span=span, begins_at=0, ends_at=2**40)], ALL)
        assert (line.sums.request_count, line.sums.input_tokens) == (2, 12)


async def test_writers_side_by_side_count_each_record_once(kept: Kept) -> None:
    told = [event(str(number), input_tokens=1) for number in range(60)]
    counts = await asyncio.gather(*(kept.usage.keep(told[start : start + 30]) for start in range(0, 60, 10)))
    assert sum(counts) == 60
    assert await total(kept.usage) == 60


async def test_what_was_used_is_told_by_time(kept: Kept) -> None:
    await kept.usage.keep([event("a", HOUR_AT - 1), event("b", HOUR_AT), event("c", HOUR_AT + 299.999)])
    await kept.usage.keep([event("late", HOUR_AT - 3600), event("d", HOUR_AT + 300)])

    async def begins(span: Span) -> dict[int, int]:
        window = Window(span=span, begins_at=HOUR_AT - 3600, ends_at=HOUR_AT + 3600)
        return {line.begins_at - HOUR_AT: line.sums.request_count for line in await kept.usage.series(window, ALL)}

    assert await begins(Span.FIVE_MINUTES) == {-3600: 1, -300: 1, 0: 2, 300: 1}
    assert await begins(Span.HOUR) == {-3600: 2, 0: 3}
    assert await begins(Span.DAY) == {0: 3}
    assert await kept.usage.first_of(Span.DAY) == HOUR_AT - 86_400
    assert await kept.usage.first_of(Span.HOUR) == HOUR_AT - 3600


async def test_windows_add_up_and_end_before_their_end(kept: Kept) -> None:
    await kept.usage.keep([event(str(hour), HOUR_AT + hour * 3600) for hour in range(48)])
    first, rest = HOUR_AT + 3600, HOUR_AT + 86_400
    windows = (
        Window(span=Span.HOUR, begins_at=first, ends_at=rest),
        Window(span=Span.DAY, begins_at=rest, ends_at=rest + 86_400),
    )
    assert await total(kept.usage, *windows) == 23 + 24
    assert await total(kept.usage, Window(span=Span.HOUR, begins_at=first, ends_at=first)) == 0


async def test_exchanges_are_selected_and_grouped_by_each_of_their_facts(kept: Kept) -> None:
    told: list[UsageEvent] = [
        event("a", client_key_id="k1", model="m1", dialect="d1"),
        event("b", client_key_id="k1", model="m2", outcome=Outcome.FAILED, failure="timeout"),
        event("c", client_key_id="k2", model="m1", vendor="shop", account_id="v1", outcome=Outcome.ABORTED),
    ]
    await kept.usage.keep(told)
    for dimension in Dimension:
        values = [str(getattr(each.facts, dimension)) for each in told]
        lines = await kept.usage.totals([EVER], ALL, group_by=dimension)
        assert {line.group: line.sums.request_count for line in lines} == {v: values.count(v) for v in values}
        series = await kept.usage.series(EVER, ALL, group_by=dimension)
        assert [line.group for line in series] == sorted({*values})
        for value in values:
            one = Selection(values={dimension: value})
            assert await total(kept.usage, **{dimension: value}) == values.count(value)
            assert len(await kept.usage.newest(0, 2**40, one, limit=9)) == values.count(value)
    assert await total(kept.usage, client_key_id="k1", model="m1") == 1
    assert await total(kept.usage, model="' OR 1=1 --") == 0


async def test_records_are_read_page_by_page(kept: Kept) -> None:
    told = [event(name, HOUR_AT + number // 2) for number, name in enumerate("abcdefg")]
    await kept.usage.keep(told)
    seen: list[str] = []
    place: Place | None = None
    while page := await kept.usage.newest(HOUR_AT, HOUR_AT + 3, ALL, limit=2, before=place):
        seen += [each.event_id for each in page]
        place = Place(at=page[-1].at, event_id=page[-1].event_id)
    assert seen == ["f", "e", "d", "c", "b", "a"]


async def test_of_a_forgotten_period_nothing_is_told_and_everything_of_the_rest(kept: Kept) -> None:
    day = 86_400
    times = {"before": HOUR_AT - 1, "first": HOUR_AT + 3600, "last": HOUR_AT + 7199.5, "after": HOUR_AT + 7200}
    for number, (name, at) in enumerate(times.items()):
        counts = {"input_tokens": 10**number, "duration_ms": number, "model": "m" if number % 2 else "n"}
        await kept.usage.keep([event(name, at, **counts), event(f"{name}-too", at, **counts)])
    while await kept.usage.forget(HOUR_AT + 3600, HOUR_AT + 7200, limit=1):
        pass
    await kept.usage.keep([event("alone", HOUR_AT + 3 * day)])
    assert await kept.usage.forget(HOUR_AT + 3 * day, HOUR_AT + 4 * day, limit=9) == 1
    assert await kept.usage.forget(HOUR_AT + 3 * day, HOUR_AT + 4 * day, limit=9) == 0
    left = await kept.usage.newest(0, 2**40, ALL, limit=9)
    assert [each.event_id for each in left] == ["after-too", "after", "before-too", "before"]
    for span in Span:
        every = Window(span=span, begins_at=0, ends_at=2**40)
        for model in ("m", "n"):
            those = [sums_of(each) for each in left if each.facts.model == model]
            told = await kept.usage.totals([every], Selection(values={Dimension.MODEL: model}))
            assert [line.sums for line in told] == [added(those)]
        assert await total(kept.usage, every) == 4
    assert await kept.usage.first_of(Span.DAY, since=HOUR_AT) == HOUR_AT
    assert await kept.usage.first_of(Span.DAY, since=HOUR_AT + 1) is None


async def test_what_is_old_goes_and_the_sums_stay(kept: Kept) -> None:
    old, new = HOUR_AT - 86_400, HOUR_AT + 3600
    await kept.usage.keep([event("old", old), event("older", old - 3600), event("new", new)])
    horizons = {Span.FIVE_MINUTES: HOUR_AT, Span.HOUR: old}
    assert await kept.usage.trim(horizons, events_before=HOUR_AT, limit=1) > 0
    while await kept.usage.trim(horizons, events_before=HOUR_AT, limit=1):
        pass
    assert [each.event_id for each in await kept.usage.newest(0, 2**40, ALL, limit=9)] == ["new"]
    every = {span: Window(span=span, begins_at=0, ends_at=2**40) for span in Span}
    assert [await total(kept.usage, every[span]) for span in Span] == [1, 2, 3]
    assert await kept.usage.trim(NEVER_BEFORE, events_before=0, limit=100) == 0
