"""From an account's way out to the route of a call."""

import pytest

from codex_proxy.accounts.egress.ways import Direct, NoWay, Through
from codex_proxy.canonical.failure import FailureKind, Sent
from codex_proxy.gateway.ports import Route, TransportError
from codex_proxy.operations.egress.routes import route_by

BASE = "https://upstream.invalid"


def test_a_route_leaves_as_its_account_does() -> None:
    assert route_by(Direct(), base_url=BASE, row_id="a") == Route(base_url=BASE, account_id="a")
    through = Through(egress_id="p", name="Home", url="http://u:secret@p.invalid:1")
    assert route_by(through, base_url=BASE, row_id="a") == Route(
        base_url=BASE, account_id="a", egress_url=through.url, egress_name="Home", egress_id="p"
    )


@pytest.mark.parametrize(("until", "kind"), [(None, FailureKind.UNREACHABLE), (1000.0, FailureKind.REGION_BLOCKED)])
def test_p_02_no_way_out_is_a_failure_of_which_nothing_was_sent(until: float | None, kind: FailureKind) -> None:
    with pytest.raises(TransportError) as caught:
        route_by(NoWay(egress_id="p", name="Home", reason="down", region_until=until), base_url=BASE, row_id="a")
    failure = caught.value.failure
    assert (failure.kind, failure.sent) == (kind, Sent.NOTHING_SENT)
    assert failure.message == "the egress Home cannot be used: down"
