"""HTTP clients: one per account and egress, built off the event loop and kept while they are used.

Rules of this file: a client in use is never evicted; idle ones go after a while or when there are too many, and those
of a way that their account no longer takes go at once.  A vendor key is an account here, and its clients are bound to
an address that was checked.  A client costs about 5 ms and 130 KB to build (measured), hence
the thread and the reuse.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.proxy import ProxyBuilder

from codex_proxy.canonical.failure import Failure, FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.operations.egress.addresses import SCHEMES, exit_of, is_forbidden
from codex_proxy.transports.cookie_keeping import CookieJars
from codex_proxy.transports.cookies import CookieJar


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """Where every call of a client goes: to ``address`` (an IP address), whatever the host's name resolves to.

    ``name`` is the host's, None where URLs have the address itself.  ``proxy_url`` is left through in the place of the
    route's egress; it has to leave names to us.
    """

    name: str | None
    address: str
    port: int
    proxy_url: str | None = None

    def __repr__(self) -> str:
        return f"Binding(name={self.name!r}, port={self.port!r})"


_Key: TypeAlias = tuple[str, str | None, Binding | None]
"""An account, its egress's URL, and what its client is bound to."""


class Timeouts(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds.

    ``headers`` counts from the call to its reply's headers, ``idle`` between two pieces of the body, ``total`` from the
    call to the reply's end; None for as long as it takes.
    """

    connect: float = 10.0
    headers: float = 120.0
    idle: float = 300.0
    total: float | None = None


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """How many clients are kept, and how many seconds an idle one."""

    max_clients: int = 512
    idle_seconds: float = 900.0


class PooledClient:
    """A client, where its calls come out, and how many use it now; ``retired``: the last of them closes it."""

    __slots__ = ("client", "closed", "exit_id", "last_used", "retired", "users")

    def __init__(self, client: Client, exit_id: str) -> None:
        self.client = client
        self.exit_id = exit_id
        self.users = 0
        self.last_used = 0.0
        self.retired = False
        self.closed = False

    async def close(self) -> None:
        """End its connections; what streams over them is cut."""
        self.closed = True
        await self.client.close()


_ROOM: Final = Room()


class ClientPool:
    """Clients by account and egress; ``close`` when done.

    ``now`` is for ages only; without ``jars`` cookies are kept in memory, by the same clock.  ``user_agent`` is what an
    HTTP proxy is told of us.  ``http11_only`` is for networks that HTTP/2 does not get through; the real client offers
    both.
    """

    http11_only: bool = False

    def __init__(
        self,
        *,
        timeouts: Timeouts,
        now: Callable[[], float],
        trusted_pem: bytes | None = None,
        jars: CookieJars | None = None,
        user_agent: Callable[[], str] | None = None,
        room: Room = _ROOM,
    ) -> None:
        self._timeouts = timeouts
        self._now = now
        self._trusted_pem = trusted_pem
        self._user_agent = user_agent
        self._room = room
        self._jars = jars or CookieJars(now=now)
        self._clients: OrderedDict[_Key, PooledClient] = OrderedDict()
        self._leaving: set[PooledClient] = set()
        self._building: dict[_Key, asyncio.Lock] = {}

    def __len__(self) -> int:
        return len(self._clients)

    @asynccontextmanager
    async def use(self, route: Route, binding: Binding | None = None) -> AsyncIterator[PooledClient]:
        """The client for this route, held while the block runs.

        Raises:
            TransportError: the egress proxy is none that we leave through; nothing was sent.
        """
        pooled = await self._get((route.account_id, route.egress_url, binding))
        pooled.users += 1
        try:
            yield pooled
        finally:
            pooled.users -= 1
            pooled.last_used = self._now()
            if pooled.retired and not pooled.users:
                self._leaving.discard(pooled)
                await pooled.close()

    def jar(self, pooled: PooledClient, route: Route) -> CookieJar | None:
        """The cookies of a call on this route; None where its host has none."""
        if route.guarding is not None:
            return None
        host = urlsplit(route.base_url).hostname or ""
        return self._jars.jar(route.account_id, pooled.exit_id) if self._jars.serves(host) else None

    async def retire(self, account_ids: Iterable[str]) -> None:
        """End the connections of accounts that leave another way from now on, or not at all; streams may finish."""
        gone = set(account_ids)
        await self._retire([key for key in self._clients if key[0] in gone])

    async def change_timeouts(self, timeouts: Timeouts) -> None:
        """Others hold for calls from now on; what streams goes on as it began."""
        self._timeouts = timeouts
        await self._retire(list(self._clients))

    async def change_protocol(self, *, http11_only: bool) -> None:
        """The other choice of protocols holds for calls from now on; what streams goes on as it began."""
        self.http11_only = http11_only
        await self._retire(list(self._clients))

    async def close(self) -> None:
        """Close every client; what still streams is cut."""
        clients = [*self._clients.values(), *self._leaving]
        self._clients.clear()
        self._leaving.clear()
        for pooled in clients:
            await pooled.close()

    async def _get(self, key: _Key) -> PooledClient:
        pooled = self._clients.get(key)
        if pooled is not None:
            self._clients.move_to_end(key)
            return pooled
        async with self._building.setdefault(key, asyncio.Lock()):
            pooled = self._clients.get(key) or await self._build(key)
        self._building.pop(key, None)
        return pooled

    async def _build(self, key: _Key) -> PooledClient:
        refuse_wrong_proxy(key[1])
        client = await asyncio.to_thread(self._build_client, key[1], key[2])
        pooled = PooledClient(client, exit_of(key[1]))
        before = [other for other in self._clients if other[0] == key[0]]
        self._clients[key] = pooled
        pooled.users += 1  # nobody closes it while others are closed
        try:
            await self._retire(before)
            await self._evict()
        finally:
            pooled.users -= 1
        return pooled

    def _build_client(self, egress_url: str | None, binding: Binding | None) -> Client:
        builder = (
            (ClientBuilder().http1_only() if self.http11_only else ClientBuilder().http2(True))
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
        if self._user_agent is not None:
            builder = builder.user_agent(self._user_agent())
        if binding is not None and binding.name is not None:
            builder = builder.resolve(binding.name, binding.address, binding.port)
        proxy_url = egress_url if binding is None else binding.proxy_url
        if proxy_url is not None:
            builder = builder.proxy(ProxyBuilder.all(proxy_url))
        return builder.build()

    async def _retire(self, keys: Iterable[_Key]) -> None:
        retired = [self._clients.pop(key) for key in keys]
        for pooled in retired:
            pooled.retired = True
        self._leaving |= {pooled for pooled in retired if pooled.users}
        for pooled in retired:
            if not pooled.users:
                await pooled.close()

    async def _evict(self) -> None:
        oldest_allowed = self._now() - self._room.idle_seconds
        surplus = len(self._clients) - self._room.max_clients
        for key, pooled in list(self._clients.items()):
            if pooled.users or pooled.last_used == 0.0:
                continue
            if surplus > 0 or pooled.last_used < oldest_allowed:
                del self._clients[key]
                surplus -= 1
                await pooled.close()


def refuse_wrong_proxy(egress_url: str | None) -> None:
    """Raise unless the proxy is one that we leave through, whenever it was kept.

    The HTTP client goes direct for unknown schemes, silently; there are addresses where no proxy may be.
    """
    if egress_url is None:
        return
    place = urlsplit(egress_url)
    if place.scheme not in SCHEMES:
        words = "the egress proxy's scheme is none of http, https, socks5, socks5h"
    elif is_forbidden(place.hostname or ""):
        words = "the egress proxy's address is a link-local, multicast or cloud metadata one"
    else:
        return
    raise TransportError(Failure(kind=FailureKind.UNREACHABLE, message=words, sent=Sent.NOTHING_SENT))
