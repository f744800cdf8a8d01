"""What passes the gateway's borders."""

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Route, TransportError


def test_a_route_does_not_show_its_proxys_password() -> None:
    route = Route(base_url="http://upstream.invalid", account_id="a", egress_url="http://user:secret@proxy.invalid")
    assert "secret" not in repr(route)


def test_a_transport_error_carries_its_failure() -> None:
    failure = Failure(kind=FailureKind.TIMEOUT, message="too late")
    error = TransportError(failure)
    assert (error.failure, str(error)) == (failure, "too late")
