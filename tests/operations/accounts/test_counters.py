"""What accounts have used."""

from decimal import Decimal

import msgspec
import pytest

from codex_proxy.accounts.formats.usage import encode_counters
from codex_proxy.accounts.quota.counters import Tally, UsageCounters
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.usage import ImageUsage, Usage
from codex_proxy.gateway.ports import AttemptRecord, ExchangeRecord
from codex_proxy.operations.accounts.counters import AccountCounters, CounterParts
from tests.operations.accounts.household import A, B, Household
from tests.operations.login.stage import NOW

USAGE = Usage(input_tokens=100, cached_tokens=60, output_tokens=20)


def exchange(*attempts: AttemptRecord, usage: Usage | None = USAGE) -> ExchangeRecord:
    return ExchangeRecord(
        request_id="r",
        client_key_id="k",
        dialect="openai_chat",
        model_asked="m",
        model_used="m",
        attempts=attempts,
        usage=usage,
        failure=None,
        notes=(),
        first_content_seconds=None,
        duration_seconds=1.0,
    )


def attempt(row_id: str, kind: FailureKind | None = None, sent: Sent = Sent.MAYBE_SENT) -> AttemptRecord:
    failure = None if kind is None else Failure(kind=kind, message="no", sent=sent)
    return AttemptRecord(account_row_id=row_id, failure=failure)


async def household(*row_ids: str) -> Household:
    house = Household()
    for row_id in row_ids:
        await house.add(row_id)
    return house


def anew(house: Household) -> AccountCounters:
    """The counters of the next start."""
    counters = AccountCounters(
        CounterParts(pool=house.pool, store=house.store, clock=house.clock, read_time=lambda text: NOW)
    )
    for record in house.pool.records():
        counters.learn(record.row_id)
    return counters


async def test_each_attempt_is_a_request_and_tokens_are_the_last_ones() -> None:
    house = await household(A, B)
    house.counters.finished(exchange(attempt(A, FailureKind.RATE_LIMITED), attempt(B)))
    assert house.counters.of(A).total == Tally(request_count=1)
    assert house.counters.of(B).total == Tally(request_count=1, input_tokens=100, cached_tokens=60, output_tokens=20)
    assert (house.counters.of(A).last_used_at, house.counters.of(B).last_used_at) == (NOW, NOW)


async def test_what_an_exchange_cost_is_the_last_accounts_and_nothing_where_nobody_knows() -> None:
    house = await household(A, B)
    house.counters.cost_of = lambda record: None if record.request_id == "unpriced" else Decimal("0.25")
    told = exchange(attempt(A, FailureKind.RATE_LIMITED), attempt(B))
    for record in (told, told, msgspec.structs.replace(told, request_id="unpriced")):
        house.counters.finished(record)
    spent = [house.counters.of(each).total.estimated_cost_usd for each in (A, B)]
    assert spent == [Decimal(0), Decimal("0.5")]


async def test_what_was_never_sent_is_no_request() -> None:
    house = await household(A)
    unsent = attempt(A, FailureKind.UNREACHABLE, Sent.NOTHING_SENT)
    house.counters.finished(exchange(unsent, usage=None))
    assert house.counters.of(A) == UsageCounters()


async def test_pictures_and_empty_answers_are_counted_apart() -> None:
    house = await household(A)
    usage = Usage(image=ImageUsage(input_tokens=7, output_tokens=9))
    house.counters.finished(exchange(attempt(A, FailureKind.EMPTY_ANSWER), attempt(A), usage=usage))
    house.counters.finished(exchange(attempt(A, FailureKind.IMAGE_UNAVAILABLE), usage=None))
    total = house.counters.of(A).total
    assert (total.request_count, total.empty_response_count, total.image_request_failed_count) == (3, 1, 1)
    assert (total.image_request_count, total.image_input_tokens, total.image_output_tokens) == (1, 7, 9)


async def test_q_10_the_window_counts_from_nothing_when_it_is_over() -> None:
    house = await household(A)
    window = RateLimitWindow(used_percent=1, window_seconds=18_000, resets_in_seconds=100)
    house.pool.observe(A, RateLimitSnapshot(primary=window), NOW)
    house.counters.finished(exchange(attempt(A)))
    assert house.counters.of(A).window.request_count == 1
    house.clock.time += 101
    house.counters.finished(exchange(attempt(A)))
    counters = house.counters.of(A)
    assert (counters.window.request_count, counters.total.request_count) == (1, 2)


async def test_counters_survive_a_restart() -> None:
    house = await household(A)
    house.counters.finished(exchange(attempt(A)))
    await house.counters.write()
    following = anew(house)
    assert following.of(A).total.request_count == 0
    await following.read()
    assert following.of(A).total.request_count == 1


async def test_what_was_counted_before_the_old_count_was_read_is_added_to_it() -> None:
    house = await household(A)
    await house.store.keep_counters({A: encode_counters(UsageCounters(total=Tally(request_count=5), last_used_at=1.0))})
    following = anew(house)
    following.finished(exchange(attempt(A)))
    await following.write()
    assert following.of(A).total.request_count == 6
    again = anew(house)
    await again.read()
    assert again.of(A).total.request_count == 6


async def test_what_cannot_be_written_is_written_the_next_time() -> None:
    house = await household(A)
    house.counters.finished(exchange(attempt(A)))
    house.store.broken = True
    with pytest.raises(StoreUnusable):
        await house.counters.write()
    house.store.broken = False
    await house.counters.write()
    assert A in await house.store.load_counters()


async def test_an_owner_counts_anew() -> None:
    house = await household(A)
    house.counters.finished(exchange(attempt(A)))
    await house.counters.write()
    house.counters.reset(A)
    await house.counters.write()
    following = anew(house)
    await following.read()
    assert following.of(A).total == Tally()
    assert following.of(A).window_began_at == NOW


async def test_a_15_with_an_account_its_counters_go() -> None:
    house = await household(A)
    house.counters.finished(exchange(attempt(A)))
    await house.changes.remove([A])
    house.counters.finished(exchange(attempt(A)))
    assert house.counters.of(A) == UsageCounters()
    await house.counters.write()
    assert await house.store.load_counters() == {}
