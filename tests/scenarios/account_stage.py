"""A whole gateway whose accounts are kept: simulated issuer and backend, a data directory that may be used again."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from codex_proxy.accounts.issuer import grant_of
from codex_proxy.accounts.record import AccountRecord, Secrets
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.simulated import simulated_backend, simulated_urls
from codex_proxy.operations.login.outcomes import new_account
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.storage.opening import DATABASE_FILE, Stores, open_stores
from codex_proxy.storage.sealing.sources import KeyFile
from tests.scenarios.stage import Stage, stage_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """The simulated services at their addresses."""

    base_url: str
    http: httpx.AsyncClient

    @property
    def issuer(self) -> str:
        return simulated_urls(self.base_url).issuer

    async def grant(self, *accounts: str, plan: str = "plus") -> list[Secrets]:
        """Pairs of tokens, as if these accounts had just logged in."""
        told = (await self.http.post("/__grant", json={"accounts": list(accounts), "plan": plan})).json()
        return [
            Secrets(access_token=one["access_token"], refresh_token=one["refresh_token"]) for one in told["granted"]
        ]

    async def advance(self, seconds: float) -> None:
        await self.http.post("/__clock", json={"advance_seconds": seconds})

    async def revoke(self, account: str, *, logins: bool = False) -> None:
        await self.http.post("/__revoke", json={"account": account, "logins": logins})

    async def change(self, scenario: str) -> None:
        (await self.http.put("/__scenario", content=scenario)).raise_for_status()

    async def sendings(self, refresh_token: str | None) -> int:
        """How often a refresh token was sent."""
        digest = hashlib.sha256((refresh_token or "").encode()).hexdigest()
        return sum(len(token["sendings"]) for token in await self.tokens() if token["digest"] == digest)

    async def sent(self, refresh_token: str | None) -> None:
        """Wait until a refresh token was sent."""
        async with asyncio.timeout(20):
            while not await self.sendings(refresh_token):
                pass

    async def sent_again(self, count: int) -> None:
        """Wait until so many tokens were sent that came from a refresh."""
        async with asyncio.timeout(20):
            while sum(bool(token["sendings"]) for token in await self.tokens()) < 2 * count:
                pass

    async def tokens(self) -> list[dict[str, Any]]:
        """Every refresh token with its sendings."""
        told = (await self.http.get("/__tokens")).json()["refresh_tokens"]
        assert isinstance(told, list)
        return told


@asynccontextmanager
async def simulator(scenario: str = "") -> AsyncIterator[Simulator]:
    """The services while the block runs."""
    async with (
        simulated_backend(parse_scenario(scenario)) as base_url,
        httpx.AsyncClient(base_url=simulated_urls(base_url).issuer, timeout=20) as http,
    ):
        yield Simulator(base_url=base_url, http=http)


@asynccontextmanager
async def stores_in(data_dir: Path) -> AsyncIterator[Stores]:
    """What is kept in a data directory."""
    stores = await open_stores(data_dir / DATABASE_FILE, keys=KeyFile(data_dir), now=SystemClock().now())
    assert stores.health.ok, stores.health
    try:
        yield stores
    finally:
        await stores.close()


async def keep(
    data_dir: Path, services: Simulator, pairs: Sequence[Secrets], *, tells_age: bool = True
) -> list[AccountRecord]:
    """Put accounts into a data directory, as a login would.

    Of an account that does not tell its token's age the margin of renewal counts whole, however short its token lives.
    """
    now, kept = SystemClock().now(), []
    async with stores_in(data_dir) as stores:
        for number, pair in enumerate(pairs):
            new = new_account(grant_of(pair, issuer=services.issuer, now=now), row_id=f"{number:016x}")
            new = new if tells_age else msgspec.structs.replace(new, issued_at=None)
            kept.append((await stores.accounts.put(new, now=now)).record)
    return kept


@asynccontextmanager
async def gateway(data_dir: Path, services: Simulator, **settings: str) -> AsyncIterator[Stage]:
    """A gateway over a data directory and the simulated services."""
    urls = simulated_urls(services.base_url)
    own = {
        "AUTH__JWT_TOKEN": "null",
        "AUTH__OAUTH_AUTH_ENDPOINT": urls.authorize,
        "AUTH__OAUTH_TOKEN_ENDPOINT": urls.token,
        "UPDATE__FEED_URL": urls.feed,
    }
    async with stage_over(services.base_url, data_dir, own | settings) as play:
        yield play
