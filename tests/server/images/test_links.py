"""Where links lead."""

import pytest

from codex_proxy.server.asgi import Message
from codex_proxy.server.images.links import LinkBases
from codex_proxy.server.incoming import Incoming

BASES = LinkBases(["https://Gateway.Example:8443/", "http://plain.example"])


async def receive() -> Message:
    return {"type": "http.disconnect"}


async def send(message: Message) -> None:
    raise AssertionError(message)


def base(host: str | None, arrived_at: tuple[str, int] | None = ("192.0.2.7", 8080)) -> str:
    incoming = Incoming(
        method="POST",
        path="/",
        query="",
        headers={} if host is None else {"host": host},
        request_id="req",
        receive=receive,
        send=send,
        arrived_at=arrived_at,
    )
    return BASES(incoming)


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:9", "[::1]:8080", "127.1.2.3", "localhost"])
def test_loopback_is_repeated(host: str) -> None:
    assert base(host) == f"http://{host}"


def test_a_host_of_the_owners_gets_the_scheme_the_owner_wrote() -> None:
    assert base("gateway.example:8443") == "https://Gateway.Example:8443"
    assert base("PLAIN.example") == "http://plain.example"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "localhost:8080/x", "", None]
)
def test_any_other_host_gets_the_address_it_reached(host: str | None) -> None:
    assert base(host) == "http://192.0.2.7:8080"
    assert base(host, ("2001:db8::7", 80)) == "http://[2001:db8::7]:80"
    assert base(host, None) == ""
