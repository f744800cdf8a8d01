"""Requests to the bridge over bare ASGI."""

import asyncio
import json
from typing import Any

from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.server.api.inference import InferenceParts
from codex_proxy.server.asgi import Application
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.server.streaming import Pace
from tests.gateway.scene import Scene

MODELS = (
    ModelFacts(slug="gpt-5.4", efforts=("low", "high"), context_window=272_000),
    ModelFacts(slug="plain", input_modalities=("text",)),
    ModelFacts(slug="hidden", visible=False),
)


def find_model(name: str) -> ModelFacts | None:
    """The model of this name, with or without its tag."""
    return next((model for model in MODELS if model.slug == name.removesuffix(":latest")), None)


def inference_parts(scene: Scene, *, max_body_bytes: int = 10_000) -> InferenceParts:
    return InferenceParts(
        gateway=scene.gateway,
        running=RunningExchanges(),
        clock=SystemClock(),
        ids=RandomIds(),
        pace=Pace,
        max_body_bytes=lambda: max_body_bytes,
    )


class Call:
    """One request: its body on the way in, its answer on the way out."""

    def __init__(self, body: Any = b"", *, method: str = "POST", headers: dict[str, str] | None = None) -> None:
        self.method = method
        self.headers = headers or {}
        self._waiting: list[Any] = [
            {"type": "http.request", "body": body if isinstance(body, bytes) else json.dumps(body).encode()}
        ]
        self._sent: list[Any] = []

    async def receive(self) -> Any:
        return self._waiting.pop() if self._waiting else await asyncio.Event().wait()

    async def send(self, message: Any) -> None:
        self._sent.append(message)

    def incoming(self) -> Incoming:
        """The request as an endpoint sees it."""
        return Incoming(
            method=self.method,
            path="/",
            query="",
            headers=self.headers,
            request_id="req",
            receive=self.receive,
            send=self.send,
        )

    async def over(self, application: Application, path: str) -> "Call":
        """The request through an application."""
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        scope = {"type": "http", "method": self.method, "path": path, "query_string": b"", "headers": headers}
        await application(scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return int(self._sent[0]["status"])

    @property
    def told(self) -> dict[str, str]:
        """The reply's headers."""
        return {name.decode(): value.decode() for name, value in self._sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(part["body"] for part in self._sent[1:])

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]
