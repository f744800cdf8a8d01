"""Vendor calls as the settings want them, over a real listening server."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from codex_proxy.bootstrap.accounts.services import egress_book
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.outgoing.vendors import USER_AGENT, VendorCalls, vendor_calls
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Guarding, TransportError
from codex_proxy.operations.egress.book import EgressPolicy
from codex_proxy.settings.schema import Settings
from tests.transports.names import Names
from tests.transports.recording_proxy import recording_proxy
from tests.transports.vendors.stage import CALL, HOME, NAME, PUBLIC, Vendor, authority

PROXY = "http://user:s3cr3t@127.0.0.1:3128"


class Key(msgspec.Struct, frozen=True, kw_only=True):
    row_id: str = "key-1"
    vendor: str = "acme"
    base_url: str = "https://vendor.invalid/v1"
    allow_private: bool = False


@asynccontextmanager
async def calls(settings: dict[str, Any], *answers: list[str]) -> AsyncIterator[VendorCalls]:
    read = Settings.model_validate(settings)
    made = vendor_calls(
        read, egress_book(read, SystemClock()), monotonic=time.monotonic, resolve=Names(*(answers or ([],)))
    )
    try:
        yield made
    finally:
        await made.close()


async def asked(made: VendorCalls, key: Key) -> int | str:
    """The status of one call, or how it failed."""
    try:
        async with made.transport.open(CALL, made.vendor_route(key)) as reply:
            await reply.read()
            return reply.status
    except TransportError as error:
        return error.failure.message


async def test_a_key_leaves_by_the_owners_global_way_which_may_change() -> None:
    async with calls({"tls": {"proxy_url": PROXY}}) as made:
        way = made.vendor_route(Key())
        assert (way.base_url, way.account_id) == ("https://vendor.invalid/v1", "key-1")
        assert (way.egress_url, way.egress_name) == (PROXY, "the global proxy")
        assert way.guarding == Guarding(vendor="acme")
        made.book.change_policy(EgressPolicy())
        assert made.vendor_route(Key()).egress_url is None


async def test_a_country_that_the_upstream_refuses_is_nothing_to_a_vendor() -> None:
    refused = Failure(kind=FailureKind.REGION_BLOCKED, message="no")
    async with calls({}) as made:
        made.book.blame("direct", refused)
        assert made.book.standing("direct").region_until is not None
        assert made.vendor_route(Key()).egress_url is None


@pytest.mark.parametrize(
    ("settings", "allow_private", "expected"),
    [
        ({}, False, "private"),
        ({}, True, 200),
        ({"security": {"allow_private_upstreams": True}}, False, 200),
        ({"tls": {"proxy_url": "http://127.0.0.1:9"}}, True, 200),
        ({"tls": {"proxy_url": "http://127.0.0.1:9"}}, False, "private"),
    ],
)
async def test_a_server_on_this_machine_is_asked_where_the_key_or_the_settings_allow_it(
    settings: dict[str, Any], allow_private: bool, expected: int | str
) -> None:
    vendor = Vendor()
    async with vendor.listening() as port, calls(settings, [HOME]) as made:
        for host in (HOME, NAME):
            answer = await asked(made, Key(base_url=f"http://{host}:{port}/v1", allow_private=allow_private))
            assert answer == expected or str(expected) in str(answer)
    assert len(vendor.heads) == (2 if expected == 200 else 0)
    assert all(f"user-agent: {USER_AGENT}" in head for head in vendor.heads)


async def test_the_environments_proxies_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    vendor = Vendor()
    async with recording_proxy() as proxy, vendor.listening() as port, calls({}) as made:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert await asked(made, Key(base_url=f"http://{HOME}:{port}", allow_private=True)) == 200
    assert proxy.connections_count == 0


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
async def test_behind_the_global_proxy_a_vendor_is_asked_by_its_checked_address(scheme: str, tmp_path: Any) -> None:
    vendor, authority_file = Vendor(), tmp_path / "ca.pem"
    authority_file.write_bytes(authority().cert_pem.bytes())
    async with vendor.listening(certified=NAME) as port, recording_proxy() as proxy:
        proxy.detour = port
        settings = {"tls": {"proxy_url": proxy.url(scheme), "ca_file": str(authority_file)}}
        async with calls(settings, [PUBLIC], ["169.254.169.254"]) as made:
            assert await asked(made, Key()) == 200
            assert "forbidden" in str(await asked(made, Key(base_url="https://other.invalid/v1")))
        assert [passage.target for passage in proxy.passages] == [f"{PUBLIC}:443"]
