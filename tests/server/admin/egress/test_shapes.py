"""Shapes of the proxy pool's endpoints."""

import msgspec

from codex_proxy.accounts.keeping import EgressHealth
from codex_proxy.operations.egress.shown import ProxyStatus, ShownProxy
from codex_proxy.server.admin.egress.shapes import NewProxy, ProxyChange, health_view, proxy_view
from tests.operations.egress.stage import SECRET


def test_a_refused_country_is_told_with_its_end() -> None:
    shown = ShownProxy(
        proxy_id="p1",
        name="One",
        url="http://one.invalid:1",
        status=ProxyStatus.UNREACHABLE,
        added_at=0.0,
        reason="refused",
        region_until=1.5,
    )
    told = msgspec.to_builtins(proxy_view(shown))
    assert told["regionBlockedUntil"] == "1970-01-01T00:00:01.500Z"
    assert (told["status"], told["reason"], told["addedAt"]) == ("unreachable", "refused", "1970-01-01T00:00:00.000Z")


def test_a_failed_check() -> None:
    told = msgspec.to_builtins(health_view(EgressHealth(checked_at=1.0, error="refused")))
    assert told == {"exitIp": None, "latencyMs": None, "lastChecked": "1970-01-01T00:00:01.000Z", "error": "refused"}


def test_p_05_what_comes_in_does_not_show_its_password() -> None:
    told = [NewProxy(url=f"http://u:{SECRET}@x:1", password=SECRET), ProxyChange(url=f"http://u:{SECRET}@x:1")]
    assert SECRET not in repr(told)
