"""Routes that say what the gateway is and does: the root, ``GET /health``, ``GET /v1/fidelity``, usage."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts import json_text
from codex_proxy.server.incoming import Incoming

TellKey: TypeAlias = Callable[[str, JsonObject], Awaitable[JsonObject]]


class RootEndpoint:
    """Answers connectivity probes."""

    async def __call__(self, incoming: Incoming) -> None:
        """One line of text."""
        headers = (("content-type", "text/plain; charset=utf-8"),)
        await incoming.reply(WireReply(status=200, body=b"Codex Proxy is running\n", headers=headers))


class HealthEndpoint:
    """Says whether new requests are taken; 503 while stopping."""

    def __init__(self, *, is_stopping: Callable[[], bool]) -> None:
        self._is_stopping = is_stopping

    async def __call__(self, incoming: Incoming) -> None:
        """The state as JSON."""
        stopping = self._is_stopping()
        body = json_text.encode({"status": "stopping" if stopping else "ok"})
        await incoming.reply(WireReply(status=503 if stopping else 200, body=body))


class UsageEndpoint:
    """Says how much room there is, to clients that ask the backend for their usage.

    ``tell`` gets the only account that may serve the client, None for any; ``tell_key`` has what its key is told, by
    the key's row id, in place of that.
    """

    def __init__(self, tell: Callable[[str | None], JsonObject], tell_key: TellKey | None = None) -> None:
        self._tell = tell
        self._tell_key = tell_key

    async def __call__(self, incoming: Incoming) -> None:
        """The counters as the backend tells them."""
        told = self._tell(incoming.bound_to)
        if self._tell_key is not None:
            told = await self._tell_key(incoming.key_id, told)
        await incoming.reply(WireReply(status=200, body=json_text.encode(told)))


class FidelityEndpoint:
    """Says what becomes of every feature of every client dialect; ``document`` is JSON."""

    def __init__(self, document: bytes) -> None:
        self._document = document

    async def __call__(self, incoming: Incoming) -> None:
        """The matrix."""
        await incoming.reply(WireReply(status=200, body=self._document))
