"""Logins on sockets: the simulated issuer, our listener, our HTTP client, and a script in the browser's place."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from codex_proxy.accounts.record import AccountRecord
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.simulated import simulated_backend, simulated_urls
from codex_proxy.gateway.ports import Route
from codex_proxy.login.endpoint import EndpointParts, TokenEndpoint
from codex_proxy.login.places import places_of
from codex_proxy.operations.login.browser import BrowserLogins
from codex_proxy.operations.login.device import DeviceLogins, DevicePending
from codex_proxy.operations.login.outcomes import LoginEnd
from codex_proxy.operations.login.ports import LoginParts
from codex_proxy.server.oauth.listener import OAuthListener
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.simulator.sections.issuer import CLIENT_ID
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.http import HttpTransport
from tests.gateway.scene import EgressTold
from tests.protocols.codex.parts import CLIENT
from tests.stores.memory_store import MemoryAccountStore

ROW = "00112233aabbccdd"


class HurriedClock(SystemClock):
    """The time, and as much later as the test says."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0

    def now(self) -> float:
        return super().now() + self.ahead_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginStage:
    """Logins and what they stand on; ``browser`` follows redirects."""

    issuer: TokenEndpoint
    store: MemoryAccountStore
    clock: HurriedClock
    logins: BrowserLogins
    devices: DeviceLogins
    browser: httpx.AsyncClient
    simulator: str

    async def asked(self) -> list[dict[str, Any]]:
        """What the simulator was asked, but for what browsers open, oldest first."""
        entries = (await self.browser.get(f"{self.simulator}/__journal")).json()["entries"]
        return [entry for entry in entries if entry["method"] == "POST" or "backend-api" in entry["path"]]

    async def account(self) -> AccountRecord:
        """The only one there is."""
        [record] = (await self.store.load()).changed
        return record

    async def redirect_of(self, auth_url: str) -> str:
        """Where the issuer sends the browser after a login."""
        reply = await self.browser.get(auth_url, follow_redirects=False)
        return reply.headers["location"]


@asynccontextmanager
async def login_stage(
    scenario: str, *, answer_seconds: float = 10.0, ports: tuple[int, ...] = (0,)
) -> AsyncIterator[LoginStage]:
    """Logins at a simulated issuer that follows a scenario; redirects are awaited on one of ``ports``."""
    async with (
        simulated_backend(parse_scenario(scenario)) as base_url,
        httpx.AsyncClient(follow_redirects=True, timeout=60) as browser,
    ):
        urls, clock = simulated_urls(base_url), HurriedClock()
        timeouts = Timeouts(headers=answer_seconds, idle=answer_seconds)
        transport = HttpTransport(pool=ClientPool(timeouts=timeouts, now=clock.now), timeouts=timeouts)
        issuer = TokenEndpoint(
            EndpointParts(
                places=places_of(authorize_url=urls.authorize, token_url=urls.token),
                client_id=CLIENT_ID,
                transport=transport,
                route_of=lambda row_id, base: Route(base_url=base, account_id=row_id),
                egress=EgressTold(),
                clock=clock,
                client=lambda: CLIENT,
                answer_seconds=answer_seconds,
            )
        )
        store = MemoryAccountStore()
        parts = LoginParts(store=store, issuer=issuer, clock=clock, random_bytes=os.urandom)
        logins = BrowserLogins(parts, listener=OAuthListener(ports=ports))
        devices = DeviceLogins(parts)
        try:
            yield LoginStage(
                issuer=issuer,
                store=store,
                clock=clock,
                logins=logins,
                devices=devices,
                browser=browser,
                simulator=urls.issuer,
            )
        finally:
            await logins.close()
            await devices.close()
            await transport.close()


async def polled(stage: LoginStage, handle: str) -> LoginEnd:
    """A device login's end, asked for as often as its interval allows."""
    for _ in range(10):
        stage.clock.ahead_seconds += 5.0
        status = await stage.devices.poll(handle)
        if not isinstance(status, DevicePending):
            return status
    raise AssertionError("the login did not end")
