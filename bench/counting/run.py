"""The bench's command: `python -m bench.counting.run [--rounds N] [--streams N]`.

Streams of a token every 5 ms run through the gateway, and every 500 ms 25 counting requests come at once. The lanes
take turns, so that what else happens on the machine hits all of them:

    quiet     no request; the same time is looked at
    refused   the requests' JSON is broken: what reading 25 requests costs without counting
    counted   2 KB of text and a tool each
    large     100 KB of text and a tool each

Printed are the gaps between tokens within 300 ms of each burst and the largest of them at each burst; `added` is the
median of the rounds' differences to `quiet`: the delay that a burst gives a stream. The first burst of all starts the
counting process and is printed apart. Gateway and counting process share one core, backend and load the other. Exit
code 1: an answer failed.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import uvloop

from bench.counting import burst
from bench.load import connect as connect_stream
from bench.measure import cores, percentile, pinned, resident_bytes, stolen_seconds
from bench.questions import REQUEST_NUMBER, Endpoint, build_request
from bench.servers import BackendServer, Place, Server, start_gateway

BURST_REQUESTS = 25
BURST_SECONDS = 0.5
WINDOW_SECONDS = 0.3
COLD_SECONDS = 2.0
TOKEN_GAP_MS = 5
TOKENS = 200
ANSWER_SECONDS = TOKENS * TOKEN_GAP_MS / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What comes beside the streams; no requests in a lane without text."""

    name: str
    text_bytes: int = 0
    legal: bool = True


QUIET = Lane(name="quiet")
COUNTED = Lane(name="counted", text_bytes=2_000)
LANES = (
    QUIET,
    Lane(name="refused", text_bytes=2_000, legal=False),
    COUNTED,
    Lane(name="large", text_bytes=100_000),
)


@dataclass(slots=True, kw_only=True)
class Burst:
    """One burst of a lane: when it came, how long until all were answered, and the gaps (ms) in the time after it."""

    lane: Lane
    started: float
    answer_seconds: float
    gaps_ms: list[float] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Seen:
    """Every gap (s) with the moment it ended, the bursts in order, and how many answers failed."""

    gaps: list[tuple[float, float]] = field(default_factory=list)
    bursts: list[Burst] = field(default_factory=list)
    failures: int = 0

    def sort_gaps(self, window_seconds: float) -> None:
        """Give each burst the gaps that ended within the window after it."""
        for each in self.bursts:
            end = each.started + window_seconds
            each.gaps_ms = sorted(1000 * gap for ended, gap in self.gaps if each.started <= ended < end)


class Streams:
    """Streams that are asked for again and again, and the gaps between their tokens."""

    def __init__(self, endpoint: Endpoint, count: int) -> None:
        self._endpoint = endpoint
        self._count = count
        self._request = build_request(endpoint)
        self._number = 0
        self.seen = Seen()

    async def run(self) -> None:
        """Stream until cancelled; the streams begin at different moments of an answer."""
        async with asyncio.TaskGroup() as tasks:
            for index in range(self._count):
                tasks.create_task(self._stream(TOKENS * TOKEN_GAP_MS / 1000 * index / self._count))

    async def _stream(self, delay: float) -> None:
        await asyncio.sleep(delay)
        connection = await connect_stream(self._endpoint.port)
        while True:
            self._number += 1
            request = self._request.replace(REQUEST_NUMBER, b"%08d" % self._number)
            answer = await connection.ask(request, enough=TOKENS)
            self.seen.failures += bool(answer.failure)
            self.seen.gaps += [(later, later - earlier) for earlier, later in pairwise(answer.arrivals)]


