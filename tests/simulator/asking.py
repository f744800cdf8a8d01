"""Asking the simulated services on a socket."""

import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from codex_proxy.bootstrap.simulated import simulated_backend
from codex_proxy.framing.sse import SseDecoder
from codex_proxy.simulator.app import PREFIX
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.simulator.sections.issuer import CLIENT_ID
from codex_proxy.simulator.tokens import make_token

USER: dict[str, Any] = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello there"}]}


def token(account_id: str = "acc", plan: str = "plus", lasts_seconds: float = 864_000) -> str:
    return make_token(account_id=account_id, plan=plan, email="a@example.com", expires_at=time.time() + lasts_seconds)


def body(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"model": "gpt-5.4", "stream": True, "store": False, "input": list(items) or [USER]} | changes


class Backend:
    """The client side of backend and issuer; ``issuer`` is the latter's URL."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.issuer = str(client.base_url).rstrip("/").removesuffix(PREFIX)

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

    async def get(self, path: str, account_id: str = "acc", **headers: str) -> httpx.Response:
        known = {"authorization": f"Bearer {token(account_id)}"} | headers
        return await self.client.get(path, headers=known)

    async def used(self, account_id: str = "acc") -> dict[str, Any]:
        """The answer of the usage endpoint."""
        usage = (await self.get("/wham/usage", account_id)).json()
        assert isinstance(usage, dict)
        return usage

    async def play(self, scenario: str) -> None:
        assert (await self.client.put("/__scenario", content=scenario)).status_code == 200

    async def advance(self, seconds: float) -> float:
        """Move the simulated clock; the time it then shows."""
        return float((await self.client.post("/__clock", json={"advance_seconds": seconds})).json()["now"])

    async def grant(self, account: str = "account-1", **members: Any) -> dict[str, Any]:
        """Tokens of a login of this account."""
        reply = await self.client.post("/__grant", json={"accounts": [account]} | members)
        (granted,) = reply.json()["granted"]
        assert isinstance(granted, dict)
        return granted

    async def refresh(self, refresh_token: str, **changes: Any) -> httpx.Response:
        """Spend a refresh token as the official client does."""
        members = {
            "client_id": CLIENT_ID,
            "grant_type": "refresh_token",
            "refresh_reason": "proactive_expiry",
            "refresh_token": refresh_token,
        }
        return await self.client.post(f"{self.issuer}/oauth/token", json=members | changes)

    async def form(self, path: str, **members: str) -> httpx.Response:
        """Post a form to the issuer."""
        return await self.client.post(self.issuer + path, data=members)

    async def told_of(self, refresh_token: str) -> dict[str, Any]:
        """What the issuer remembers of a refresh token."""
        digest = hashlib.sha256(refresh_token.encode()).hexdigest()
        told = (await self.client.get("/__tokens")).json()["refresh_tokens"]
        (found,) = [each for each in told if each["digest"] == digest]
        assert isinstance(found, dict)
        return found


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
