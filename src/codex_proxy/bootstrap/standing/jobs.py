"""Jobs that a gateway does again and again: lookups, lists, what expires, newer versions, measures.

Rules of this file: when each job is due is its own rule; here they are only started together.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any, Final

from codex_proxy.bootstrap.assembling.ground import Ground
from codex_proxy.bootstrap.wiring import Running
from codex_proxy.jobs.repeat import repeat
from codex_proxy.operations.catalogue.lists import TICK_SECONDS
from codex_proxy.operations.settings.book import LOOK_SECONDS
from codex_proxy.operations.telemetry.exporting import EXPORT_SECONDS
from codex_proxy.operations.upstream_lookups import LOOKUP_SECONDS

EXPIRY_PAUSE_SECONDS: Final = 600.0


async def do_repeatedly(running: Running, ground: Ground) -> None:
    """Every job, until cancelled; one that fails is told of and goes on."""
    lookups = repeat(
        running.lookups.look,
        clock=ground.clock,
        pause_seconds=lambda _: LOOKUP_SECONDS,
        complain=lambda error: ground.report_defect("upstream lookups", error),
    )
    lists = repeat(
        running.lists.look,
        clock=ground.clock,
        pause_seconds=lambda _: TICK_SECONDS,
        complain=lambda error: ground.report_defect("model lists", error),
    )
    expiry = repeat(
        ground.pictures.expire,
        clock=ground.clock,
        pause_seconds=lambda _: EXPIRY_PAUSE_SECONDS,
        complain=lambda error: ground.report_defect("picture expiry", error),
    )
    updates = repeat(
        running.updates.look,
        clock=ground.clock,
        pause_seconds=running.updates.pause_seconds,
        complain=lambda error: ground.report_trouble("updates", error),
    )
    settings = repeat(
        ground.book.look,
        clock=ground.clock,
        pause_seconds=lambda _: LOOK_SECONDS,
        complain=lambda error: ground.report_defect("settings", error),
    )
    own_updates = repeat(
        running.own_updates.look,
        clock=ground.clock,
        pause_seconds=running.own_updates.pause_seconds,
        complain=lambda error: ground.report_trouble("updates of the gateway", error),
    )
    lag = repeat(
        running.measures.lag.look,
        clock=ground.clock,
        pause_seconds=lambda _: 0.0,
        complain=lambda error: ground.report_defect("event loop's lag", error),
    )
    async with asyncio.TaskGroup() as jobs:
        for job in (lookups, lists, expiry, updates, own_updates, settings, lag, *_telling(running, ground)):
            jobs.create_task(job)


def _telling(running: Running, ground: Ground) -> Iterator[Coroutine[Any, Any, None]]:
    if running.measures.telemetry is not None:
        yield repeat(
            running.measures.telemetry.export,
            clock=ground.clock,
            pause_seconds=lambda _: EXPORT_SECONDS,
            complain=lambda error: ground.report_trouble("telemetry", error),
        )
