"""The one guard before URLs that a user gave: where may be asked, and to which address the connection goes.

Rules of this file: http or https, no userinfo, no redirects.  A name is resolved once, all its addresses have to be
allowed, and the connection goes to the one that was checked, whatever the name resolves to a moment later; the server's
certificate is still checked against the name.  Link-local, metadata and multicast addresses are never asked, private
ones where the caller allows it.  A call that carries a key leaves in the clear for private addresses only, and takes
no IPv6 address that stands for an IPv4 one.  URLs are read by the HTTP client's own parser, so that what is checked is
what is asked.  Egress proxies that resolve names by themselves are not trusted with a name.
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

from codex_proxy.transports.addresses import STAYS_HERE, Reach, is_disguised, is_here, reach_of

Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a name, for a port; raises ``OSError`` where it has none."""

RESOLVE_SECONDS: Final = 5.0
MAX_URL_CHARACTERS: Final = 8192
_SCHEMES: Final = frozenset({"http", "https"})
_RESOLVING_HERE: Final = "socks5"  # of the egress proxies; the others get the name


class AddressRefused(Exception):
    """This URL is not asked; the words say why, and nothing of what its name resolved to.

    ``allowing_helps`` where ``allow_private`` would have let it pass.
    """

    def __init__(self, words: str, *, allowing_helps: bool = False) -> None:
        super().__init__(words)
        self.allowing_helps = allowing_helps


class NameUnknown(AddressRefused):
    """The name has no address, or nobody told one in time."""

    def __init__(self) -> None:
        super().__init__("its host has no address")


class CheckedUrl(msgspec.Struct, frozen=True, kw_only=True):
    """A URL that may be asked, as the HTTP client reads it, and the IP ``addresses`` that were checked, never empty.

    ``name`` is the host's, None where the URL has the address itself.
    """

    url: str
    name: str | None
    addresses: tuple[str, ...]
    port: int

    @property
    def address(self) -> str:
        """The address to go to first."""
        return self.addresses[0]


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
    """Checks URLs; ``egress_url`` is the proxy that their calls leave through, None for none.

    ``only_here`` lets nothing pass but this machine, and resolves no name for it that is another's.
    """

    def __init__(
        self, *, egress_url: str | None = None, resolve: Resolve = resolve_here, only_here: bool = False
    ) -> None:
        self._egress_url = egress_url
        self._resolve = resolve
        self._only_here = only_here

    async def check(self, text: str, *, allow_private: bool = False, carries_key: bool = False) -> CheckedUrl:
        """The URL and its addresses; ``carries_key`` where a secret goes along.

        Raises:
            AddressRefused: it may not be asked, or its name cannot be resolved.
        """
        url = read_url(text)
        name, port = url.domain, url.port_or_known_default or 0
        self._check_place(url.host_str or "")
        if name is None:
            addresses: Sequence[str] = [(url.host_str or "").strip("[]")]
        else:
            addresses = await self._addresses(name, port)
        for address in addresses:
            self._check_place(address)
            check_address(address, scheme=url.scheme, allow_private=allow_private, carries_key=carries_key)
        return CheckedUrl(url=str(url), name=name, addresses=tuple(addresses), port=port)

    def _check_place(self, host: str) -> None:
        if self._only_here and not is_here(host):
            raise AddressRefused(f"it leads elsewhere, and {STAYS_HERE}")

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
            raise NameUnknown
        return addresses


def check_address(text: str, *, scheme: str, allow_private: bool, carries_key: bool) -> None:
    """See whether an IP address may be asked; raises ``AddressRefused``."""
    _check_reach(text, allow_private=allow_private)
    if carries_key:
        _check_secrecy(text, scheme=scheme)


def _check_reach(text: str, *, allow_private: bool) -> None:
    reach = reach_of(ipaddress.ip_address(text))
    if reach is Reach.FORBIDDEN or (reach is Reach.PRIVATE and not allow_private):
        raise AddressRefused(f"it leads to a {reach.value} address", allowing_helps=reach is Reach.PRIVATE)


def _check_secrecy(text: str, *, scheme: str) -> None:
    address = ipaddress.ip_address(text)
    if is_disguised(address):
        raise AddressRefused("it leads to an IPv6 address that stands for an IPv4 one")
    if scheme == "http" and reach_of(address) is Reach.PUBLIC:
        raise AddressRefused("a key is sent to a public address over https only")
