"""What passes the gateway's borders."""

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Guarding, Route, TransportError


def test_a_route_does_not_show_its_proxys_password() -> None:
    route = Route(base_url="http://upstream.invalid", account_id="a", egress_url="http://user:secret@proxy.invalid")
    assert "secret" not in repr(route)


def test_a_transport_error_carries_its_failure() -> None:
    failure = Failure(kind=FailureKind.TIMEOUT, message="too late")
    error = TransportError(failure)
    assert (error.failure, str(error)) == (failure, "too late")


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("https://api.invalid:444/v1", "acme (api.invalid)"),
        ("https://user:secret@api.invalid", "acme (api.invalid)"),
        ("nonsense", "acme"),
        ("https://[::1", "acme"),
    ],
)
def test_a_guarded_call_goes_to_a_vendor_that_has_a_name(base_url: str, words: str) -> None:
    assert Route(base_url=base_url, account_id="a").upstream_name == "the upstream"
    assert Route(base_url=base_url, account_id="a", guarding=Guarding(vendor="acme")).upstream_name == words
