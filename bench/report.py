"""Prints a run as tables and writes its JSON file. No host name and no path goes into either."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.lanes import Memory, Results
from bench.measure import Spread
from bench.summary import SERVERS, TARGETS, Line, Summary, Verdict, judge

RESULTS = Path(__file__).with_name("results")
LANE_TITLES = {
    "paced": "Paced lane: {tokens} tokens per answer, one every {gap_ms:g} ms, {streams} streams",
    "burst": "Burst lane: {tokens} tokens at once, {streams} connections",
}
MEMORY_TITLE = "Memory, {streams} idle streams, dialect chat"
LEFT_COLUMNS = frozenset({"dialect", "server", "promise", "verdict"})
COLUMNS = ("dialect", "server", "answers", "CPU us/answer", "(min-max)", "x nginx")
TIME_COLUMNS = ("first token ms", "added p50/p99", "gap ms", "added p50/p99")
SHARE_COLUMNS = ("busy", "backend+load", "stolen", "late ms")
NONE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run was: its options, the versions it met, the lanes it had to leave out and why."""

    commit: str
    options: Mapping[str, object]
    lanes: Mapping[str, Mapping[str, object]]
    versions: Mapping[str, str]
    partial: bool
    skipped: Mapping[str, str]


def print_report(run: Run, results: Results) -> None:
    """The tables, the targets, and whatever makes the figures doubtful."""
    summary = Summary(results)
    lines = summary.lines()
    for lane, title in LANE_TITLES.items():
        rows = [_row(line) for line in lines if line.lane == lane]
        if rows:
            print_table(title.format(**run.lanes[lane]), (*COLUMNS, *TIME_COLUMNS, *SHARE_COLUMNS), rows)
    memory = [figures for server in SERVERS if (figures := summary.memory(server))]
    if memory:
        columns = ("server", "at rest MB", "with streams MB", "KB/stream")
        print_table(MEMORY_TITLE.format(streams=memory[0].streams), columns, [_memory_row(one) for one in memory])
    verdicts = [_verdict_row(judge(target, summary)) for target in TARGETS]
    print_table("Targets (figures of the gateway)", ("promise", "target", "measured", "verdict"), verdicts)
    for name, reason in run.skipped.items():
        print(f"skipped: {name}: {reason}")
    for failure in results.failures():
        print(f"FAILED ANSWERS: {failure}")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table; columns of figures stand right."""
    widths = [max(len(row[index]) for row in (columns, *rows)) for index in range(len(columns))]
    print(f"\n{title}")
    for row in (columns, ["-" * width for width in widths], *rows):
        cells = (
            cell.ljust(width) if name in LEFT_COLUMNS else cell.rjust(width)
            for name, cell, width in zip(columns, row, widths, strict=True)
        )
        print("  ".join(cells).rstrip())


def write_results(run: Run, results: Results) -> Path:
    """Keep the run as `results/<date>-<commit>.json`, summary and raw samples; answers where.

    A partial run (quick, or without some lane or server) has `-partial` in its name and stays out of the repository.
    """
    summary = Summary(results)
    document = {
        "date": datetime.now(tz=UTC).date().isoformat(),
        "commit": run.commit,
        "machine": {"cores": os.cpu_count(), "architecture": platform.machine(), "kernel": platform.release()},
        "versions": run.versions,
        "options": run.options,
        "lanes": run.lanes,
        "skipped": run.skipped,
        "targets": [asdict(judge(target, summary)) for target in TARGETS],
        "summary": [asdict(line) for line in summary.lines()],
        **results.as_document(),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{document['date']}-{run.commit}{'-partial' if run.partial else ''}.json"
    path.write_text(json.dumps(_rounded(document), indent=1) + "\n")
    return path


def _row(line: Line) -> list[str]:
    measured = line.server != "direct"
    low, high = line.cpu_us_range
    return [
        line.dialect,
        line.server,
        str(line.answers),
        f"{line.cpu_us:,.0f}" if measured else NONE,
        f"{low:,.0f}-{high:,.0f}" if measured else NONE,
        NONE if line.times_nginx is None else f"{line.times_nginx:.2f}",
        _times(line.first_token),
        _times(line.added_first_token),
        _times(line.gap),
        _times(line.added_gap),
        f"{line.server_share:.0%}" if measured else NONE,
        f"{line.backend_share:.0%}+{line.load_share:.0%}",
        f"{line.stolen_share:.0%}",
        f"{line.backend_late_ms:.2f}",
    ]


def _memory_row(memory: Memory) -> list[str]:
    rest, with_streams = memory.rest_bytes / 1e6, memory.open_bytes / 1e6
    return [memory.server, f"{rest:.1f}", f"{with_streams:.1f}", f"{memory.kilobytes_per_stream:.1f}"]


def _verdict_row(verdict: Verdict) -> list[str]:
    if verdict.measured is None or verdict.met is None or verdict.off_by_percent is None:
        return [verdict.promise, verdict.bound, NONE, "not measured"]
    word = "met, by" if verdict.met else "MISSED BY"
    return [verdict.promise, verdict.bound, f"{verdict.measured:.2f}", f"{word} {verdict.off_by_percent:.0f} %"]


def _times(times: Spread | None) -> str:
    return NONE if times is None else f"{times.p50_ms:.2f}/{times.p99_ms:.2f}"


def _rounded(value: object) -> object:
    """Figures to six significant digits: nothing measured here is truer than that."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value
