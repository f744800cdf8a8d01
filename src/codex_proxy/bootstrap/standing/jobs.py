"""Jobs that a gateway does again and again: lookups, lists, what expires, newer versions, measures.

Rules of this file: one table; when each job is due is its own rule, and here they are only started together.
"""

from typing import Final

from codex_proxy.bootstrap.assembling.ground import Ground
from codex_proxy.bootstrap.wiring import Running
from codex_proxy.jobs.standing import StandingJob, do_all, every
from codex_proxy.operations.catalogue.lists import TICK_SECONDS
from codex_proxy.operations.settings.book import LOOK_SECONDS
from codex_proxy.operations.telemetry.exporting import EXPORT_SECONDS

EXPIRY_PAUSE_SECONDS: Final = 600.0
LOOKUPS: Final = every(3600.0, failed=60.0)


async def do_repeatedly(running: Running, ground: Ground) -> None:
    """Every job, until cancelled; one that fails is told of and goes on."""
    await do_all(standing_jobs(running, ground), clock=ground.clock)


def standing_jobs(running: Running, ground: Ground) -> tuple[StandingJob, ...]:
    """What is done, when it is due again, and whether a failure is a defect or somebody else's trouble."""
    defect, trouble = ground.report_defect, ground.report_trouble
    updates, own_updates, measures = running.updates, running.own_updates, running.measures
    jobs = (
        StandingJob("upstream lookups", running.lookups.refresh, LOOKUPS, defect),
        StandingJob("model lists", running.lists.look, every(TICK_SECONDS), defect),
        StandingJob("picture expiry", ground.pictures.expire, every(EXPIRY_PAUSE_SECONDS), defect),
        StandingJob("updates", updates.look, updates.pause_seconds, trouble),
        StandingJob("updates of the gateway", own_updates.look, own_updates.pause_seconds, trouble),
        StandingJob("settings", ground.book.look, every(LOOK_SECONDS), defect),
        StandingJob("event loop's lag", measures.lag.look, every(0.0), defect),  # it waits by itself
    )
    if measures.telemetry is None:
        return jobs
    return (*jobs, StandingJob("telemetry", measures.telemetry.export, every(EXPORT_SECONDS), trouble))
