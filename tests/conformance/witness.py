"""A relay between client and gateway that notes what passes, and can break a connection halfway."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn

_HOP_BY_HOP = frozenset({b"connection", b"content-length", b"host", b"keep-alive", b"transfer-encoding"})


@dataclass(slots=True, kw_only=True)
class Passed:
    """One request, and how it was answered; ``status`` is None while it was not."""

    method: str
    path: str
    headers: dict[str, str]
    status: int | None = None
    answer_headers: dict[str, str] = field(default_factory=dict)


class BrokenOff(Exception):
    """The relay leaves the client without the rest of an answer."""


class Witness:
    """An ASGI application that passes everything on to ``target``.

    ``break_at`` are words of an answer; the connection that carries them is broken there, once.
    """

    def __init__(self, target: str) -> None:
        self.url = ""
        self.passed: list[Passed] = []
        self.break_at: bytes | None = None
        self._client = httpx.AsyncClient(base_url=target, timeout=60, trust_env=False)

    def watch(self, *, break_at: str | None = None) -> None:
        """Forget what passed, and break the next connection off at these words."""
        self.passed.clear()
        self.break_at = None if break_at is None else break_at.encode()

    def questions(self) -> list[Passed]:
        """What asked for an answer, oldest first."""
        return [one for one in self.passed if one.method == "POST" and "count" not in one.path]

    def statuses(self) -> list[int | None]:
        """How the questions were answered."""
        return [one.status for one in self.questions()]

    async def stand(self, server: uvicorn.Server, listener: socket.socket) -> None:
        """Serve until ``server`` is told to exit."""
        async with self._client:
            await server.serve([listener])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Relay one request."""
        if scope["type"] != "http":
            return
        named = {name.decode(): value.decode() for name, value in scope["headers"]}
        passed = Passed(method=scope["method"], path=scope["path"], headers=named)
        self.passed.append(passed)
        target = scope["raw_path"].decode()
        if scope["query_string"]:
            target = f"{target}?{scope['query_string'].decode()}"
        request = self._client.build_request(
            scope["method"], target, headers=_end_to_end(scope["headers"]), content=await _body(receive)
        )
        reply = await self._client.send(request, stream=True)
        passed.status = reply.status_code
        passed.answer_headers = dict(reply.headers)
        async with contextlib.aclosing(reply):
            start = {"type": "http.response.start", "status": reply.status_code}
            await send(start | {"headers": _end_to_end(reply.headers.raw)})
            async for chunk in self._until_broken(reply):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    async def _until_broken(self, reply: httpx.Response) -> AsyncIterator[bytes]:
        async for chunk in reply.aiter_raw():
            yield chunk
            if self.break_at is not None and self.break_at in chunk:
                self.break_at = None
                raise BrokenOff


def _end_to_end(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower(), value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


@contextlib.contextmanager
def witnessed(target: str) -> Iterator[Witness]:
    """A witness before ``target`` while the block runs, in a thread of its own."""
    witness = Witness(target)
    config = uvicorn.Config(witness, host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    witness.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    thread = threading.Thread(target=lambda: asyncio.run(witness.stand(server, listener)), daemon=True)
    thread.start()
    try:
        yield witness
    finally:
        server.should_exit = True
        thread.join(timeout=20)
