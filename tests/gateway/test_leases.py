"""Slots."""

import asyncio

from codex_proxy.gateway.leases import MemoryLeaseBook


async def test_slots_are_counted_and_given_back_once() -> None:
    book = MemoryLeaseBook()
    first = book.try_acquire("a", 2)
    second = book.try_acquire("a", 2)
    assert book.try_acquire("a", 2) is None
    assert first is not None
    assert second is not None
    first.release()
    first.release()
    assert (book.used("a"), book.used_count) == (1, 1)
    second.release()
    assert (book.used("a"), book.used_count) == (0, 0)


async def test_without_a_limit_there_is_always_a_slot() -> None:
    book = MemoryLeaseBook()
    assert all(book.try_acquire("a", None) for _ in range(100))


async def test_waiters_are_woken_in_the_order_they_came() -> None:
    book = MemoryLeaseBook()
    leases = [book.try_acquire("a", 2), book.try_acquire("a", 2)]
    woken: list[str] = []

    async def wait(name: str) -> None:
        assert await book.wait_for_release(5.0)
        woken.append(name)

    async with asyncio.TaskGroup() as tasks:
        for name in ("first", "second"):
            tasks.create_task(wait(name))
            await asyncio.sleep(0)
        assert book.waiting_count == 2
        for lease in leases:
            assert lease is not None
            lease.release()
            await asyncio.sleep(0)
    assert woken == ["first", "second"]


async def test_a_wait_ends_with_its_time_and_leaves_nothing_behind() -> None:
    book = MemoryLeaseBook()
    assert not await book.wait_for_release(0.001)
    assert book.waiting_count == 0
