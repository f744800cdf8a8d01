"""Jobs that are done again and again."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from codex_proxy.bootstrap.standing.jobs import do_repeatedly
from tests.gateway.scene import FakeClock
from tests.waiting import until


class Jobs:
    """A gateway of nothing but jobs, one of which fails each time."""

    def __init__(self, failing: str, *, telemetry: bool) -> None:
        self.failing = failing
        self.done: Counter[str] = Counter()
        self.told: Counter[str] = Counter()
        self.ground: Any = SimpleNamespace(
            clock=FakeClock(),
            book=SimpleNamespace(look=self._job("settings")),
            pictures=SimpleNamespace(expire=self._job("pictures")),
            report_defect=self._tell,
            report_trouble=self._tell,
        )
        exports = SimpleNamespace(export=self._job("telemetry")) if telemetry else None
        measures = SimpleNamespace(lag=SimpleNamespace(look=self._job("lag")), telemetry=exports)
        self.running: Any = SimpleNamespace(
            lookups=SimpleNamespace(look=self._job("lookups")),
            lists=SimpleNamespace(look=self._job("lists")),
            updates=SimpleNamespace(look=self._job("updates"), pause_seconds=lambda _: 1.0),
            own_updates=SimpleNamespace(look=self._job("own updates"), pause_seconds=lambda _: 1.0),
            measures=measures,
        )

    def _tell(self, where: str, error: Exception) -> None:
        self.told[f"{where}: {error}"] += 1

    def _job(self, name: str) -> Callable[[], Awaitable[bool]]:
        async def done() -> bool:
            self.done[name] += 1
            if name == self.failing:
                raise OSError("broken")
            return True

        return done


@pytest.mark.parametrize(("telemetry", "count"), [(True, 8), (False, 7)])
async def test_every_job_is_done_again_and_one_that_fails_is_told_and_goes_on(telemetry: bool, count: int) -> None:
    jobs = Jobs("lists", telemetry=telemetry)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(do_repeatedly(jobs.running, jobs.ground))
        await until(lambda: len(jobs.done) == count and min(jobs.done.values()) > 1)
        task.cancel()
    assert set(jobs.told) == {"model lists: broken"}
    assert jobs.told["model lists: broken"] > 1
