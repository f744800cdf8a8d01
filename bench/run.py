"""The benchmark's command: `python -m bench.run [--lanes paced,burst,memory] [--rounds N] [--quick]`.

Starts every server that can be had, measures them in turn, prints the tables and keeps the raw figures in
`bench/results`.
Exit code 1: an answer failed, or a server could not be had although CI=true.
"""

import argparse
import importlib.metadata
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from bench import servers
from bench.install import NotAvailable
from bench.lanes import Results, Shape, measure_memory, measure_round, warm_up
from bench.measure import cores, pinned
from bench.report import Run, print_report, write_results
from bench.servers import BackendServer, Place, Server, StartFailed

STARTERS: dict[str, Callable[[Place], Server]] = {
    "nginx": servers.start_nginx,
    "relay": servers.start_relay,
    "gateway": servers.start_gateway,
    "passing": servers.start_vendor_gateway,
    "litellm": servers.start_litellm,
}
LANES = ("memory", "paced", "burst")
ROUNDS, QUICK_ROUNDS = 5, 1
IDLE_STREAMS, QUICK_IDLE_STREAMS = 1000, 200
OPEN_FILES = 16_384


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; answers the exit code."""
    options = parse_options(arguments)
    allow_many_files()
    load_core, server_core = cores()
    started = time.perf_counter()
    skipped: dict[str, str] = {}
    with pinned(load_core), tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as running:
        backend = BackendServer(Place(core=load_core, folder=_subfolder(folder, "backend")))
        running.callback(backend.server.stop)
        found: list[Server] = []
        for name in options.servers:
            place = Place(core=server_core, folder=_subfolder(folder, name), backend_port=backend.port)
            outcome = start(name, place)
            if isinstance(outcome, str):
                skipped[name] = outcome
            else:
                running.callback(outcome.stop)
                found.append(outcome)
        results = measure(options, backend, found)
    run = Run(
        commit=commit(),
        options={"lanes": options.lanes, "rounds": options.rounds, "quick": options.quick},
        lanes={shape.lane: asdict(shape) for shape in shapes(quick=options.quick)},
        versions=versions(found),
        partial=options.quick or {*options.lanes, *options.servers} != {*LANES, *STARTERS},
        skipped=skipped,
    )
    print_report(run, results)
    kept = "not kept: answers failed" if results.failures() else f"kept as {write_results(run, results).name}"
    print(f"\n{kept}; {time.perf_counter() - started:.0f} s")
    in_ci = os.environ.get("CI") == "true"
    return 1 if results.failures() or (skipped and in_ci) else 0


def start(name: str, place: Place) -> Server | str:
    """Start a server and let it stand still until it is its turn; or answer in a few words why it is left out."""
    try:
        server = STARTERS[name](place)
    except NotAvailable as reason:
        _say(f"{name}: {reason}")
        return "not to be had here"
    except StartFailed as reason:
        _say(f"{name}: {reason}")
        return "did not start"
    server.pause()
    return server


def parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line: lists as lists, the defaults of --quick filled in."""
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("--lanes", type=_names(LANES), default=list(LANES), help=f"of {','.join(LANES)}")
    parser.add_argument("--servers", type=_names(STARTERS), default=list(STARTERS), help=f"of {','.join(STARTERS)}")
    parser.add_argument("--rounds", type=int, help=f"rounds of the CPU lanes (default {ROUNDS}, quick {QUICK_ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="one short round, fewer idle streams")
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    return options


def shapes(*, quick: bool) -> tuple[Shape, Shape]:
    """The two CPU lanes; `quick` asks for less long."""
    return (
        Shape(lane="paced", tokens=100, gap_ms=5, streams=64, seconds=2.5 if quick else 4.0),
        Shape(lane="burst", tokens=50, gap_ms=0, streams=32, seconds=1.5 if quick else 2.0),
    )


def measure(options: argparse.Namespace, backend: BackendServer, found: Sequence[Server]) -> Results:
    """All lanes: memory first, while the servers are fresh, then the rounds, each lane once a round."""
    results = Results()
    streams = QUICK_IDLE_STREAMS if options.quick else IDLE_STREAMS
    for server in found if "memory" in options.lanes else ():
        _say(f"memory: {server.name}")
        results.memory.append(measure_memory(backend, server, streams=streams))
    for server in found:
        with server.awake():
            for endpoint in server.endpoints.values():
                warm_up(backend, endpoint)
    for turn in range(options.rounds):
        for shape in shapes(quick=options.quick):
            if shape.lane in options.lanes:
                _say(f"{shape.lane}: round {turn + 1} of {options.rounds}")
                results.samples += measure_round(backend, found, shape, turn=turn)
    return results


def allow_many_files() -> None:
    """A thousand streams are two thousand sockets in the server: lift our limit, which the servers inherit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def commit() -> str:
    """The checkout's short commit, or a word where there is none."""
    command = ["git", "rev-parse", "--short", "HEAD"]
    asked = subprocess.run(command, check=False, capture_output=True, text=True, cwd=Path(__file__).parent)
    return asked.stdout.strip() if asked.returncode == 0 else "uncommitted"


def versions(found: Sequence[Server]) -> dict[str, str]:
    """Versions of whatever the figures depend on."""
    ours = {"python": platform.python_version(), "uvloop": importlib.metadata.version("uvloop")}
    return {**ours, **{server.name: server.version for server in found}}


def _names(known: Sequence[str] | dict[str, Callable[[Place], Server]]) -> Callable[[str], list[str]]:
    def parse(text: str) -> list[str]:
        asked = text.split(",")
        if unknown := [name for name in asked if name not in known]:
            raise argparse.ArgumentTypeError(f"not one of {','.join(known)}: {','.join(unknown)}")
        return asked

    return parse


def _subfolder(folder: str, name: str) -> Path:
    path = Path(folder, name)
    path.mkdir()
    return path


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
