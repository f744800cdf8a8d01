"""A proxy as its owner sees it."""

from msgspec.structs import replace

from codex_proxy.accounts.egress.standing import Standing, region_refused
from codex_proxy.accounts.keeping import EgressHealth
from codex_proxy.operations.egress.pool import UNCHECKED
from codex_proxy.operations.egress.shown import ProxyStatus, ShownProxy, shown_proxy
from tests.operations.egress.stage import SECRET
from tests.operations.egress.test_book import proxy

PROXY = proxy("a", url=f"http://u:{SECRET}@a.invalid:1", added_at=7.0)
DOWN = Standing(failures=2, reason="it cannot be reached")
WELL = EgressHealth(checked_at=5.0, exit_ip="192.0.2.1", latency_ms=7)


def test_p_05_a_proxy_without_its_password() -> None:
    shown = shown_proxy(replace(PROXY, health=WELL), Standing(), now=10.0)
    assert shown == ShownProxy(
        proxy_id="a",
        name="A",
        url="http://u:***@a.invalid:1",
        status=ProxyStatus.ACTIVE,
        added_at=7.0,
        health=WELL,
    )


def test_why_nobody_leaves_through_it() -> None:
    down = shown_proxy(PROXY, DOWN, now=10.0)
    assert (down.status, down.reason, down.region_until) == (ProxyStatus.UNREACHABLE, "it cannot be reached", None)
    refused = shown_proxy(PROXY, region_refused(Standing(), 10.0), now=11.0)
    assert (refused.status, refused.region_until) == (ProxyStatus.UNREACHABLE, 1810.0)
    assert refused.reason == "the upstream refuses the country it comes out in"
    disabled = shown_proxy(replace(PROXY, enabled=False), DOWN, now=10.0)
    assert disabled.status is ProxyStatus.DISABLED


def test_what_was_found_at_another_address_is_not_shown() -> None:
    assert shown_proxy(replace(PROXY, health=UNCHECKED), Standing(), now=10.0).health is None
