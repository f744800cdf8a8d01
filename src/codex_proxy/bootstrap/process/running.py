"""The process: its event loop, its garbage collector, and the signals that end it."""

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Final

import uvloop

# For each event the loop asks several times for the interpreter, which a busy thread keeps for so long; with Python's
# 5 ms one event in a hundred came 65 ms late beside such a thread, with half a millisecond 35 ms (measured).
SWITCH_SECONDS: Final = 0.0005
YOUNG_OBJECTS: Final = 20_000  # net allocations until the collector looks at the youngest; Python's default is 700


def run_until_done(work: Coroutine[Any, Any, None]) -> None:
    """Run on the fast event loop."""
    uvloop.run(work)


def calm_collector() -> None:
    """Keep the garbage collector from what lives as long as the process, and let it come less often.

    An exchange makes thousands of objects and hardly a cycle; with the default threshold the collector took a
    twentieth of the CPU time (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def hand_over_soon() -> None:
    """Let no thread keep the event loop from the interpreter for long."""
    sys.setswitchinterval(SWITCH_SECONDS)


def stop_signals() -> asyncio.Event:
    """Set at the first signal; at the second one the running task is cancelled."""
    stop = asyncio.Event()
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def asked() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    return stop
