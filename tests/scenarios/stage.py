"""A whole gateway on sockets, over a simulated backend that follows a scenario."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from codex_proxy.bootstrap.control import plane  # noqa: F401 - loaded now, not within the first test that asks it
from codex_proxy.bootstrap.run import ServeOptions, serving
from codex_proxy.bootstrap.simulated import simulated_backend, simulated_tokens
from codex_proxy.framing.sse import SseDecoder
from codex_proxy.simulator.scenario import parse_scenario

KEY = "a-key-of-the-owners-choice"
CHAT = "/v1/chat/completions"
RESPONSES = "/v1/responses"
STREAMED_CHAT = {"model": "gpt-5.4", "stream": True, "messages": [{"role": "user", "content": "x"}]}
FIRST_THEN_SILENCE = "rules: [{steps: [{text: first}, {stall: true}]}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A client of the gateway, and one of the backend behind it; ``bridge_url`` is there where the bridge listens."""

    client: httpx.AsyncClient
    backend: httpx.AsyncClient
    url: str
    bridge_url: str | None = None

    async def chat(self, text: str = "hi", **members: Any) -> httpx.Response:
        messages = [{"role": "user", "content": text}]
        return await self.client.post(CHAT, json={"model": "gpt-5.4", "messages": messages} | members)

    async def respond(self, text: str = "hi", **members: Any) -> httpx.Response:
        return await self.client.post(RESPONSES, json={"model": "gpt-5.4", "input": text} | members)

    async def asked(self) -> list[dict[str, Any]]:
        """What the backend was asked to answer, oldest first."""
        entries = (await self.backend.get("/__journal")).json()["entries"]
        return [entry for entry in entries if entry["endpoint"] == "/codex/responses"]

    async def states(self) -> dict[str, int]:
        """Accounts by state."""
        told = (await self.client.get("/health/details")).json()["accounts"]
        assert isinstance(told, dict)
        return told

    async def models_fetched(self) -> None:
        """Wait until the backend's own list of models is in."""
        async with asyncio.timeout(15):
            while (await self.client.get("/health/details")).json()["models_fetched_at"] is None:
                pass

    async def slots_in_use(self) -> int:
        return int((await self.client.get("/health/details")).json()["slots"]["used_count"])


@asynccontextmanager
async def stage(data_dir: Path, scenario: str = "", **settings: str) -> AsyncIterator[Stage]:
    """``settings`` are environment variables without their prefix, such as ``AUTH__QUEUE_LIMIT``."""
    async with (
        simulated_backend(parse_scenario(scenario)) as base_url,
        stage_over(base_url, data_dir, settings) as made,
    ):
        yield made


@asynccontextmanager
async def stage_over(
    base_url: str, data_dir: Path, settings: Mapping[str, str], *, authority: Path | None = None
) -> AsyncIterator[Stage]:
    """A gateway over a backend that runs already, behind TLS if it has an ``authority``."""
    environ = {
        "CODEX_PROXY_SERVER__PROXY_API_KEY": KEY,
        "CODEX_PROXY_API__BASE_URL": base_url,
        "CODEX_PROXY_AUTH__ROTATION_STRATEGY": "round_robin",
        "CODEX_PROXY_SERVER__STOP_GRACE_SECONDS": "0.2",
        "CODEX_JWT_TOKEN": ",".join(simulated_tokens()),
    }
    if authority is not None:
        environ["CODEX_PROXY_TLS__CA_FILE"] = str(authority)
    environ |= {f"CODEX_PROXY_{name}": value for name, value in settings.items()}
    options = ServeOptions(flags={"server.port": 0}, data_dir=data_dir)
    trusted = True if authority is None else ssl.create_default_context(cafile=str(authority))
    async with (
        serving(options, environ) as served,
        httpx.AsyncClient(base_url=served.url, headers={"authorization": f"Bearer {KEY}"}, timeout=20) as client,
        httpx.AsyncClient(base_url=base_url, timeout=20, verify=trusted) as backend,
    ):
        yield Stage(client=client, backend=backend, url=served.url, bridge_url=served.bridge.status.url or None)


def chunks_of(reply: httpx.Response) -> list[dict[str, Any]]:
    """The JSON events of a stream, without ``[DONE]``."""
    framer = SseDecoder()
    frames = [*framer.feed(reply.content), *framer.end()]
    return [json.loads(frame.data) for frame in frames if frame.data != b"[DONE]"]


def chat_text(reply: httpx.Response) -> str:
    """The text of a streamed chat answer."""
    return "".join(
        choice["delta"].get("content") or "" for chunk in chunks_of(reply) for choice in chunk.get("choices", [])
    )


async def first_event_passes(play: Stage) -> bool:
    """Whether the first words reach the client while the backend still has more to say."""
    async with play.client.stream("POST", CHAT, json=STREAMED_CHAT) as reply:
        chunks = reply.aiter_bytes()
        while b"first" not in await anext(chunks):
            pass
        (entry,) = await play.asked()
    return not entry["ended"]
