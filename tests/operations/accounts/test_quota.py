"""Limits that the owner asks for."""

import asyncio

import pytest

from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.record import Death
from codex_proxy.accounts.store import Edit
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.accounts.parts import AccountUnusable, UnknownAccount, UpstreamRefused
from codex_proxy.operations.accounts.quota import HINTS, QuotaLooks, QuotaParts, QuotaSweep
from codex_proxy.transports.scripted import ScriptedReply, Stall
from tests.operations.accounts.household import A, B, C, Household, limits, person
from tests.operations.login.stage import DAY, NOW, grant
from tests.operations.quota.stand_ins import reply


async def test_the_limits_of_one_account_and_the_upstreams_own_words() -> None:
    house = Household()
    await house.add(A)
    house.transport.add(reply(limits(42)))
    told = await house.quota.one(A)
    assert told.quota is not None
    assert told.quota.rate_limit is not None
    assert told.quota.rate_limit.used_percent == 42
    assert b'"plan_type": "plus"' in bytes(told.raw)


async def test_a_11_the_query_is_the_way_out_of_a_payment() -> None:
    house = Household()
    await house.add(A)
    house.pool.settle(A, News(occurrence=Occurrence.PAYMENT), NOW)
    assert house.pool.verdicts(NOW)[A].state is State.UNPAID
    house.clock.time += 3601
    house.transport.add(reply(limits(1)))
    await house.quota.one(A)
    verdict = house.pool.verdicts(house.clock.now())[A]
    assert (verdict.usable, verdict.state) == (True, State.ACTIVE)


async def test_q_22_a_refusal_is_told_with_what_helps_and_known_to_the_pool() -> None:
    house = Household()
    await house.add(A)
    house.transport.add(reply({"detail": "no"}, 401))
    with pytest.raises(UpstreamRefused) as caught:
        await house.quota.one(A)
    assert caught.value.failure.kind is FailureKind.UNAUTHORIZED
    assert "log in again" in HINTS[caught.value.failure.kind]
    assert house.pool.verdicts(NOW)[A].state is State.EXPIRED


async def test_nobody_and_the_dead_are_not_asked_for() -> None:
    house = Household()
    with pytest.raises(UnknownAccount):
        await house.quota.one(A)
    record = await house.add(A, grant(person(A), issued_at=NOW - 20 * DAY))
    intent = await house.store.begin_refresh(A, generation=record.generation, now=NOW)
    assert intent is not None
    await house.store.abandon_refresh(intent, death=Death.REUSED, now=NOW)
    await house.keeper.follow()
    with pytest.raises(AccountUnusable, match="log in again"):
        await house.quota.one(A)
    assert house.asked == []


async def test_everybody_who_can_be_asked_for_is_asked_for() -> None:
    house = Household()
    for row_id in (A, B, C):
        await house.add(row_id)
    await house.store.edit(C, Edit(enabled=False))
    await house.keeper.follow()
    house.transport.add(reply(limits(10)), account_id=A)
    refused = Failure(kind=FailureKind.UNREACHABLE, message="no way")
    house.transport.add(ScriptedReply(refused=refused), account_id=B)
    assert await house.quota.all() == QuotaSweep(asked=2, answered=1, failed=1, late=0)
    assert house.views.quota(A) is not None


async def test_who_is_not_reached_in_time_is_late() -> None:
    house = Household()
    await house.add(A)
    await house.add(B)
    house.transport.add(reply(limits(10)), account_id=A)
    house.transport.add(ScriptedReply(body=(Stall(),)), account_id=B)
    looks = QuotaLooks(
        QuotaParts(pool=house.pool, views=house.views, queries=house.queries, clock=house.clock, all_seconds=1.0)
    )
    assert await looks.all() == QuotaSweep(asked=2, answered=1, failed=0, late=1)


async def test_two_who_ask_at_once_get_one_answer() -> None:
    house = Household()
    await house.add(A)
    house.transport.add(reply(limits(10)))
    first, second = await asyncio.gather(house.quota.one(A), house.quota.one(A))
    assert first == second
    assert len(house.asked) == 1
