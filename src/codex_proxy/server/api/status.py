"""Routes that say what the gateway is and does: the root, health and readiness, ``GET /v1/fidelity``, usage.

Rules of this file: being on this machine is no credential, so whoever shows no key hears no more than whether the
gateway runs and could serve; a key of any scope is told of the pool.
"""

from collections.abc import Callable

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.operations.health.readiness import Readiness
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts import json_text
from codex_proxy.server.incoming import Incoming
from codex_proxy.server.security import Authenticator, identify


class RootEndpoint:
    """Answers connectivity probes."""

    async def __call__(self, incoming: Incoming) -> None:
        """One line of text."""
        headers = (("content-type", "text/plain; charset=utf-8"),)
        await incoming.reply(WireReply(status=200, body=b"Codex Proxy is running\n", headers=headers))


class HealthEndpoint:
    """Says whether new requests are taken; 503 while stopping.  ``iso`` writes epoch seconds as ISO 8601."""

    def __init__(self, readiness: Readiness, *, authenticator: Authenticator, iso: Callable[[float], str]) -> None:
        self._readiness = readiness
        self._authenticator = authenticator
        self._iso = iso

    async def __call__(self, incoming: Incoming) -> None:
        """The state, and for callers with a key the pool's."""
        readiness = self._readiness
        stopping = readiness.is_stopping
        told: JsonObject = {"status": "stopping" if stopping else "ok"}
        if identify(self._authenticator, incoming.headers, incoming.query) is not None:
            told["authenticated"] = readiness.has_accounts()
            told["pool"] = msgspec.to_builtins(readiness.pool())
        told["timestamp"] = self._iso(readiness.now())
        await incoming.reply(_told_now(told, status=503 if stopping else 200))


class ReadyEndpoint:
    """Says whether a request could be served now; 503 with reasons where none could."""

    def __init__(self, readiness: Readiness, *, iso: Callable[[float], str]) -> None:
        self._readiness = readiness
        self._iso = iso

    async def __call__(self, incoming: Incoming) -> None:
        """Readiness and what stands in its way."""
        reasons = [reason.value for reason in self._readiness.reasons()]
        told: JsonObject = {
            "status": "not_ready" if reasons else "ready",
            "reasons": reasons,
            "timestamp": self._iso(self._readiness.now()),
        }
        await incoming.reply(_told_now(told, status=503 if reasons else 200))


class UsageEndpoint:
    """Says how much room there is, to clients that ask the backend for their usage.

    ``tell`` gets the only account that may serve the client, None for any.
    """

    def __init__(self, tell: Callable[[str | None], JsonObject]) -> None:
        self._tell = tell

    async def __call__(self, incoming: Incoming) -> None:
        """The counters as the backend tells them."""
        await incoming.reply(WireReply(status=200, body=json_text.encode(self._tell(incoming.bound_to))))


class FidelityEndpoint:
    """Says what becomes of every feature of every client dialect; ``document`` is JSON."""

    def __init__(self, document: bytes) -> None:
        self._document = document

    async def __call__(self, incoming: Incoming) -> None:
        """The matrix."""
        await incoming.reply(WireReply(status=200, body=self._document))


def _told_now(told: JsonObject, *, status: int) -> WireReply:
    return WireReply(status=status, body=json_text.encode(told), headers=(("cache-control", "no-store"),))
