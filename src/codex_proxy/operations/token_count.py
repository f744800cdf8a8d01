"""Counting the input tokens of a request without asking an upstream.

Rules of this file: a count always comes; where the counter cannot count a text in time, its size does.  Counting
requests come in bursts (Claude Code sends 25 at once), and what they cost this process is spread over as many turns of
the event loop, so that running streams get theirs in between.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from codex_proxy.canonical.request import Request
from codex_proxy.usage.counting.plan import Passage, plan_of
from codex_proxy.usage.counting.total import TokenCount, total_of


class PassageCounter(Protocol):
    """Counts tokens of texts and pages of PDFs."""

    async def count(self, passages: Sequence[Passage]) -> Sequence[int | None]:
        """An entry for each passage, None where it could not be counted in time; never raises."""
        ...


class LoopTurns:
    """Lets one block run in each turn of the event loop, first come first served."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """The block must not wait for anything."""
        async with self._lock:
            try:
                yield
            finally:
                await asyncio.sleep(0)


class TokenCounting:
    """The use case behind every counting endpoint; ``turns`` are for what an endpoint does before it can count."""

    def __init__(self, counter: PassageCounter) -> None:
        self._counter = counter
        self.turns = LoopTurns()

    async def count(self, request: Request) -> TokenCount:
        """The request's input tokens."""
        async with self.turns.one():
            plan = plan_of(request)
        return total_of(plan, await self._counter.count(plan.passages))
