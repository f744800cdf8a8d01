"""The benchmark's backend: a Codex backend and a Chat Completions backend in one small process.

It must never be the bottleneck: a raw asyncio protocol on uvloop, answers prepared as bytes
(`bench.upstream.answers`), one shared timer for all paced streams. Run as `python -m bench.upstream.backend`; it
prints its port.

POST /__control {"events": 100, "gap_ms": 5, "hold": false}   the pace of the answers from now on
GET  /__pace                                                  how late the paced writes were, then forgets it
"""

import asyncio
import heapq
import json
import socket
import time
from dataclasses import dataclass
from itertools import count
from typing import cast

import uvloop

from bench.upstream.answers import ANSWER_ID, MODEL, chat_steps, responses_steps

ACCOUNT_ID = "3f2b8a52-7c1e-4d0b-9a63-5f1f0c9e7a11"
ANSWER_ID_BYTES = ANSWER_ID.encode()
TICK_SECONDS = 0.001  # uvloop's timers count whole milliseconds
RESPONSES_PATH = "/backend-api/codex/responses"
CHAT_PATH = "/v1/chat/completions"

MODELS = {
    "models": [
        {
            "slug": MODEL,
            "display_name": MODEL,
            "supported_reasoning_levels": [{"effort": effort} for effort in ("low", "medium", "high")],
            "default_reasoning_level": "medium",
            "visibility": "list",
            "supported_in_api": True,
            "priority": 1,
            "context_window": 272_000,
            "input_modalities": ["text", "image"],
        }
    ]
}
ACCOUNTS_CHECK = {
    "accounts": [
        {
            "id": ACCOUNT_ID,
            "account_user_id": f"user-bench__{ACCOUNT_ID}",
            "structure": "personal",
            "plan_type": "plus",
            "is_default": True,
            "workspace_backend_origin": "https://chatgpt.com",
            "account_routing_override": "NO_CONSTRAINT",
        }
    ],
    "default_account_id": ACCOUNT_ID,
    "account_ordering": [ACCOUNT_ID],
}
DOCUMENTS = {"/backend-api/codex/models": MODELS, "/backend-api/wham/accounts/check": ACCOUNTS_CHECK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How answers are sent: `gap_ms` 0 writes all at once, `hold` stops after the first token until the peer leaves."""

    events: int = 100
    gap_ms: float = 5.0
    hold: bool = False


class PacedStream:
    """The steps of one answer that are still to be written."""

    def __init__(self, transport: asyncio.Transport, steps: list[bytes], answer_id: bytes) -> None:
        self._transport = transport
        self._steps = steps
        self._answer_id = answer_id
        self._position = 0

    def advance(self) -> bool:
        """Write the next step; false when there is no more to write or nobody to read it."""
        if self._transport.is_closing():
            return False
        step = self._steps[self._position]
        self._position += 1
        self._transport.write(step.replace(ANSWER_ID_BYTES, self._answer_id))
        return self._position < len(self._steps)


class Pacer:
    """Advances all paced streams from one timer, those due in the same tick together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: list[tuple[float, int, PacedStream]] = []  # a heap; the number settles ties
        self._numbers = count()
        self._armed = False
        self.gap_seconds = 0.005
        self.writes = 0
        self.late_seconds = 0.0
        self.latest_seconds = 0.0

    def add(self, stream: PacedStream) -> None:
        self._push(time.perf_counter() + self.gap_seconds, stream)
        self._arm()

    def lateness(self) -> dict[str, float]:
        """Paced writes since the last question, and by how many ms they missed their time on average and at worst."""
        mean = self.late_seconds / self.writes if self.writes else 0.0
        answer = {"writes": self.writes, "mean_late_ms": mean * 1000, "worst_late_ms": self.latest_seconds * 1000}
        self.writes, self.late_seconds, self.latest_seconds = 0, 0.0, 0.0
        return answer

    def _push(self, due: float, stream: PacedStream) -> None:
        heapq.heappush(self._due, (due, next(self._numbers), stream))

    def _arm(self) -> None:
        if self._due and not self._armed:
            self._armed = True
            wait = self._due[0][0] - time.perf_counter()
            self._loop.call_later(max(wait, TICK_SECONDS), self._fire)

    def _fire(self) -> None:
        self._armed = False
        horizon = time.perf_counter() + TICK_SECONDS / 2
        while self._due and self._due[0][0] <= horizon:
            due, _, stream = heapq.heappop(self._due)
            late = time.perf_counter() - due
            self.writes += 1
            self.late_seconds += late
            self.latest_seconds = max(self.latest_seconds, late)
            if stream.advance():
                self._push(due + self.gap_seconds, stream)
        self._arm()


class Backend:
    """What the connections share: the pace, the prepared answers, the ids given out."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.pacer = Pacer(loop)
        self._ids = count(1)
        self.set_pace(Pace())

    def set_pace(self, pace: Pace) -> None:
        self._pace = pace
        self._steps = {RESPONSES_PATH: responses_steps(pace.events), CHAT_PATH: chat_steps(pace.events)}
        if not pace.hold and not pace.gap_ms:
            self._steps = {path: [b"".join(steps)] for path, steps in self._steps.items()}
        self.pacer.gap_seconds = pace.gap_ms / 1000

    def streams(self, path: str) -> bool:
        return path in self._steps

    def start(self, path: str, transport: asyncio.Transport) -> None:
        stream = PacedStream(transport, self._steps[path], b"%032x" % next(self._ids))
        if stream.advance() and not self._pace.hold:
            self.pacer.add(stream)

    def document(self, path: str, body: bytes) -> tuple[int, object]:
        if path == "/__control":
            self.set_pace(Pace(**json.loads(body)))
            return 200, {}
        if path == "/__pace":
            return 200, self.pacer.lateness()
        if path in DOCUMENTS:
            return 200, DOCUMENTS[path]
        return 404, {"detail": "Not Found"}


class BackendConnection(asyncio.Protocol):
    """One HTTP/1.1 connection: keep-alive, bodies of any kind are read over and not looked at."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its bases

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := take_request(self._received)) is not None:
            self._answer(*request)

    def _answer(self, path: str, body: bytes) -> None:
        if self._transport is None:
            return
        if self._backend.streams(path):
            self._backend.start(path, self._transport)
            return
        status, document = self._backend.document(path, body)
        content = json.dumps(document).encode()
        head = f"HTTP/1.1 {status} -\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        self._transport.write(head.encode() + content)


