"""Jobs that go on as long as something serves, and what is written when it ends.

Rules of this file: a job is data, which says what is done, when it is due again and who hears of a failure; one that
fails ends no other.  What waits to be written is written however the serving ends, each of it for itself, after the
jobs that would have written it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, TypeAlias

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.gateway.ports import Clock
from codex_proxy.jobs.repeat import repeat

RETRY_SECONDS: Final = 5.0

Complain: TypeAlias = Callable[[str, Exception], None]
"""Hears what failed, and why."""

Pause: TypeAlias = Callable[[bool], float]
"""Seconds until the next run, from whether the last one succeeded."""


class StandingJob(NamedTuple):
    """What it is called, what is done, when that is due again, and who hears of a failure."""

    name: str
    run: Callable[[], Awaitable[bool]]
    pause: Pause
    complain: Complain


class LastWrite(NamedTuple):
    """What is written at the end, what is told where that fails, and to whom; it raises ``StoreUnusable``."""

    failing: str
    write: Callable[[], Awaitable[object]]
    complain: Complain


def every(seconds: float, *, failed: float | None = None) -> Pause:
    """So many seconds between two runs; ``failed`` are those after one that failed."""
    return lambda succeeded: seconds if succeeded or failed is None else failed


def patiently(seconds: float) -> Pause:
    """So many seconds between two runs, and a few at least after one that failed."""
    return every(seconds, failed=max(seconds, RETRY_SECONDS))


async def do_all(jobs: Iterable[StandingJob], *, clock: Clock) -> None:
    """Every job, until cancelled."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(_repeated(job, clock))


@asynccontextmanager
async def going_on(jobs: Iterable[StandingJob], *, clock: Clock) -> AsyncIterator[None]:
    """Every job, while the block runs; at its end none runs any more."""
    async with asyncio.TaskGroup() as group:
        running = [group.create_task(_repeated(job, clock)) for job in jobs]
        try:
            yield
        finally:
            for task in running:
                task.cancel()


@asynccontextmanager
async def written_at_end(writes: Iterable[LastWrite]) -> AsyncIterator[None]:
    """Write what waits when the block has ended."""
    try:
        yield
    finally:
        for last in writes:
            try:
                await last.write()
            except StoreUnusable as error:
                last.complain(last.failing, error)


async def _repeated(job: StandingJob, clock: Clock) -> None:
    await repeat(job.run, clock=clock, pause_seconds=job.pause, complain=lambda error: job.complain(job.name, error))
