"""From samples to verdicts: servers are compared within a round, and the median of the rounds counts."""

import subprocess
import sys

import pytest

from bench.lanes import Memory, Results, Sample
from bench.measure import Spread, cpu_seconds, percentile, process_tree, resident_bytes
from bench.summary import TARGETS, Summary, judge


def sample(server: str, turn: int, *, cpu_us: float = 0, first_ms: float = 1) -> Sample:
    """A round of the paced lane with 100 answers."""
    times = Spread(p50_ms=first_ms, p99_ms=first_ms * 3)
    return Sample(
        lane="paced",
        dialect="chat",
        server=server,
        round=turn,
        answers=100,
        failures={},
        wall_seconds=1,
        server_cpu_seconds=cpu_us * 100 / 1e6,
        backend_cpu_seconds=0,
        load_cpu_seconds=0,
        first_token=times,
        gap=times,
        stolen_seconds=0,
        backend_late_ms=0,
    )


def test_a_slow_moment_of_the_machine_leaves_the_ratio_alone() -> None:
    rounds = [(1000, 2000), (5000, 10000), (1000, 2100)]  # (nginx, gateway): everything was slow in the second
    samples = [sample("nginx", turn, cpu_us=nginx) for turn, (nginx, _) in enumerate(rounds)]
    samples += [sample("gateway", turn, cpu_us=gateway) for turn, (_, gateway) in enumerate(rounds)]
    summary = Summary(Results(samples=samples))
    assert summary.cpu_ratio("paced", "chat", of="gateway", to="nginx") == pytest.approx(2.0)


def test_targets_are_met_missed_or_not_measured() -> None:
    samples = [
        sample("direct", 0, first_ms=1),
        sample("nginx", 0, cpu_us=1000),
        sample("gateway", 0, cpu_us=3000, first_ms=2),
        sample("passing", 0, cpu_us=2700),
        sample("litellm", 0, cpu_us=90_000),
    ]
    memory = Memory(
        server="gateway", dialect="chat", streams=1000, rest_bytes=90_000_000, open_bytes=200_000_000, failures={}
    )
    summary = Summary(Results(samples=samples, memory=[memory]))
    verdicts = [(judge(target, summary).measured, judge(target, summary).met) for target in TARGETS]
    assert [measured for measured, _ in verdicts] == pytest.approx([3.0, 30.0, 0.9, 2.7, 1.0, 1.0, 90.0, 110.0])
    assert [met for _, met in verdicts] == [False, True, True, False, True, False, True, False]
    assert all(judge(target, Summary(Results())).met is None for target in TARGETS)


def test_percentiles_lie_between_the_values() -> None:
    assert percentile([1, 2, 3, 4], 0.5) == 2.5
    assert percentile([7], 0.99) == 7


def test_a_process_tree_counts_the_children() -> None:
    script = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        assert len(process_tree(parent.pid)) == 2
        assert cpu_seconds(parent.pid) > 0
        assert resident_bytes(parent.pid) > 4_000_000
        parent.communicate(b"\n")
