"""A job that runs again and again while the process lives.

Rules of this file: one run at a time; a run that fails is complained about and the next one comes all the same.
"""

from collections.abc import Awaitable, Callable

from codex_proxy.gateway.ports import Clock


async def repeat(
    job: Callable[[], Awaitable[bool]],
    *,
    clock: Clock,
    pause_seconds: Callable[[bool], float],
    complain: Callable[[Exception], None],
) -> None:
    """Run ``job`` until cancelled; ``pause_seconds`` gives the wait after a run from whether it succeeded."""
    while True:
        try:
            succeeded = await job()
        except Exception as error:  # noqa: BLE001 - the job runner: one failed run must not end all later ones
            complain(error)
            succeeded = False
        await clock.sleep(pause_seconds(succeeded))
