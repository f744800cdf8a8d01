"""Bursts of counting requests: ready-made bytes, sent at once over connections that are kept.

Every request has a text of its own, so that no count is remembered from an earlier one.
"""

import asyncio
import json
import random
from collections.abc import Sequence
from typing import cast

from bench.questions import Endpoint
from bench.upstream.answers import MODEL

PATH = "/v1/responses/input_tokens"
WORDS = ("count", "these", "tokens", "while", "streams", "flow", "quietly", "past", "every", "measured", "gap", "42")


class CountConnection(asyncio.Protocol):
    """A keep-alive connection that has at most one counting request outstanding."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._arrived = b""
        self._status: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._arrived += data
        head, found, body = self._arrived.partition(b"\r\n\r\n")
        if found and len(body) == int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self._finish(int(self._arrived[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(0)

    async def ask(self, request: bytes) -> int:
        """The status of the answer, 0 where none came."""
        self._arrived, self._status = b"", asyncio.get_running_loop().create_future()
        if self._transport is not None:
            self._transport.write(request)
        return await self._status

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _finish(self, status: int) -> None:
        if self._status is not None and not self._status.done():
            self._status.set_result(status)


async def connect(port: int, count: int) -> list[CountConnection]:
    """Open connections to a server on this machine."""
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(CountConnection, "127.0.0.1", port))[1] for _ in range(count)]


async def send(connections: Sequence[CountConnection], requests: Sequence[bytes]) -> list[int]:
    """One request over each connection, all at once; the statuses."""
    asked = zip(connections, requests, strict=True)
    return await asyncio.gather(*(connection.ask(request) for connection, request in asked))


def build_requests(endpoint: Endpoint, *, count: int, text_bytes: int, seed: int, legal: bool = True) -> list[bytes]:
    """Requests with a tool and a text of about `text_bytes`; illegal ones are refused when their JSON is read."""
    chosen = random.Random(seed)
    return [_request(endpoint, _body(chosen, text_bytes), legal=legal) for _ in range(count)]


def _body(chosen: random.Random, text_bytes: int) -> str:
    text = " ".join(f"{chosen.choice(WORDS)}{chosen.randrange(1000)}" for _ in range(text_bytes // 9))
    schema = {"type": "object", "properties": {name: {"type": "string", "description": name * 3} for name in WORDS}}
    tool = {
        "type": "function",
        "name": f"tool_{chosen.randrange(10**9)}",
        "description": text[:500],
        "parameters": schema,
    }
    return json.dumps({"model": MODEL, "input": [{"role": "user", "content": text}], "tools": [tool]})


def _request(endpoint: Endpoint, body: str, *, legal: bool) -> bytes:
    content = body if legal else "!" + body[1:]
    head = (
        f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1:{endpoint.port}\r\nauthorization: Bearer {endpoint.key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
    )
    return (head + content).encode()