def take_request(received: bytearray) -> tuple[str, bytes] | None:
    """Cut the first whole request off `received`: its path without the query, and its body (chunked ones undecoded)."""
    end_of_head = received.find(b"\r\n\r\n")
    if end_of_head < 0:
        return None
    start = end_of_head + 4
    head = bytes(received[:start]).lower()
    if b"\r\ntransfer-encoding: chunked" in head:
        last_chunk = received.find(b"0\r\n\r\n", start)
        end = last_chunk + 5 if last_chunk >= 0 else len(received) + 1
    else:
        end = start + _content_length(head)
    if end > len(received):
        return None
    path = bytes(received[: received.index(b"\r\n")]).split(b" ")[1].decode().partition("?")[0]
    body = bytes(received[start:end])
    del received[:end]
    return path, body


def _content_length(head: bytes) -> int:
    _, found, rest = head.partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


async def serve() -> None:
    """Listen on a free loopback port, print it, serve until the process is ended."""
    loop = asyncio.get_running_loop()
    backend = Backend(loop)
    server = await loop.create_server(lambda: BackendConnection(backend), "127.0.0.1", 0, backlog=4096)
    print(port_of(server.sockets[0]), flush=True)
    await server.serve_forever()


def port_of(listening: socket.socket) -> int:
    """The port a socket is bound to."""
    port: int = listening.getsockname()[1]
    return port


if __name__ == "__main__":
    uvloop.run(serve())
