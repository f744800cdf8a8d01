"""Jobs that run again and again."""

import asyncio

import pytest

from codex_proxy.jobs.repeat import repeat
from tests.gateway.scene import NOW, FakeClock


async def test_a_job_goes_on_after_failing_and_waits_as_told() -> None:
    clock, runs, complaints = FakeClock(), [], []

    async def job() -> bool:
        runs.append(clock.now() - NOW)
        if len(runs) == 2:
            raise ValueError("not now")
        if len(runs) == 4:
            raise asyncio.CancelledError
        return len(runs) == 1

    with pytest.raises(asyncio.CancelledError):
        await repeat(
            job,
            clock=clock,
            pause_seconds=lambda succeeded: 100.0 if succeeded else 1.0,
            complain=lambda error: complaints.append(str(error)),
        )
    assert runs == [0.0, 100.0, 101.0, 102.0]
    assert complaints == ["not now"]
