"""Clients with handed-out keys in front of a whole gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.scenarios.stage import Stage

KEYS = "/admin/client-keys"
OWN = "/v1/sub-key/info"


async def handed_out(play: Stage, **terms: Any) -> dict[str, Any]:
    """A new key, with its secret as ``key``."""
    reply = await play.client.post(KEYS, json={"name": "guest"} | terms)
    assert reply.status_code == 200, reply.text
    key: dict[str, Any] = reply.json()["key"]
    return key


@asynccontextmanager
async def guest(play: Stage, **terms: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key of its own, as many connections as it likes."""
    key = await handed_out(play, **terms)
    headers, limits = {"authorization": f"Bearer {key['key']}"}, httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=play.url, headers=headers, limits=limits, timeout=60) as client:
        yield client


async def own(client: httpx.AsyncClient) -> dict[str, Any]:
    """What a key is told of itself."""
    told: dict[str, Any] = (await client.get(OWN)).json()
    return told
