"""Counting as a use case: a count always comes, and running streams get their turns meanwhile."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest

from codex_proxy.canonical.blocks import Text
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.operations.token_count import LoopTurns, TokenCounting
from codex_proxy.usage.counting.plan import Passage
from codex_proxy.usage.counting.total import TokenCount

REQUEST = Request(dialect=Dialect.OPENAI_CHAT, model="m", turns=(Turn(role=Role.USER, blocks=(Text(text="one two"),)),))


class Counter:
    """Counts words, or nothing."""

    def __init__(self, *, counts: bool) -> None:
        self._counts = counts

    async def count(self, passages: Sequence[Passage]) -> Sequence[int | None]:
        return [sum(len(piece.split()) for piece in passage.pieces) if self._counts else None for passage in passages]


@pytest.mark.parametrize(
    ("counts", "told"),
    [(True, TokenCount(tokens=7, exact_text=True)), (False, TokenCount(tokens=7, exact_text=False))],
)
async def test_a_count_comes_with_or_without_the_counters_help(counts: bool, told: TokenCount) -> None:
    assert await TokenCounting(Counter(counts=counts)).count(REQUEST) == told


async def test_each_turn_of_the_loop_has_one_block_at_most() -> None:
    turns, happened = LoopTurns(), list[str]()

    async def work(name: str) -> None:
        async with turns.one():
            happened.append(name)

    async def stream() -> None:
        while len(happened) < 40:
            happened.append("event")
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        for number in range(5):
            tasks.create_task(work(f"block {number}"))
        tasks.create_task(stream())
    blocks = [place for place, name in enumerate(happened) if name != "event"]
    assert [happened[place] for place in blocks] == [f"block {number}" for number in range(5)]
    assert all(later - earlier > 1 for earlier, later in pairwise(blocks))


async def test_a_block_that_fails_gives_its_turn_on() -> None:
    turns = LoopTurns()
    with pytest.raises(LookupError):
        async with turns.one():
            raise LookupError
    async with asyncio.timeout(30), turns.one():
        pass
