"""Which way an account leaves: a table over its assignment and what is known of the proxies.

Rules of this file: pure; an account that has a way of its own never leaves by another one unless the owner said so
(``OnUnavailable``), and never directly by accident.  ``auto`` is stable: an account keeps its proxy while that one is
usable, and only those of a proxy that fails move.  Times are epoch seconds (UTC).
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from codex_proxy.accounts.egress.standing import Standing
from codex_proxy.accounts.keeping import EgressProxy

GLOBAL_ID: Final = "global"
DIRECT_ID: Final = "direct"


class Mode(StrEnum):
    """Assignments that are no proxy's id."""

    GLOBAL = "global"
    DIRECT = "direct"
    AUTO = "auto"


class OnUnavailable(StrEnum):
    """What an account does whose proxy cannot be used."""

    FAIL = "fail"
    NEXT = "next"
    GLOBAL = "global"
    DIRECT = "direct"


class Direct(msgspec.Struct, frozen=True, kw_only=True):
    """No proxy."""


class Through(msgspec.Struct, frozen=True, kw_only=True):
    """Through this proxy; ``url`` may hold a password."""

    egress_id: str
    name: str
    url: str

    def __repr__(self) -> str:
        return f"Through(egress_id={self.egress_id!r}, name={self.name!r})"


class NoWay(msgspec.Struct, frozen=True, kw_only=True):
    """The account's way out cannot be used: which, and why, in words for its owner.

    ``region_until`` is set where the upstream refuses the country the way comes out in: until then it is not tried.
    """

    egress_id: str
    name: str
    reason: str
    region_until: float | None = None


Way: TypeAlias = Direct | Through | NoWay


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that decides: the proxies with what is known of each, and what the owner wants.

    ``global_url`` is the proxy of accounts without one of their own, None for none.
    """

    proxies: Mapping[str, EgressProxy] = {}
    standings: Mapping[str, Standing] = {}
    global_url: str | None = None
    on_unavailable: OnUnavailable = OnUnavailable.FAIL


def way_of(row_id: str, assignment: str | None, ways: Ways, *, now: float) -> Way:
    """How this account leaves; ``assignment`` is a mode's word or a proxy's id, None for the global one."""
    match assignment:
        case None | Mode.GLOBAL:
            return _global(ways, now)
        case Mode.DIRECT:
            return _direct(ways, now)
        case Mode.AUTO:
            return _auto(row_id, ways, now)
        case proxy_id:
            return _named(row_id, proxy_id, ways, now)


def owners_way(global_url: str | None) -> Direct | Through:
    """How a call leaves that is no account's; what the upstream thinks of countries is nothing to it."""
    return Direct() if global_url is None else _through_global(global_url)


def egress_id_of(way: Way) -> str:
    """What names a way out: a proxy's id, ``global`` or ``direct``."""
    return DIRECT_ID if isinstance(way, Direct) else way.egress_id


def _direct(ways: Ways, now: float) -> Way:
    standing = ways.standings.get(DIRECT_ID, Standing())
    if standing.is_region_blocked(now):
        return _no_way(DIRECT_ID, "the direct connection", standing, now)
    return Direct()


def _global(ways: Ways, now: float) -> Way:
    if ways.global_url is None:
        return _direct(ways, now)
    standing = ways.standings.get(GLOBAL_ID, Standing())
    if standing.is_region_blocked(now):
        return _no_way(GLOBAL_ID, "the global proxy", standing, now)
    return _through_global(ways.global_url)


def _through_global(url: str) -> Through:
    return Through(egress_id=GLOBAL_ID, name="the global proxy", url=url)


def _auto(row_id: str, ways: Ways, now: float) -> Way:
    usable = [proxy for proxy in ways.proxies.values() if _why_not(proxy, ways, now) is None]
    if not usable:
        return NoWay(egress_id=Mode.AUTO, name="the pool of proxies", reason="none of its proxies can be used")
    best = max(usable, key=lambda proxy: _weight(row_id, proxy.proxy_id))
    return _through(best)


def _named(row_id: str, proxy_id: str, ways: Ways, now: float) -> Way:
    proxy = ways.proxies.get(proxy_id)
    if proxy is not None and _why_not(proxy, ways, now) is None:
        return _through(proxy)
    match ways.on_unavailable:
        case OnUnavailable.FAIL:
            return _missing(proxy_id) if proxy is None else _barred(proxy, ways, now)
        case OnUnavailable.NEXT:
            return _auto(row_id, ways, now)
        case OnUnavailable.GLOBAL:
            return _global(ways, now)
        case OnUnavailable.DIRECT:
            return _direct(ways, now)


def _missing(proxy_id: str) -> NoWay:
    return NoWay(egress_id=proxy_id, name=proxy_id, reason="it is no longer there")


def _barred(proxy: EgressProxy, ways: Ways, now: float) -> NoWay:
    if not proxy.enabled:
        return NoWay(egress_id=proxy.proxy_id, name=proxy.name, reason="it is disabled")
    return _no_way(proxy.proxy_id, proxy.name, ways.standings.get(proxy.proxy_id, Standing()), now)


def _no_way(egress_id: str, name: str, standing: Standing, now: float) -> NoWay:
    until = standing.region_until if standing.is_region_blocked(now) else None
    return NoWay(egress_id=egress_id, name=name, reason=standing.why(now) or "", region_until=until)


def _why_not(proxy: EgressProxy, ways: Ways, now: float) -> str | None:
    if not proxy.enabled:
        return "it is disabled"
    return ways.standings.get(proxy.proxy_id, Standing()).why(now)


def _through(proxy: EgressProxy) -> Through:
    return Through(egress_id=proxy.proxy_id, name=proxy.name, url=proxy.url)


def _weight(row_id: str, proxy_id: str) -> tuple[bytes, str]:
    return hashlib.sha256(f"{row_id}\0{proxy_id}".encode()).digest(), proxy_id
