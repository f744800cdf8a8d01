"""A proxy as its owner sees it.

Rules of this file: pure; no password.  Times are epoch seconds (UTC).
"""

from enum import StrEnum

import msgspec

from codex_proxy.accounts.egress.standing import Standing
from codex_proxy.accounts.keeping import EgressHealth, EgressProxy
from codex_proxy.operations.egress.addresses import masked_url


class ProxyStatus(StrEnum):
    """Whether accounts can leave through a proxy."""

    ACTIVE = "active"
    UNREACHABLE = "unreachable"
    DISABLED = "disabled"


class ShownProxy(msgspec.Struct, frozen=True, kw_only=True):
    """A proxy without its password.

    ``reason`` says why it is not active; ``region_until`` is when the upstream, which refuses the country it comes out
    in, is tried again; ``health`` is None where it was never checked at its address.
    """

    proxy_id: str
    name: str
    url: str
    status: ProxyStatus
    added_at: float
    reason: str | None = None
    region_until: float | None = None
    health: EgressHealth | None = None


def shown_proxy(proxy: EgressProxy, standing: Standing, *, now: float) -> ShownProxy:
    """The proxy as it stands."""
    status = ProxyStatus.ACTIVE if standing.is_usable(now) else ProxyStatus.UNREACHABLE
    checked = proxy.health is not None and proxy.health.checked_at > 0
    return ShownProxy(
        proxy_id=proxy.proxy_id,
        name=proxy.name,
        url=masked_url(proxy.url),
        status=status if proxy.enabled else ProxyStatus.DISABLED,
        added_at=proxy.added_at,
        reason=standing.why(now),
        region_until=standing.region_until if standing.is_region_blocked(now) else None,
        health=proxy.health if checked else None,
    )
