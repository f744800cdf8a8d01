"""Which network an IP address belongs to, as far as it decides who may be asked.

Rules of this file: pure; an address is forbidden unless a table says otherwise.  An IPv6 address that stands for an
IPv4 address is judged as that one.  Source: IANA's special-purpose registries for IPv4 and IPv6.
"""

import ipaddress
from enum import StrEnum
from typing import Final

from codex_proxy.operations.egress.addresses import LINK_LOCAL, METADATA, MULTICAST, Address, Network, embedded


class Reach(StrEnum):
    """Where an address leads."""

    PUBLIC = "public"
    PRIVATE = "private"
    FORBIDDEN = "forbidden"


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, texts))


_NOBODYS: Final = _networks(
    "0.0.0.0/8",  # "this host", which connects to the loopback
    "192.0.0.0/24",  # protocol assignments
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",  # documentation
    "192.88.99.0/24",  # relays to IPv6, withdrawn
    "240.0.0.0/4",  # reserved, and the broadcast address
    "2001::/23",  # protocol assignments, Teredo tunnels among them
    "2001:db8::/32", "3fff::/20",  # documentation
)  # fmt: skip
_PRIVATE: Final = _networks(
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
    "100.64.0.0/10",  # behind a carrier's translation, and overlay networks
    "198.18.0.0/15",  # benchmarks; proxies on this machine that make up an address for each name take them from here
    "::1/128", "fc00::/7",
)  # fmt: skip
_PUBLIC: Final = _networks("0.0.0.0/0", "2000::/3")
"""After the other tables: all of IPv4, and of IPv6 what is handed out."""

_FORBIDDEN: Final = (*LINK_LOCAL, *METADATA, *MULTICAST, *_NOBODYS)
_TABLES: Final = ((Reach.FORBIDDEN, _FORBIDDEN), (Reach.PRIVATE, _PRIVATE), (Reach.PUBLIC, _PUBLIC))

OWN_NAME: Final = "localhost"  # RFC 6761, 6.3: it and every name below it are the loopback
STAYS_HERE: Final = "this gateway stays on this machine (--simulate, or security.loopback_only)"


def is_here(host: str) -> bool:
    """Whether a URL's host is this machine, as far as its own words tell: nothing is resolved."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == OWN_NAME or host.lower().endswith(f".{OWN_NAME}")


def reach_of(address: Address) -> Reach:
    """Where the address leads."""
    if isinstance(address, ipaddress.IPv6Address):
        address = embedded(address) or address
    found = (reach for reach, networks in _TABLES if any(address in network for network in networks))
    return next(found, Reach.FORBIDDEN)


def is_disguised(address: Address) -> bool:
    """Whether an IPv6 address stands for an IPv4 one."""
    return isinstance(address, ipaddress.IPv6Address) and embedded(address) is not None
