"""Simulated vendors on a socket, and what tests ask of them."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from codex_proxy.bootstrap.simulated import simulated_backend, simulated_vendor
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.simulator.sections.vendors import Wire

KEY = "sk-of-the-test"
MODEL = "m-1"
HEADERS = {
    Wire.CHAT: {"authorization": f"Bearer {KEY}"},
    Wire.RESPONSES: {"authorization": f"Bearer {KEY}"},
    Wire.ANTHROPIC: {"x-api-key": KEY, "anthropic-version": "2023-06-01"},
    Wire.GEMINI: {"x-goog-api-key": KEY},
}
LOOK: dict[str, Any] = {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}


def question(wire: Wire, text: str = "hello", *, stream: bool = False, **members: Any) -> tuple[str, dict[str, Any]]:
    """Path and body that ask a model a question in this dialect."""
    match wire:
        case Wire.CHAT:
            body = {"model": MODEL, "messages": [{"role": "user", "content": text}], "stream": stream}
            return "/v1/chat/completions", body | members
        case Wire.RESPONSES:
            return "/v1/responses", {"model": MODEL, "input": text, "stream": stream} | members
        case Wire.ANTHROPIC:
            messages = [{"role": "user", "content": text}]
            return "/v1/messages", {"model": MODEL, "max_tokens": 64, "messages": messages, "stream": stream} | members
        case Wire.GEMINI:
            verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
            return f"/v1beta/models/{MODEL}:{verb}", {
                "contents": [{"role": "user", "parts": [{"text": text}]}]
            } | members


class Vendors:
    """The client side of the simulator's vendors; ``backend`` is the simulator's own base URL."""

    def __init__(self, client: httpx.AsyncClient, backend: str) -> None:
        self.client = client
        self.backend = backend

    def url(self, name: str, version: str = "v1") -> str:
        return simulated_vendor(self.backend, name, version=version)

    def root(self, name: str) -> str:
        return self.url(name, "").rstrip("/")

    async def ask(
        self, wire: Wire, text: str = "hello", *, vendor: str | None = None, stream: bool = False, **members: Any
    ) -> httpx.Response:
        """A question in this dialect, to the vendor that is named like it if none is named."""
        path, body = question(wire, text, stream=stream, **members)
        return await self.client.post(self.root(vendor or wire.value) + path, json=body, headers=HEADERS[wire])

    async def post(self, path: str, *, wire: Wire = Wire.CHAT, **how: Any) -> httpx.Response:
        """Anything else, to ``{vendor}/{path}``."""
        return await self.client.post(self.root(path), headers=HEADERS[wire] | how.pop("headers", {}), **how)

    async def get(self, path: str, *, wire: Wire = Wire.CHAT, **headers: str) -> httpx.Response:
        return await self.client.get(self.root(path), headers=HEADERS[wire] | headers)

    async def calls(self) -> list[dict[str, Any]]:
        """The vendors' journal, with bytes as bytes."""
        told = (await self.client.get(f"{self.backend}/__vendors")).json()["calls"]
        decoded = {"raw", "answered"}
        return [
            {name: base64.b64decode(value) if name in decoded else value for name, value in call.items()}
            for call in told
        ]


@asynccontextmanager
async def vendors(scenario: str = "") -> AsyncIterator[Vendors]:
    """Vendors of a scenario, the usual ones if it names none."""
    running = simulated_backend(parse_scenario(scenario))
    async with running as backend, httpx.AsyncClient(timeout=10) as client:
        yield Vendors(client, backend)
