"""The three lanes: paced streams, bursts, idle streams. Each yields one `Sample` per server, dialect and round.

Rules: the servers of a round are measured one after the other, in turning order; whoever is not under test
stands still; a sample with failures is kept and marked, never mended.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import uvloop

from bench.load import hold_streams, run_load
from bench.measure import Spread, cpu_seconds, resident_bytes, spread, stolen_seconds
from bench.questions import BODIES, Endpoint
from bench.servers import BackendServer, Server

LIMIT_SECONDS = 60.0
SETTLE_SECONDS = 1.0
OPENING_STREAMS = 20  # idle streams are opened this many at a time
WARM_UP_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a CPU lane asks for: `tokens` per answer, `gap_ms` apart, on `streams` connections for `seconds`."""

    lane: str
    tokens: int
    gap_ms: float
    streams: int
    seconds: float

    @property
    def answer_seconds(self) -> float:
        return self.tokens * self.gap_ms / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One measurement of one server. CPU seconds are user plus system, of whole process trees."""

    lane: str
    dialect: str
    server: str
    round: int
    answers: int
    failures: dict[str, int]
    wall_seconds: float
    server_cpu_seconds: float
    backend_cpu_seconds: float
    load_cpu_seconds: float
    first_token: Spread | None
    gap: Spread | None
    stolen_seconds: float
    backend_late_ms: float

    @property
    def cpu_us_per_answer(self) -> float:
        return self.server_cpu_seconds / max(self.answers, 1) * 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Resident bytes of one server at rest (started, a few answers given) and with `streams` idle streams open."""

    server: str
    dialect: str
    streams: int
    rest_bytes: int
    open_bytes: int
    failures: dict[str, int]

    @property
    def kilobytes_per_stream(self) -> float:
        return (self.open_bytes - self.rest_bytes) / self.streams / 1000


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything a run measured, in the order it was measured."""

    samples: list[Sample] = field(default_factory=list)
    memory: list[Memory] = field(default_factory=list)

    def failures(self) -> list[str]:
        """One line for each measurement in which an answer failed."""
        measurements: list[Sample | Memory] = [*self.samples, *self.memory]
        return [
            f"{measured.server}, {measured.dialect}: {count} x {reason}"
            for measured in measurements
            for reason, count in measured.failures.items()
        ]

    def as_document(self) -> dict[str, object]:
        """The raw figures, ready for JSON."""
        return {
            "samples": [asdict(sample) for sample in self.samples],
            "memory": [asdict(memory) for memory in self.memory],
        }


def measure_round(backend: BackendServer, servers: Sequence[Server], shape: Shape, *, turn: int) -> list[Sample]:
    """One round of a CPU lane: every server in every dialect it speaks, the backend directly among them."""
    backend.set_pace(events=shape.tokens, gap_ms=shape.gap_ms)
    order = [
        (server, server.endpoints[dialect])
        for dialect in BODIES
        for server in (backend.server, *servers)
        if dialect in server.endpoints
    ]
    start = turn % len(order)
    return [
        _measure(backend, server, endpoint, shape=shape, turn=turn)
        for server, endpoint in (*order[start:], *order[:start])
    ]


def measure_memory(backend: BackendServer, server: Server, *, streams: int) -> Memory:
    """Memory of a freshly started server, before any load: at rest, then with idle streams, in chat if it speaks it."""
    endpoint = server.endpoints.get("chat") or server.endpoints["responses"]
    with server.awake():
        warm_up(backend, endpoint)
        time.sleep(SETTLE_SECONDS)
        rest = resident_bytes(server.pid)
        backend.set_pace(events=100, gap_ms=5, hold=True)
        with_streams, failures = uvloop.run(_open_memory(server, endpoint, streams))
    return Memory(
        server=server.name,
        dialect=endpoint.dialect,
        streams=streams,
        rest_bytes=rest,
        open_bytes=with_streams,
        failures=dict(failures),
    )


def warm_up(backend: BackendServer, endpoint: Endpoint) -> None:
    """A few answers that nobody measures, so that a server has loaded what it loads lazily."""
    backend.set_pace(events=20, gap_ms=0)
    run_load(
        endpoint,
        streams=4,
        tokens=20,
        seconds=WARM_UP_SECONDS,
        stagger_seconds=0,
        limit_seconds=LIMIT_SECONDS,
    )


async def _open_memory(server: Server, endpoint: Endpoint, streams: int) -> tuple[int, Counter[str]]:
    connections, failures = await hold_streams(
        endpoint, count=streams, opening=OPENING_STREAMS, limit_seconds=LIMIT_SECONDS
    )
    await asyncio.sleep(SETTLE_SECONDS)
    opened = resident_bytes(server.pid)
    failures["closed while idle"] += sum(not connection.open for connection in connections)
    for connection in connections:
        connection.close()
    return opened, +failures


def _measure(backend: BackendServer, server: Server, endpoint: Endpoint, *, shape: Shape, turn: int) -> Sample:
    with server.awake():
        backend.lateness()
        stolen_before = stolen_seconds()
        server_before, backend_before = cpu_seconds(server.pid), cpu_seconds(backend.server.pid)
        observed = run_load(
            endpoint,
            streams=shape.streams,
            tokens=shape.tokens,
            seconds=shape.seconds,
            stagger_seconds=shape.answer_seconds,
            limit_seconds=shape.seconds + LIMIT_SECONDS,
        )
        server_cpu = cpu_seconds(server.pid) - server_before
        stolen = stolen_seconds() - stolen_before
        backend_cpu = cpu_seconds(backend.server.pid) - backend_before
    return Sample(
        lane=shape.lane,
        dialect=endpoint.dialect,
        server=server.name,
        round=turn,
        answers=observed.answers,
        failures=dict(observed.failures),
        wall_seconds=observed.wall_seconds,
        server_cpu_seconds=server_cpu,
        backend_cpu_seconds=backend_cpu,
        load_cpu_seconds=observed.cpu_seconds,
        first_token=spread(observed.first_token_seconds),
        gap=spread(observed.gap_seconds),
        stolen_seconds=stolen,
        backend_late_ms=backend.lateness()["mean_late_ms"],
    )
