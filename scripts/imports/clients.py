"""Clients that note when they hear something: paced streams, and somebody who asks ``/health`` all the time.

Rules of this file: next to nothing is done per event, since what is measured is the gateway.  Times are seconds of
``time.perf_counter``.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import pairwise
from urllib.parse import urlsplit

import msgspec

from scripts.imports.processes import KEY

MODEL = "gpt-5.4"
HEALTH_SECONDS = 0.05
APART_SECONDS = 0.2  # streams that all began and ended together would cost the gateway everything at once
LONG_SECONDS = 0.1  # five paces of 20 ms
END = b"data: [DONE]\n\n"
OK = b"HTTP/1.1 200"
_READ_BYTES = 65_536


@dataclass(slots=True, kw_only=True)
class Streams:
    """What streams saw: the gaps between two reads of one stream, and answers that broke off."""

    whole: int = 0
    broken: list[str] = field(default_factory=list)
    gap_seconds: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        """The largest gap within any stream, in seconds."""
        return max(self.gap_seconds, default=0.0)

    def within(self, share: float) -> float:
        """The gap, in seconds, that this share of all gaps does not exceed."""
        ordered = sorted(self.gap_seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    @property
    def long_count(self) -> int:
        """How many gaps are longer than ``LONG_SECONDS``."""
        return sum(gap > LONG_SECONDS for gap in self.gap_seconds)


@dataclass(slots=True, kw_only=True)
class Health:
    """When ``/health`` answered, how long that took, and answers that were no 200."""

    answered_at: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@contextlib.asynccontextmanager
async def streaming(url: str, *, count: int) -> AsyncIterator[Streams]:
    """So many conversations stream one answer after the other; those under way at the block's end are heard out."""
    seen, stop = Streams(), asyncio.Event()

    async def one_after_the_other(number: int) -> None:
        await asyncio.sleep(number * APART_SECONDS)
        while not stop.is_set():
            await ask(url, f"conversation {number}", seen)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(one_after_the_other(number))
        try:
            yield seen
        finally:
            stop.set()


@contextlib.asynccontextmanager
async def health_asked(url: str) -> AsyncIterator[Health]:
    """Somebody asks ``/health`` again and again while the block runs."""
    seen = Health()

    async def again_and_again() -> None:
        while True:
            began = time.perf_counter()
            told = await _exchange(url, _request("GET", "/health"), [])
            seen.answered_at.append(time.perf_counter())
            seen.seconds.append(seen.answered_at[-1] - began)
            if not told.startswith(OK):
                seen.refused.append(told[:60].decode(errors="replace"))
            await asyncio.sleep(HEALTH_SECONDS)

    async with asyncio.TaskGroup() as group:
        asking = group.create_task(again_and_again())
        try:
            yield seen
        finally:
            asking.cancel()


async def ask(url: str, words: str, seen: Streams) -> None:
    """One streamed answer; ``seen`` is told how it came."""
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": words}]}
    reads: list[float] = []
    told = await _exchange(url, _request("POST", "/v1/chat/completions", msgspec.json.encode(body)), reads)
    if told.startswith(OK) and END in told:
        seen.whole += 1
        seen.gap_seconds += [later - earlier for earlier, later in pairwise(reads)]
    else:
        seen.broken.append(told[-200:].decode(errors="replace"))


async def _exchange(url: str, request: bytes, reads: list[float]) -> bytes:
    """Everything that comes back on a connection of its own, and when which piece of it came."""
    place, told = urlsplit(url), b""
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(request)
    while piece := await reader.read(_READ_BYTES):
        reads.append(time.perf_counter())
        told += piece
    writer.close()
    return told


def _request(method: str, path: str, body: bytes = b"") -> bytes:
    lines = (
        f"{method} {path} HTTP/1.1",
        "host: localhost",
        f"authorization: Bearer {KEY}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
