"""Where a request comes from."""

import pytest

from codex_proxy.access.dashboard.forwarded import LOOPBACK_NETWORKS, UNKNOWN, TrustedProxies, network_of

ELSEWHERE = "203.0.113.5"


@pytest.mark.parametrize(
    ("trusted", "peer", "headers", "address", "remote"),
    [
        ((), "127.0.0.1", {}, "127.0.0.1", False),
        ((), "::1", {}, "::1", False),
        ((), "::ffff:127.0.0.1", {}, "127.0.0.1", False),
        ((), ELSEWHERE, {}, ELSEWHERE, True),
        ((), None, {}, UNKNOWN, True),
        ((), "", {}, UNKNOWN, True),
        # S-01: a tunnel on this machine makes nobody local
        ((), "127.0.0.1", {"x-forwarded-for": ELSEWHERE}, "127.0.0.1", True),
        ((), "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, "127.0.0.1", True),
        ((), "127.0.0.1", {"forwarded": "for=127.0.0.1"}, "127.0.0.1", True),
        ((), "127.0.0.1", {"x-real-ip": "127.0.0.1"}, "127.0.0.1", True),
        ((), "127.0.0.1", {"cf-connecting-ip": "127.0.0.1"}, "127.0.0.1", True),
        ((), "127.0.0.1", {"x-forwarded-host": "gateway.example"}, "127.0.0.1", True),
        ((), "127.0.0.1", {"x-forwarded-proto": "https"}, "127.0.0.1", True),
        ((), "127.0.0.1", {"via": "1.1 tunnel"}, "127.0.0.1", True),
        (LOOPBACK_NETWORKS, "127.0.0.1", {"x-forwarded-for": ELSEWHERE}, ELSEWHERE, True),
        (LOOPBACK_NETWORKS, "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, "127.0.0.1", True),
        # S-02: what stands left may be the caller's own invention
        (LOOPBACK_NETWORKS, "127.0.0.1", {"x-forwarded-for": f"127.0.0.1, {ELSEWHERE}"}, ELSEWHERE, True),
        (("10.0.0.0/8",), "10.0.0.1", {"x-forwarded-for": f"1.2.3.4, {ELSEWHERE}, 10.9.9.9"}, ELSEWHERE, True),
        (("10.0.0.0/8",), "10.0.0.1", {"x-forwarded-for": "junk"}, UNKNOWN, True),
        (("10.0.0.0/8",), "10.0.0.1", {"forwarded": 'proto=https;for="[2001:db8::1]:80"'}, "2001:db8::1", True),
        (("10.0.0.0/8",), "10.0.0.1", {"x-real-ip": ELSEWHERE}, ELSEWHERE, True),
        (("10.0.0.0/8",), ELSEWHERE, {"x-forwarded-for": "127.0.0.1"}, ELSEWHERE, True),
    ],
)
def test_s_01_s_02_peers_headers_and_trust(
    trusted: tuple[str, ...], peer: str | None, headers: dict[str, str], address: str, remote: bool
) -> None:
    origin = TrustedProxies(trusted).origin_of(peer, headers, scheme="http")
    assert (origin.address, origin.remote) == (address, remote)


def test_only_a_trusted_proxy_is_believed_that_tls_was_there() -> None:
    headers = {"x-forwarded-for": ELSEWHERE, "x-forwarded-proto": "https"}
    assert TrustedProxies(("10.0.0.0/8",)).origin_of("10.0.0.1", headers, scheme="http").secure
    assert not TrustedProxies().origin_of("10.0.0.1", headers, scheme="http").secure
    assert TrustedProxies().origin_of("10.0.0.1", {}, scheme="https").secure


def test_what_is_no_network_is_no_proxy() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        TrustedProxies(("nonsense",))


def test_a_subscriber_has_a_network() -> None:
    assert network_of("198.51.100.77") == "198.51.100.0/24"
    assert network_of("2001:db8:0:1:2::3") == "2001:db8:0:1::/64"
    assert network_of("nobody") == UNKNOWN
