"""Calls to vendors: the guarded transport and the way each key's calls leave, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from codex_proxy import __version__
from codex_proxy.accounts.egress.ways import Direct, Through
from codex_proxy.bootstrap.outgoing.client import timeouts_of, trusted_pem
from codex_proxy.gateway.ports import Guarding, Route
from codex_proxy.operations.egress.book import EgressBook
from codex_proxy.settings.schema import Settings
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.guard import Resolve, UrlGuard, resolve_here
from codex_proxy.transports.http import HttpTransport
from codex_proxy.transports.vendors.checks import AddressChecks
from codex_proxy.transports.vendors.relay import EgressRelay
from codex_proxy.transports.vendors.transport import VendorTransport

USER_AGENT: Final = f"codex-proxy/{__version__}"
_SECRET_BYTES: Final = 32


class RoutedKey(Protocol):
    """What of a vendor key its way depends on; a key that is not kept yet has any ``row_id`` of its own."""

    @property
    def row_id(self) -> str:
        """Keys the HTTP clients."""
        ...

    @property
    def vendor(self) -> str:
        """Whom failures name."""
        ...

    @property
    def base_url(self) -> str:
        """Without a slash at its end."""
        ...

    @property
    def allow_private(self) -> bool:
        """Whether this key may go to private addresses."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorCalls:
    """What makes calls with vendor keys; ``close`` ends their connections, ``retire`` those of keys that went."""

    transport: VendorTransport
    http: HttpTransport
    relay: EgressRelay
    clients: ClientPool
    book: EgressBook
    allow_private: bool

    def vendor_route(self, key: RoutedKey) -> Route:
        """The route of a key's calls: the owner's global way out."""
        guarding = Guarding(vendor=key.vendor, allow_private=key.allow_private or self.allow_private)
        match self.book.owners_way():
            case Direct():
                return Route(base_url=key.base_url, account_id=key.row_id, guarding=guarding)
            case Through(url=url, name=name):
                return Route(
                    base_url=key.base_url,
                    account_id=key.row_id,
                    egress_url=url,
                    egress_name=name,
                    guarding=guarding,
                )

    async def change_timeouts(self, timeouts: Timeouts) -> None:
        """Others hold for calls from now on."""
        self.relay.connect_seconds = timeouts.connect
        await self.http.change_timeouts(timeouts)

    async def close(self) -> None:
        """Close all connections."""
        await self.transport.close()


def vendor_calls(
    settings: Settings, book: EgressBook, *, monotonic: Callable[[], float], resolve: Resolve = resolve_here
) -> VendorCalls:
    """The parts.

    Raises:
        StartRefused: a file that the settings name cannot be read.
    """
    pem = trusted_pem(settings.tls.ca_file)
    timeouts, only_here = timeouts_of(settings), settings.security.loopback_only
    clients = ClientPool(timeouts=timeouts, now=monotonic, trusted_pem=pem, user_agent=lambda: USER_AGENT)
    clients.http11_only = settings.tls.force_http11
    http = HttpTransport(pool=clients, timeouts=timeouts, only_here=only_here)
    relay = EgressRelay(secret=secrets.token_bytes(_SECRET_BYTES), trusted_pem=pem, connect_seconds=timeouts.connect)
    transport = VendorTransport(
        http=http,
        checks=AddressChecks(UrlGuard(resolve=resolve, only_here=only_here), now=monotonic),
        relay=relay,
        user_agent=USER_AGENT,
    )
    return VendorCalls(
        transport=transport,
        http=http,
        relay=relay,
        clients=clients,
        book=book,
        allow_private=settings.security.allow_private_upstreams,
    )
