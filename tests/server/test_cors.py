"""Pages on loopback may call; others only by name."""

import pytest

from codex_proxy.server.cors import CorsPolicy


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://127.0.0.1", "http://127.8.9.1:8", "http://[::1]:5173"]
)
def test_loopback_pages_may_call(origin: str) -> None:
    assert CorsPolicy().allows(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.test",
        "http://127.0.0.1.evil.test",
        "http://localhost.evil.test",
        "null",
        "app://x",
        "http://[bad",
        "http://localhost:1.evil.test",
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    assert not CorsPolicy().allows(origin)


def test_named_origins_and_null_may_be_allowed() -> None:
    policy = CorsPolicy(allowed_origins=frozenset({"https://App.test/"}), allow_null=True)
    assert policy.allows("https://app.test")
    assert policy.allows("null")
    assert not policy.allows("https://app.test.evil.test")


def test_a_preflight_is_answered_with_what_was_asked() -> None:
    headers = CorsPolicy().preflight_headers(
        {
            "origin": "http://localhost:3000",
            "access-control-request-headers": "authorization, x-a",
            "access-control-request-private-network": "true",
        }
    )
    assert headers["access-control-allow-origin"] == "http://localhost:3000"
    assert headers["access-control-allow-headers"] == "authorization, x-a"
    assert headers["access-control-allow-private-network"] == "true"


def test_no_origin_no_headers() -> None:
    assert CorsPolicy().reply_headers(None) == {}