async def measure(endpoint: Endpoint, lanes: Sequence[Lane], *, streams: int, seed: int) -> Seen:
    """One burst after the other beside the streams."""
    waves = [requests_of(endpoint, lane, seed=seed + number) for number, lane in enumerate(lanes)]
    connections = await burst.connect(endpoint.port, BURST_REQUESTS)
    load = Streams(endpoint, streams)
    running = asyncio.ensure_future(load.run())
    await asyncio.sleep(ANSWER_SECONDS)
    for lane, requests in zip(lanes, waves, strict=True):
        started = time.perf_counter()
        statuses = await burst.send(connections, requests) if requests else []
        load.seen.bursts.append(Burst(lane=lane, started=started, answer_seconds=time.perf_counter() - started))
        load.seen.failures += sum(status != (200 if lane.legal else 400) for status in statuses)
        await asyncio.sleep(BURST_SECONDS)
    await asyncio.sleep(max(COLD_SECONDS, ANSWER_SECONDS))
    running.cancel()
    await asyncio.wait([running])
    for connection in connections:
        connection.close()
    return load.seen


def requests_of(endpoint: Endpoint, lane: Lane, *, seed: int) -> list[bytes]:
    """The requests of one burst."""
    if not lane.text_bytes:
        return []
    return burst.build_requests(endpoint, count=BURST_REQUESTS, text_bytes=lane.text_bytes, seed=seed, legal=lane.legal)


def report(lane: Lane, seen: Seen) -> None:
    """One line of the table, in ms."""
    quiet = [each.gaps_ms[-1] for each in seen.bursts if each.lane is QUIET]
    bursts = [each for each in seen.bursts if each.lane is lane]
    gaps = sorted(gap for each in bursts for gap in each.gaps_ms)
    worst = [each.gaps_ms[-1] for each in bursts]
    added = statistics.median(mine - other for mine, other in zip(worst, quiet, strict=True))
    answered = 1000 * statistics.median(each.answer_seconds for each in bursts)
    print(
        f"{lane.name:8} {percentile(gaps, 0.5):7.2f} {percentile(gaps, 0.99):7.2f} {gaps[-1]:7.2f} "
        f"{statistics.median(worst):13.2f} {percentile(sorted(worst), 0.9):7.2f} {added:7.2f} {answered:9.1f}"
    )


def run(gateway: Server, *, streams: int, rounds: int) -> int:
    """The first burst, then all lanes; answers how many requests failed."""
    endpoint = gateway.endpoints["chat"]
    rest_bytes = resident_bytes(gateway.pid)
    cold = uvloop.run(measure(endpoint, [COUNTED], streams=streams, seed=0))
    cold.sort_gaps(COLD_SECONDS)
    print(
        f"first burst: {cold.bursts[0].answer_seconds * 1000:.0f} ms until all {BURST_REQUESTS} counts came, largest "
        f"gap meanwhile {cold.bursts[0].gaps_ms[-1]:.2f} ms; "
        f"counting process {(resident_bytes(gateway.pid) - rest_bytes) / 1e6:.0f} MB\n"
    )
    seen = uvloop.run(measure(endpoint, LANES * rounds, streams=streams, seed=1))
    seen.sort_gaps(WINDOW_SECONDS)
    print(f"{'':8} {'gap p50':>7} {'p99':>7} {'max':>7} {'at burst: p50':>13} {'p90':>7} {'added':>7} {'25 counts':>9}")
    for lane in LANES:
        report(lane, seen)
    return cold.failures + seen.failures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench; answers the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.counting.run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="bursts of each lane")
    parser.add_argument("--streams", type=int, default=4, help="streams that run meanwhile")
    options = parser.parse_args(arguments)
    load_core, server_core = cores()
    stolen = stolen_seconds()
    with pinned(load_core), tempfile.TemporaryDirectory(prefix="bench-") as folder:
        places = [Path(folder, name) for name in ("backend", "gateway")]
        for place in places:
            place.mkdir()
        backend = BackendServer(Place(core=load_core, folder=places[0]))
        backend.set_pace(events=TOKENS, gap_ms=TOKEN_GAP_MS)
        gateway = start_gateway(Place(core=server_core, folder=places[1], backend_port=backend.port))
        try:
            failures = run(gateway, streams=options.streams, rounds=options.rounds)
        finally:
            gateway.stop()
            backend.server.stop()
    print(f"\n{failures} answers failed; stolen by the host: {stolen_seconds() - stolen:.2f} s")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
