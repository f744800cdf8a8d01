"""Where a request comes from, behind proxies that are trusted and behind others.

Rules of this file: pure.  Only a trusted peer is believed what it says of others; of the addresses it tells, the
rightmost that is no trusted proxy's is the caller's, for everything left of it may be the caller's invention.  Whoever
says that it forwards makes the request a remote one, trusted or not: a tunnel on this machine makes nobody local.
"""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOPBACK_NETWORKS: Final = ("127.0.0.0/8", "::1/128")
UNKNOWN: Final = "unknown"
"""The address of a caller that nobody can tell."""

_FORWARDING: Final = frozenset({
    "forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "cf-ray", "fly-client-ip",
})  # fmt: skip
_FORWARDING_BEGINNING: Final = "x-forwarded-"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request comes from; ``remote`` where that may be another machine, ``secure`` where TLS carried it."""

    address: str
    remote: bool
    secure: bool


class TrustedProxies:
    """The proxies that are believed, by their networks (CIDR); raises ``ValueError`` for what is no network."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks = tuple(ipaddress.ip_network(network.strip(), strict=False) for network in networks)

    def origin_of(self, peer: str | None, headers: Mapping[str, str], *, scheme: str) -> Origin:
        """Where a request comes from whose connection is ``peer``'s; header names are lower-case."""
        address = _address(peer or "")
        remote = is_forwarded(headers) or address is None or not address.is_loopback
        if address is None or not self._trusts(address):
            return Origin(address=UNKNOWN if address is None else str(address), remote=remote, secure=scheme == "https")
        secure = _last(headers.get("x-forwarded-proto", scheme)).lower() == "https"
        return Origin(address=self._caller(headers) or str(address), remote=remote, secure=secure)

    def _caller(self, headers: Mapping[str, str]) -> str | None:
        hop: str | None = None
        for told in reversed(list(_hops(headers))):
            address = _address(told)
            if address is None:
                return UNKNOWN
            hop = str(address)
            if not self._trusts(address):
                return hop
        return hop

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def is_forwarded(headers: Mapping[str, str]) -> bool:
    """Whether a request says that somebody passed it on: one word of any proxy or tunnel is enough."""
    return any(name in _FORWARDING or name.startswith(_FORWARDING_BEGINNING) for name in headers)


def network_of(address: str) -> str:
    """The network that one subscriber has: /24 of IPv4, /64 of IPv6; what is no address is one network."""
    found = _address(address)
    if found is None:
        return UNKNOWN
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 64}", strict=False))


def _hops(headers: Mapping[str, str]) -> Iterator[str]:
    """The addresses told, the caller's own words first."""
    if "x-forwarded-for" in headers:
        yield from headers["x-forwarded-for"].split(",")
    elif "forwarded" in headers:  # RFC 7239
        for element in headers["forwarded"].split(","):
            pairs = (pair.partition("=") for pair in element.split(";"))
            yield next((value.strip().strip('"') for name, _, value in pairs if name.strip().lower() == "for"), "")
    elif "x-real-ip" in headers:
        yield headers["x-real-ip"]


def _address(told: str) -> Address | None:
    text = told.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _last(told: str) -> str:
    return told.rpartition(",")[2].strip()
