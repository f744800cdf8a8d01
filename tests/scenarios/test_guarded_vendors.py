"""Vendor keys whose base URLs lead astray, over the simulated vendors as real servers."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from codex_proxy.bootstrap.accounts.services import egress_book
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.outgoing.vendors import VendorCalls, vendor_calls
from codex_proxy.gateway.ports import TransportError
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.settings.schema import Settings
from codex_proxy.simulator.sections.vendors import Wire
from tests.simulator.vendors.asking import KEY, Vendors, question, vendors
from tests.transports.names import Names
from tests.transports.recording_proxy import RecordingProxy, recording_proxy

NAME = "vendor.invalid"
HOME = "127.0.0.1"
SCENARIO = """
vendors:
  acme: {}
  astray: {rules: [{raw: {status: 307, headers: {location: "/vendors/acme/v1/chat/completions"}}}]}
"""
ALLOWED = {"security": {"allow_private_upstreams": True}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A vendor key, as far as its way goes."""

    base_url: str
    row_id: str = "key-1"
    vendor: str = "acme"
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The gateway's side of vendor calls, and the vendors."""

    calls: VendorCalls
    vendors: Vendors

    async def ask(self, base_url: str, *, allow_private: bool = False) -> str:
        """What a client would hear: the vendor's answer, or why there is none."""
        path, body = question(Wire.CHAT)
        request = self.vendors.client.build_request("POST", "http://x", json=body)
        call = UpstreamCall(
            method="POST",
            path=path.removeprefix("/v1"),
            headers=(("authorization", f"Bearer {KEY}"), ("content-type", "application/json")),
            body=request.read(),
        )
        way = self.calls.vendor_route(Key(base_url=base_url, allow_private=allow_private))
        try:
            async with self.calls.transport.open(call, way) as reply:
                body_bytes = b""
                while piece := await reply.read():
                    body_bytes += piece
                return body_bytes.decode()
        except TransportError as error:
            return error.failure.message

    async def asked(self) -> list[str]:
        """The vendors that heard of it."""
        return [call["vendor"] for call in await self.vendors.calls()]

    @property
    def named(self) -> str:
        """The base URL of ``acme``, by a name."""
        return self.vendors.url("acme").replace(HOME, NAME)


@asynccontextmanager
async def stage(settings: dict[str, Any], *answers: Sequence[str]) -> AsyncIterator[Stage]:
    read = Settings.model_validate(settings)
    names = Names(*(answers or ([],)))
    calls = vendor_calls(read, egress_book(read, SystemClock()), monotonic=time.monotonic, resolve=names)
    async with vendors(SCENARIO) as made:
        try:
            yield Stage(calls=calls, vendors=made)
        finally:
            await calls.close()


async def test_a_vendor_on_this_machine_is_asked_once_the_owner_said_so() -> None:
    async with stage({}, [HOME]) as made:
        for base_url in (made.vendors.url("acme"), made.named):
            assert "allow_private on its key" in await made.ask(base_url)
        assert await made.asked() == []
        for base_url in (made.vendors.url("acme"), made.named):
            assert "You said: hello" in await made.ask(base_url, allow_private=True)
        assert await made.asked() == ["acme", "acme"]
    async with stage(ALLOWED, [HOME]) as made:
        assert "You said: hello" in await made.ask(made.named)


@pytest.mark.parametrize(
    "addresses", [["169.254.169.254"], [HOME, "169.254.169.254"], ["fe80::1"], ["::ffff:7f00:1"], ["64:ff9b::7f00:1"]]
)
async def test_no_setting_lets_a_name_lead_to_the_metadata_service_or_in_disguise(addresses: list[str]) -> None:
    async with stage(ALLOWED, addresses) as made:
        said = await made.ask(made.named, allow_private=True)
        assert said.startswith(f"acme ({NAME}) is not asked: it leads to a")
        assert await made.asked() == []


async def test_a_redirect_takes_the_key_nowhere() -> None:
    async with stage(ALLOWED) as made:
        said = await made.ask(made.vendors.url("astray"))
        assert "leads on to another address, which is not followed" in said
        assert await made.asked() == ["astray"]


async def test_a_name_that_is_bound_anew_after_the_check_changes_nothing_for_this_call() -> None:
    async with stage(ALLOWED, [HOME], ["169.254.169.254"]) as made:
        assert "You said: hello" in await made.ask(made.named)
        assert "You said: hello" in await made.ask(made.named)
        other = made.named.replace("/v1", "/v2")
        assert "forbidden address" in await made.ask(other)
        assert await made.asked() == ["acme", "acme"]


async def refused(proxy: RecordingProxy, scheme: str) -> list[str]:
    """What is said of private addresses behind an egress proxy of this kind."""
    async with stage({"tls": {"proxy_url": proxy.url(scheme)}}, [HOME], ["10.0.0.1"], ["169.254.169.254"]) as made:
        said = [await made.ask(f"https://name-{number}.invalid/v1") for number in range(3)]
        said.append(await made.ask(made.vendors.url("acme")))
        assert "You said: hello" in await made.ask(made.vendors.url("acme"), allow_private=True)
        assert await made.asked() == ["acme"]
        return said


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
async def test_behind_an_egress_proxy_it_is_the_same_and_the_proxy_hears_nothing_of_it(scheme: str) -> None:
    async with recording_proxy() as proxy:
        said = await refused(proxy, scheme)
        assert proxy.connections_count == 0
    kinds = ("private", "private", "forbidden", "private")
    assert [f"leads to a {kind} address" in words for kind, words in zip(kinds, said, strict=True)] == [True] * 4
