"""A stop waits for what runs and takes nothing new."""

import asyncio

import pytest

from codex_proxy.server.registry import Draining, RunningExchanges


async def test_drain_waits_for_running_exchanges() -> None:
    running = RunningExchanges()
    finished: list[str] = []

    async def exchange() -> None:
        async with running.entered():
            await asyncio.sleep(0.05)
            finished.append("done")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(exchange())
        await asyncio.sleep(0)
        assert len(running) == 1
        assert await running.drain(30) == 0
    assert finished == ["done"]


async def test_after_the_grace_the_rest_is_cancelled_and_its_clean_up_awaited() -> None:
    running = RunningExchanges()
    cleaned: list[str] = []

    async def exchange() -> None:
        try:
            async with running.entered():
                await asyncio.sleep(60)
        finally:
            cleaned.append("released")

    task = asyncio.ensure_future(exchange())
    await asyncio.sleep(0)
    assert await running.drain(0.01) == 1
    assert cleaned == ["released"]
    assert task.cancelled()


async def test_a_draining_registry_takes_nothing_new() -> None:
    running = RunningExchanges()
    await running.drain(0)
    with pytest.raises(Draining):
        async with running.entered():
            pass
