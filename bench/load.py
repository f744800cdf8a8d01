"""The load generator: many HTTP/1.1 connections in one process that ask for streams and note when each token came.

A raw asyncio protocol on uvloop that does next to nothing per event: one clock reading and one count of
`bench.upstream.answers.MARK` per received piece. All times are seconds of `time.perf_counter`.
"""

import asyncio
import gc
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import cast

import uvloop

from bench.questions import REQUEST_NUMBER, Endpoint, build_request
from bench.upstream.answers import MARK

CONNECT_SECONDS = 30.0
END_OF_STREAM = b"0\r\n\r\n"


@dataclass(slots=True, kw_only=True)
class Observed:
    """What a load saw. `first_token_seconds` has one entry per answer, `gap_seconds` one per token but the first."""

    answers: int = 0
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0  # of the load generator itself, in that time
    first_token_seconds: list[float] = field(default_factory=list)
    gap_seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, answer: "Answer") -> None:
        if answer.failure:
            self.failures[answer.failure] += 1
            return
        self.answers += 1
        arrivals = answer.arrivals
        self.first_token_seconds.append(arrivals[0] - answer.sent_at)
        self.gap_seconds.extend(later - earlier for earlier, later in pairwise(arrivals))


@dataclass(slots=True, kw_only=True)
class Answer:
    """One answer while it arrives. It is done at the end of its body, or at `enough` tokens if `hold`."""

    sent_at: float
    enough: int
    hold: bool
    done: asyncio.Future[None]
    arrivals: list[float] = field(default_factory=list)
    head: bytes | None = b""  # None once the whole head has been read
    tail: bytes = b""
    failure: str = ""

    def feed(self, data: bytes, now: float) -> None:
        if self.head is not None:
            data = self._feed_head(data)
        missing = self.enough - len(self.arrivals)
        if missing:
            self.arrivals.extend([now] * min(data.count(MARK), missing))
        if self.failure or (self.hold and len(self.arrivals) == self.enough) or self._ended(data):
            self.finish("" if len(self.arrivals) == self.enough else "too few tokens")

    def finish(self, failure: str) -> None:
        self.failure = self.failure or failure
        if not self.done.done():
            self.done.set_result(None)

    def _feed_head(self, data: bytes) -> bytes:
        head, found, rest = ((self.head or b"") + data).partition(b"\r\n\r\n")
        self.head = None if found else head
        if found and not head.startswith(b"HTTP/1.1 200"):
            self.failure = f"status {head[9:12].decode('latin-1')}: {rest[:160].decode('latin-1')}"
        return rest

    def _ended(self, data: bytes) -> bool:
        if len(data) < len(END_OF_STREAM):
            data = self.tail + data
        self.tail = data[-len(END_OF_STREAM) :]
        return self.tail == END_OF_STREAM


class ClientConnection(asyncio.Protocol):
    """A keep-alive connection that has at most one answer outstanding."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its bases

    def data_received(self, data: bytes) -> None:
        if self._answer is not None:
            self._answer.feed(data, time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None:
            self._answer.finish("connection lost")

    @property
    def open(self) -> bool:
        return self._transport is not None

    async def ask(self, request: bytes, *, enough: int, hold: bool = False) -> Answer:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._answer = Answer(sent_at=time.perf_counter(), enough=enough, hold=hold, done=done)
        if self._transport is None:
            self._answer.finish("connection closed")
        else:
            self._transport.write(request)
        await done
        return self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


async def connect(port: int) -> ClientConnection:
    """Open one connection to a server on this machine."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_SECONDS):
        _, connection = await loop.create_connection(ClientConnection, "127.0.0.1", port)
    return connection


class Load:
    """A number of connections that ask one endpoint again and again until a deadline."""

    def __init__(self, endpoint: Endpoint, *, streams: int, tokens: int) -> None:
        self._endpoint = endpoint
        self._streams = streams
        self._tokens = tokens
        self._request = build_request(endpoint)
        self._number = 0
        self.observed = Observed()

    async def run(self, *, seconds: float, stagger_seconds: float, limit_seconds: float) -> Observed:
        """Ask for `seconds`, then let every answer end; the streams start spread over `stagger_seconds`.

        After `limit_seconds` the answers still open are given up and counted as failures.
        """
        connections = [await connect(self._endpoint.port) for _ in range(self._streams)]
        started, cpu_before = time.perf_counter(), time.process_time()
        slots = [
            asyncio.create_task(
                self._slot(connection, started + seconds, delay=stagger_seconds * index / self._streams)
            )
            for index, connection in enumerate(connections)
        ]
        _, late = await asyncio.wait(slots, timeout=limit_seconds)
        self.observed.wall_seconds = time.perf_counter() - started
        self.observed.cpu_seconds = time.process_time() - cpu_before
        self.observed.failures.update({"not done in time": len(late)} if late else {})
        for slot in late:
            slot.cancel()
        for outcome in await asyncio.gather(*slots, return_exceptions=True):
            self.observed.failures.update([repr(outcome)] if isinstance(outcome, Exception) else [])
        return self.observed

    async def _slot(self, connection: ClientConnection, deadline: float, *, delay: float) -> None:
        await asyncio.sleep(delay)
        try:
            while time.perf_counter() < deadline:
                if not connection.open:
                    connection = await connect(self._endpoint.port)
                self.observed.add(await connection.ask(self.next_request(), enough=self._tokens))
        finally:
            connection.close()

    def next_request(self) -> bytes:
        self._number += 1
        return self._request.replace(REQUEST_NUMBER, b"%08d" % self._number)


async def hold_streams(
    endpoint: Endpoint, *, count: int, opening: int, limit_seconds: float
) -> tuple[list[ClientConnection], Counter[str]]:
    """Open `count` streams, `opening` of them at a time, each up to its first token, and leave them open.

    Those that have not come so far after `limit_seconds` are given up and counted among the failures.
    """
    load = Load(endpoint, streams=count, tokens=1)
    gate = asyncio.Semaphore(opening)
    opened: list[ClientConnection] = []
    failures: Counter[str] = Counter()

    async def hold() -> None:
        async with gate:
            connection = await connect(endpoint.port)
            opened.append(connection)
            answer = await connection.ask(load.next_request(), enough=1, hold=True)
        failures.update([answer.failure] if answer.failure else [])

    tasks = [asyncio.create_task(hold()) for _ in range(count)]
    _, late = await asyncio.wait(tasks, timeout=limit_seconds)
    failures.update({"not open in time": len(late)} if late else {})
    for task in late:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        failures.update([repr(outcome)] if isinstance(outcome, Exception) else [])
    return opened, failures


def run_load(
    endpoint: Endpoint, *, streams: int, tokens: int, seconds: float, stagger_seconds: float, limit_seconds: float
) -> Observed:
    """Run one load in a loop of its own, with the garbage collector out of the way."""
    load = Load(endpoint, streams=streams, tokens=tokens)
    gc.collect()
    gc.disable()
    try:
        return uvloop.run(load.run(seconds=seconds, stagger_seconds=stagger_seconds, limit_seconds=limit_seconds))
    finally:
        gc.enable()
