"""HTTP clients: one per account and egress, built off the event loop and kept while they are used.

Rules of this file: a client in use is never evicted; idle ones go after a while or when there are too many.
A client costs about 5 ms and 130 KB to build (measured), hence the thread and the reuse.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.proxy import ProxyBuilder

from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.transports.cookies import CookieJar

MAX_CLIENTS: Final = 512
IDLE_SECONDS: Final = 900.0
PROXY_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds.  ``headers`` counts from the call to its reply's headers, ``idle`` between two pieces of the body."""

    connect: float = 10.0
    headers: float = 120.0
    idle: float = 300.0


class PooledClient:
    """A client, its cookies and how many calls use it now."""

    __slots__ = ("client", "jar", "last_used", "users")

    def __init__(self, client: Client, jar: CookieJar) -> None:
        self.client = client
        self.jar = jar
        self.users = 0
        self.last_used = 0.0


class ClientPool:
    """Clients by account and egress; ``close`` when done."""

    def __init__(
        self,
        *,
        timeouts: Timeouts,
        now: Callable[[], float],
        trusted_pem: bytes | None = None,
        max_clients: int = MAX_CLIENTS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._timeouts = timeouts
        self._now = now
        self._trusted_pem = trusted_pem
        self._max_clients = max_clients
        self._idle_seconds = idle_seconds
        self._clients: OrderedDict[tuple[str, str | None], PooledClient] = OrderedDict()
        self._building: dict[tuple[str, str | None], asyncio.Lock] = {}

    def __len__(self) -> int:
        return len(self._clients)

    @asynccontextmanager
    async def use(self, route: Route) -> AsyncIterator[PooledClient]:
        """The client for this route, held while the block runs.

        Raises:
            TransportError: the egress proxy's scheme is none we can honour; nothing was sent.
        """
        pooled = await self._get(route)
        pooled.users += 1
        try:
            yield pooled
        finally:
            pooled.users -= 1
            pooled.last_used = self._now()

    async def close(self) -> None:
        """Close every client; what still streams is cut."""
        clients, self._clients = self._clients, OrderedDict()
        for pooled in clients.values():
            await pooled.client.close()

    async def _get(self, route: Route) -> PooledClient:
        key = (route.account_id, route.egress_url)
        pooled = self._clients.get(key)
        if pooled is None:
            async with self._building.setdefault(key, asyncio.Lock()):
                pooled = self._clients.get(key) or await self._build(key)
            self._building.pop(key, None)
        self._clients.move_to_end(key)
        return pooled

    async def _build(self, key: tuple[str, str | None]) -> PooledClient:
        refuse_unknown_scheme(key[1])
        client = await asyncio.to_thread(self._build_client, key[1])
        pooled = PooledClient(client, CookieJar(self._now))
        self._clients[key] = pooled
        await self._evict()
        return pooled

    def _build_client(self, egress_url: str | None) -> Client:
        builder = (
            ClientBuilder()
            .http2(True)
            .http1_lower_case_headers()
            .gzip(False)
            .brotli(False)
            .deflate(False)
            .zstd(False)
            .referer(False)
            .follow_redirects(False)
            .no_proxy()
            .connect_timeout(timedelta(seconds=self._timeouts.connect))
            .read_timeout(timedelta(seconds=max(self._timeouts.idle, self._timeouts.headers)))
        )
        if self._trusted_pem is not None:
            builder = builder.add_root_certificate_pem(self._trusted_pem)
        if egress_url is not None:
            builder = builder.proxy(ProxyBuilder.all(egress_url))
        return builder.build()

    async def _evict(self) -> None:
        oldest_allowed = self._now() - self._idle_seconds
        surplus = len(self._clients) - self._max_clients
        for key, pooled in list(self._clients.items()):
            if pooled.users or pooled.last_used == 0.0:
                continue
            if surplus > 0 or pooled.last_used < oldest_allowed:
                del self._clients[key]
                surplus -= 1
                await pooled.client.close()


def refuse_unknown_scheme(egress_url: str | None) -> None:
    """Raise unless the proxy's scheme is known: the HTTP client goes direct for unknown ones, silently."""
    if egress_url is None or urlsplit(egress_url).scheme in PROXY_SCHEMES:
        return
    raise TransportError(
        Failure(
            kind=FailureKind.UNREACHABLE,
            message="the egress proxy's scheme is none of http, https, socks5, socks5h",
            sent=Sent.NOTHING_SENT,
        )
    )
