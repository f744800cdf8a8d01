"""What the kernel says about processes, and the few statistics the benchmark needs.

Source: proc(5). CPU time of a process tree counts its living processes, and the ended ones their parents waited for.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median and 99th percentile, in ms."""

    p50_ms: float
    p99_ms: float


def process_tree(root: int) -> list[int]:
    """`root` and all its living descendants."""
    found = [root]
    for pid in found:
        for children in (PROC / str(pid) / "task").glob("*/children"):
            found.extend(int(child) for child in children.read_text().split())
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of a process tree, in steps of one kernel tick (usually 10 ms)."""
    return sum(_cpu_ticks(pid) for pid in process_tree(root)) / TICKS_PER_SECOND


def resident_bytes(root: int) -> int:
    """Resident memory of a process tree; pages shared by two of its processes count twice."""
    return sum(int((PROC / str(pid) / "statm").read_text().split()[1]) for pid in process_tree(root)) * PAGE_BYTES


def stolen_seconds() -> float:
    """Time that the host gave to other machines while a core of this one wanted to run, summed over all cores."""
    return int((PROC / "stat").read_text().split()[8]) / TICKS_PER_SECOND


def _cpu_ticks(pid: int) -> int:
    after_name = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in after_name[11:15])  # utime, stime, cutime, cstime


def percentile(ordered: Sequence[float], fraction: float) -> float:
    """The value below which `fraction` of the ordered values lie, by linear interpolation."""
    position = fraction * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def spread(seconds: Sequence[float]) -> Spread | None:
    """Median and 99th percentile of times given in seconds; None if there are none."""
    if not seconds:
        return None
    ordered = sorted(seconds)
    return Spread(p50_ms=percentile(ordered, 0.5) * 1000, p99_ms=percentile(ordered, 0.99) * 1000)


def cores() -> tuple[int, int]:
    """(core of backend and load, core of the server under test); the same one where only one may be used."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[min(1, len(usable) - 1)]


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Run on one core; processes started meanwhile stay there with all their threads."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
