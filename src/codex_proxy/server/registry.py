"""Exchanges that run now, so that a stop can wait for them.

Rules of this file: an exchange is entered before it starts and left when its last ``finally`` ran; once draining, no
new one is entered.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Draining(Exception):
    """The gateway is stopping and takes no new exchange."""


class RunningExchanges:
    """The tasks of exchanges in flight."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self.draining = False

    def __len__(self) -> int:
        return len(self._tasks)

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """Count the current task as an exchange while the block runs.

        Raises:
            Draining: no new exchange is taken.
        """
        task = asyncio.current_task()
        if self.draining or task is None:
            raise Draining
        self._tasks.add(task)
        self._idle.clear()
        try:
            yield
        finally:
            self._tasks.discard(task)
            if not self._tasks:
                self._idle.set()

    async def drain(self, grace_seconds: float) -> int:
        """Take no more exchanges, wait for the running ones, then cancel the rest and wait for their end.

        Returns:
            How many had to be cancelled.
        """
        self.draining = True
        try:
            async with asyncio.timeout(grace_seconds):
                await self._idle.wait()
        except TimeoutError:
            left = list(self._tasks)
            for task in left:
                task.cancel()
            await asyncio.wait(left)
            return len(left)
        return 0
