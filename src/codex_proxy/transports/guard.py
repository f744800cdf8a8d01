"""The one guard before URLs that a user gave: where may be asked, and to which address the connection goes.

Rules of this file: http or https, no userinfo, no redirects.  A name is resolved once, all its addresses have to be
allowed, and the connection goes to the one that was checked, whatever the name resolves to a moment later; the server's
certificate is still checked against the name.  Link-local, metadata and multicast addresses are never asked, private
ones where the caller allows it.  URLs are read by the HTTP client's own parser, so that what is checked is what is
asked.  Egress proxies that resolve names by themselves are not trusted with a name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
from pyreqwest.client import ClientBuilder
from pyreqwest.http import Url
from pyreqwest.proxy import ProxyBuilder

from codex_proxy.transports.addresses import Reach, reach_of

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, for a port; raises ``OSError`` where it has none."""

RESOLVE_SECONDS: Final = 5.0
MAX_URL_CHARACTERS: Final = 8192
_SCHEMES: Final = frozenset({"http", "https"})
_RESOLVING_HERE: Final = "socks5"  # of the egress proxies; the others get the name


class AddressRefused(Exception):
    """This URL is not asked; the words say why, and nothing of what its name resolved to."""


class CheckedUrl(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that may be asked, as the HTTP client reads it, and the IP ``address`` that its connection has to go to.

    ``name`` is the host's, None where the URL has the address itself.
    """

    url: str
    name: str | None
    address: str
    port: int


def read_url(text: str) -> Url:
    """A URL that may be asked as far as its own words tell; for a setting, before it is kept.

    Raises:
        AddressRefused: it is no URL, or none that is ever asked.
    """
    if len(text) > MAX_URL_CHARACTERS:
        raise AddressRefused(f"it is longer than {MAX_URL_CHARACTERS} characters")
    try:
        url = Url(text)
    except ValueError:
        raise AddressRefused("it is no absolute URL") from None
    if url.scheme not in _SCHEMES:
        raise AddressRefused(f"its scheme is {url.scheme}, not http or https")
    if url.username or url.password is not None:
        raise AddressRefused("it holds a user name or a password")
    if not url.host_str or not url.port_or_known_default or url.host_str.endswith("."):
        raise AddressRefused("it names no host that can be asked")
    return url


async def resolve_here(name: str, port: int) -> list[str]:
    """The addresses that this machine's resolver has for a name, in the order to be tried."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class UrlGuard:
    """Checks URLs; ``egress_url`` is the proxy that their calls leave through, None for none."""

    def __init__(self, *, egress_url: str | None = None, resolve: Resolve = resolve_here) -> None:
        self._egress_url = egress_url
        self._resolve = resolve

    async def check(self, text: str, *, allow_private: bool = False) -> CheckedUrl:
        """The URL and its address; use it with ``connecting``.

        Raises:
            AddressRefused: it may not be asked, or its name cannot be resolved.
        """
        url = read_url(text)
        name, port = url.domain, url.port_or_known_default or 0
        if name is None:
            addresses: Sequence[str] = [(url.host_str or "").strip("[]")]
        else:
            addresses = await self._addresses(name, port)
        for address in addresses:
            _check_reach(address, allow_private=allow_private)
        return CheckedUrl(url=str(url), name=name, address=addresses[0], port=port)

    def connecting(self, builder: ClientBuilder, checked: CheckedUrl) -> ClientBuilder:
        """``builder`` for a client that is used for this URL's host only: it goes to the checked address."""
        builder = builder.follow_redirects(False).no_proxy()
        if checked.name is not None:
            builder = builder.resolve(checked.name, checked.address, checked.port)
        return builder if self._egress_url is None else builder.proxy(ProxyBuilder.all(self._egress_url))

    async def _addresses(self, name: str, port: int) -> Sequence[str]:
        if self._egress_url is not None and urlsplit(self._egress_url).scheme != _RESOLVING_HERE:
            raise AddressRefused(
                "its name would be resolved by the egress proxy; only a socks5 proxy leaves that to us"
            )
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                addresses = await self._resolve(name, port)
        except (OSError, UnicodeError):  # ``TimeoutError`` among them
            addresses = ()
        if not addresses:
            raise AddressRefused("its host has no address")
        return addresses


def _check_reach(text: str, *, allow_private: bool) -> None:
    reach = reach_of(ipaddress.ip_address(text))
    if reach is Reach.FORBIDDEN or (reach is Reach.PRIVATE and not allow_private):
        raise AddressRefused(f"it leads to a {reach.value} address")
