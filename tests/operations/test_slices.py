"""Long work in slices."""

import asyncio
from collections.abc import Iterator

from codex_proxy.operations.slices import SLICE_SECONDS, in_slices
from tests.gateway.scene import FakeClock


class Steps(FakeClock):
    """A clock that goes on with each item."""

    def items(self, count: int, seconds: float) -> Iterator[int]:
        for number in range(count):
            self.time += seconds
            yield number


async def turns_beside(clock: Steps, count: int, seconds: float) -> int:
    """How often somebody else had a turn while so many items were worked on."""
    turns, done = 0, asyncio.Event()

    async def somebody() -> None:
        nonlocal turns
        while not done.is_set():
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(somebody())
        await asyncio.sleep(0)
        before = turns
        assert [number async for number in in_slices(clock.items(count, seconds), clock)] == list(range(count))
        seen = turns - before
        done.set()
    return seen


async def test_everybody_else_has_a_turn_whenever_a_slice_is_over() -> None:
    assert await turns_beside(Steps(), 100, SLICE_SECONDS / 10) in {9, 10}
    assert await turns_beside(Steps(), 100, SLICE_SECONDS * 2) == 100


async def test_short_work_is_done_at_once() -> None:
    assert await turns_beside(Steps(), 9, SLICE_SECONDS / 10) == 0
    assert await turns_beside(Steps(), 0, 1.0) == 0
