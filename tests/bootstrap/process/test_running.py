"""The process that a gateway runs in."""

import asyncio
import subprocess
import sys

from codex_proxy.bootstrap.process.running import run_until_done

PROGRAM = """
import asyncio, gc, os, signal, sys
from codex_proxy.bootstrap.process import running
from codex_proxy.bootstrap.process.running import calm_collector, hand_over_soon, run_until_done, stop_signals

async def work():
    calm_collector()
    hand_over_soon()
    assert gc.get_threshold()[0] == running.YOUNG_OBJECTS and gc.get_freeze_count() > 0
    assert abs(sys.getswitchinterval() - running.SWITCH_SECONDS) < 1e-6
    stop = stop_signals()
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()
    print("asked to stop")
    os.kill(os.getpid(), signal.SIGINT)
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        print("made to stop")

run_until_done(work())
"""


def test_work_runs_on_the_fast_event_loop() -> None:
    loops: list[str] = []

    async def work() -> None:
        loops.append(type(asyncio.get_running_loop()).__module__)

    run_until_done(work())
    assert loops == ["uvloop"]


def test_the_first_signal_asks_and_the_second_one_cancels() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=50, check=True)
    assert done.stdout.split("\n") == ["asked to stop", "made to stop", ""]
