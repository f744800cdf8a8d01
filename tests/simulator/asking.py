"""Asking a simulated backend on a socket."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from codex_proxy.bootstrap.simulated import simulated_backend
from codex_proxy.framing.sse import SseDecoder
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.simulator.tokens import make_token

USER: dict[str, Any] = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello there"}]}


def token(account_id: str = "acc", plan: str = "plus", lasts_seconds: float = 3600) -> str:
    return make_token(account_id=account_id, plan=plan, email="a@example.com", expires_at=time.time() + lasts_seconds)


def body(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"model": "gpt-5.4", "stream": True, "store": False, "input": list(items) or [USER]} | changes


class Backend:
    """The backend's own client side."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def post(self, members: dict[str, Any], *, account_id: str = "acc", **headers: str) -> httpx.Response:
        known = {"authorization": f"Bearer {token(account_id)}"} | headers
        return await self.client.post("/codex/responses", json=members, headers=known)

    async def events(self, *items: dict[str, Any], account_id: str = "acc", **changes: Any) -> list[dict[str, Any]]:
        reply = await self.post(body(*items, **changes), account_id=account_id)
        assert reply.status_code == 200, reply.text
        return events_of(reply.content)

    async def journal(self) -> list[dict[str, Any]]:
        told = (await self.client.get("/__journal")).json()
        assert isinstance(told["entries"], list)
        return told["entries"]


@asynccontextmanager
async def backend(scenario: str = "", *, seed: int = 0) -> AsyncIterator[Backend]:
    running = simulated_backend(parse_scenario(scenario), seed=seed)
    async with running as base_url, httpx.AsyncClient(base_url=base_url, timeout=10) as client:
        yield Backend(client)


def events_of(raw: bytes) -> list[dict[str, Any]]:
    framer = SseDecoder()
    return [json.loads(frame.data) for frame in (*framer.feed(raw), *framer.end())]


def text_of(events: list[dict[str, Any]]) -> str:
    return "".join(event["delta"] for event in events if event["type"] == "response.output_text.delta")


def output_of(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    output = events[-1]["response"]["output"]
    assert isinstance(output, list)
    return output
