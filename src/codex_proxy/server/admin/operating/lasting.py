"""Work that is told as it goes, and goes on although whoever asked for it has left.

Rules of this file: what is told to nobody is dropped; a defect ends what is told, and is the loop's to report.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Generic, TypeVar

Told = TypeVar("Told")


class Lasting(Generic[Told]):
    """Runs such work; keeps hold of it until its end."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, work: AsyncIterator[Told]) -> AsyncIterator[Told]:
        """Begin work now; what it tells, for whoever wants to hear."""
        told: asyncio.Queue[Told | None] = asyncio.Queue()
        task = asyncio.get_running_loop().create_task(_run(work, told))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return _heard(told)

    async def wait(self) -> None:
        """Wait until all of it has ended."""
        while self._running:
            with suppress(Exception):
                await asyncio.gather(*self._running)


async def _run(work: AsyncIterator[Told], told: "asyncio.Queue[Told | None]") -> None:
    try:
        async for each in work:
            told.put_nowait(each)
    finally:
        told.put_nowait(None)


async def _heard(told: "asyncio.Queue[Told | None]") -> AsyncIterator[Told]:
    while (each := await told.get()) is not None:
        yield each
