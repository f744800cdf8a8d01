"""What every kind of refresh lock keeps to."""

import asyncio

import pytest

from tests.stores.places import Kept


async def test_b_01_one_holder_at_a_time(kept: Kept) -> None:
    running, most = 0, 0

    async def refresh() -> bool:
        nonlocal running, most
        async with kept.locks.hold("a", wait_seconds=30.0) as held:
            running += 1
            most = max(most, running)
            for _ in range(5):
                await asyncio.sleep(0)
            running -= 1
            return held

    assert await asyncio.gather(*(refresh() for _ in range(5))) == [True] * 5
    assert most == 1


async def test_a_busy_lock_is_not_had_and_not_taken_from_its_holder(kept: Kept) -> None:
    async with kept.locks.hold("a", wait_seconds=0.0) as held:
        for _ in range(2):
            async with kept.locks.hold("a", wait_seconds=0.0) as also_held:
                assert (held, also_held) == (True, False)
        async with kept.locks.hold("b", wait_seconds=0.0) as other:
            assert other
    async with kept.locks.hold("a", wait_seconds=0.0) as held:
        assert held


async def test_a_lock_is_freed_by_an_error(kept: Kept) -> None:
    with pytest.raises(ZeroDivisionError):
        async with kept.locks.hold("a", wait_seconds=0.0):
            raise ZeroDivisionError
    async with kept.locks.hold("a", wait_seconds=0.0) as held:
        assert held


async def test_a_waiter_that_is_cancelled_leaves_nothing_held(kept: Kept) -> None:
    entered = asyncio.Event()

    async def hold_on() -> None:
        async with kept.locks.hold("a", wait_seconds=60.0):
            entered.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        holder = tasks.create_task(hold_on())
        await entered.wait()
        waiter = tasks.create_task(hold_on())
        await asyncio.sleep(0)
        waiter.cancel()
        holder.cancel()
    async with kept.locks.hold("a", wait_seconds=30.0) as held:
        assert held
