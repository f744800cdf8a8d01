"""Jobs that go on while something serves, and what is written at its end."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.jobs.standing import (
    RETRY_SECONDS,
    LastWrite,
    StandingJob,
    do_all,
    every,
    going_on,
    patiently,
    written_at_end,
)
from tests.gateway.scene import FakeClock
from tests.waiting import until


class Told:
    """What was done, and what was complained about."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.complaints: Counter[str] = Counter()

    def complain(self, where: str, error: Exception) -> None:
        self.complaints[f"{where}: {error}"] += 1

    def doing(self, name: str, error: Exception | None = None) -> Callable[[], Awaitable[bool]]:
        async def done() -> bool:
            self.done.append(name)
            if error is not None:
                raise error
            return True

        return done

    def job(self, name: str, error: Exception | None = None) -> StandingJob:
        return StandingJob(name, self.doing(name, error), every(1.0), self.complain)


def test_pauses() -> None:
    assert (every(9.0)(True), every(9.0)(False)) == (9.0, 9.0)
    assert (every(9.0, failed=1.0)(True), every(9.0, failed=1.0)(False)) == (9.0, 1.0)
    assert (patiently(1.0)(True), patiently(1.0)(False)) == (1.0, RETRY_SECONDS)
    assert patiently(60.0)(False) == 60.0


async def test_jobs_go_on_while_the_block_runs_and_one_that_fails_ends_no_other() -> None:
    told = Told()
    async with going_on([told.job("bad", OSError("broken")), told.job("good")], clock=FakeClock()):
        await until(lambda: min(told.done.count("bad"), told.done.count("good")) > 2)
    assert set(told.complaints) == {"bad: broken"}
    count = len(told.done)
    await asyncio.sleep(0)
    assert len(told.done) == count


async def test_all_are_done_until_cancelled() -> None:
    told = Told()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(do_all([told.job("one"), told.job("two")], clock=FakeClock()))
        await until(lambda: {"one", "two"} <= set(told.done))
        task.cancel()
    assert task.cancelled()


async def test_what_waits_is_written_after_the_jobs_each_for_itself() -> None:
    told = Told()
    writes = [
        LastWrite("one is lost", told.doing("write one", StoreUnusable("full")), told.complain),
        LastWrite("two is lost", told.doing("write two"), told.complain),
    ]
    async with written_at_end(writes), going_on([told.job("job")], clock=FakeClock()):
        await until(lambda: "job" in told.done)
    assert told.done[-2:] == ["write one", "write two"]
    assert told.done.count("write one") == 1
    assert told.complaints == {"one is lost: full": 1}


@pytest.mark.parametrize("ending", [ZeroDivisionError(), asyncio.CancelledError()])
async def test_what_waits_is_written_whatever_ends_the_block(ending: BaseException) -> None:
    told = Told()
    last = LastWrite("it is lost", told.doing("write"), told.complain)

    async def serve() -> None:
        async with written_at_end([last]), going_on([told.job("job")], clock=FakeClock()):
            await until(lambda: "job" in told.done)
            raise ending

    with pytest.raises((ExceptionGroup, asyncio.CancelledError)):
        await serve()
    assert told.done[-1] == "write"
    assert told.done.count("write") == 1
