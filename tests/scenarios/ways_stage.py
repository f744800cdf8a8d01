"""A whole gateway whose accounts each leave another way, towards a backend and issuer behind TLS that know who came.

Every proxy leaves from an address of its own, and so does the test's own browser: whoever connects from ``DIRECT`` went
past the proxies.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec

from codex_proxy.accounts.issuer import grant_of
from codex_proxy.accounts.keeping import EgressProxy
from codex_proxy.bootstrap.simulated import simulated_urls
from codex_proxy.operations.login.outcomes import new_account
from codex_proxy.simulator.app import PREFIX
from codex_proxy.simulator.journal import Entry
from tests.conformance.tls import TlsFront, tls_front
from tests.scenarios.account_stage import Simulator, gateway, stores_in
from tests.scenarios.stage import Stage
from tests.transports.recording_proxy import RecordingProxy, recording_proxy

DIRECT, BROWSER = "127.0.0.1", "127.0.0.9"
SCHEMES = {"http": "http", "socks5": "socks5", "socks5h": "socks5h", "https": "https", "global": "http"}
"""Proxies and what is spoken with them; ``global`` is everybody's who has none of his own."""
PLANS = {"http": "plus", "auto": "edu", "socks5": "pro", "global": "enterprise"}
"""Accounts by how they leave; each has another plan, so that each is asked for a model list."""


def exits_of(names: Iterable[str]) -> dict[str, str]:
    """The address that each proxy comes out at."""
    return {name: f"127.0.0.{number}" for number, name in enumerate(names, 2)}


EXITS = exits_of(SCHEMES)
PASSWORD = "p:%@/s3cr3t"
LOOKUP = "/wham/accounts/check"
SOON_OVER = "issuer: {access_token_seconds: 200}"
"""Tokens within the margin of renewal; it counts whole, since these accounts do not tell the age of theirs."""


@dataclass(kw_only=True)
class WaysStage:
    """The gateway, the proxies by name, the row ids of accounts by name, and what the backend saw."""

    play: Stage
    front: TlsFront
    services: Simulator
    proxies: Mapping[str, RecordingProxy]
    row_ids: dict[str, str]
    bridge: httpx.AsyncClient
    seen: list[Entry] = field(default_factory=list)

    def drained(self) -> list[Entry]:
        """What backend and issuer were asked since the last time.

        But for what the browser opened, and lookups of accounts' addresses, which come whenever a credential is new.
        """
        journal = self.front.backend.journal
        entries = [entry for entry in journal.entries() if entry.peer != BROWSER]
        journal.clear()
        self.seen += entries
        return [entry for entry in entries if entry.endpoint != LOOKUP]

    def exits(self) -> dict[str, set[str]]:
        """The addresses that each account came from so far, by name; ``""`` for calls that name none."""
        found: dict[str, set[str]] = {}
        for entry in self.seen:
            found.setdefault(entry.account or "", set()).add(entry.peer)
        return found

    async def change(self, scenario: str) -> None:
        """Another scenario, with every account in order again before it begins."""
        await self.services.change("")
        await self.switch(*self.row_ids, enabled=True)
        await self.services.change(scenario)

    async def switch(self, *names: str, enabled: bool) -> None:
        """Switch accounts on, out of everything that stands in their way, or off."""
        wanted = {"ids": [self.row_ids[name] for name in names], "status": "active" if enabled else "disabled"}
        (await self.play.client.post("/auth/accounts/batch-status", json=wanted)).raise_for_status()

    async def renew_logins(self) -> None:
        """Give every account the tokens of a new login, and remove whoever came beside them."""
        listed = (await self.play.client.get("/auth/accounts")).json()["accounts"]
        others = [account["id"] for account in listed if account["id"] not in self.row_ids.values()]
        if others:
            await self.play.client.post("/auth/accounts/batch-delete", json={"ids": others})
        accounts = []
        for name, plan in PLANS.items():
            (pair,) = await self.services.grant(name, plan=plan)
            accounts.append({"token": pair.access_token, "refreshToken": pair.refresh_token})
        told = await self.play.client.post("/auth/accounts/import", json={"accounts": accounts})
        assert told.json()["failed"] == 0, told.text

    async def come_back(self) -> None:
        """Log everybody in who was removed, and give them their ways again."""
        await self.renew_logins()
        listed = (await self.play.client.get("/auth/accounts")).json()["accounts"]
        self.row_ids |= {account["email"].partition("@")[0]: account["id"] for account in listed}
        rows = [{"accountId": self.row_ids[name], "proxyId": name} for name in PLANS]
        given = await self.play.client.post("/api/proxies/assign-bulk", json={"assignments": rows})
        assert given.json()["applied"] == len(PLANS), given.text

    async def each(self, method: str, path: str, **members: Any) -> list[httpx.Response]:
        """One request for each account at once; its row id goes into the path."""
        paths = [path.format(row_id) for row_id in self.row_ids.values()]
        return await asyncio.gather(*[self.play.client.request(method, each, **members) for each in paths])


@asynccontextmanager
async def all_exits(front: TlsFront, schemes: Mapping[str, str]) -> AsyncIterator[dict[str, RecordingProxy]]:
    """The proxies, which want credentials."""
    proxies: dict[str, RecordingProxy] = {}
    async with AsyncExitStack() as stack:
        for name, exit_ in exits_of(schemes).items():
            tls = front.identity if schemes[name] == "https" else None
            made = recording_proxy(credentials=(name, PASSWORD), leaves_from=exit_, tls=tls)
            proxies[name] = await stack.enter_async_context(made)
        yield proxies


def kept_proxies(urls: Mapping[str, str]) -> list[EgressProxy]:
    """Proxies to be put into a store, by name."""
    return [EgressProxy(proxy_id=name, name=f"Exit {name}", url=url) for name, url in urls.items()]


async def kept_accounts(
    data_dir: Path,
    services: Simulator,
    plans: Mapping[str, str],
    *,
    proxies: Sequence[EgressProxy],
    ways: Mapping[str, str],
) -> dict[str, str]:
    """Accounts in a data directory with their ways out, by account; their row ids."""
    row_ids, now = {}, time.time()
    async with stores_in(data_dir) as stores:
        for number, (name, plan) in enumerate(plans.items()):
            (pair,) = await services.grant(name, plan=plan)
            new = new_account(grant_of(pair, issuer=services.issuer, now=now), row_id=f"{number:016x}")
            put = await stores.accounts.put(msgspec.structs.replace(new, issued_at=None), now=now)
            row_ids[name] = put.record.row_id
        await stores.egress.put(proxies)
        await stores.egress.assign({row_ids[name]: way for name, way in ways.items()})
    return row_ids


@asynccontextmanager
async def tls_services(folder: Path, scenario: str) -> AsyncIterator[tuple[TlsFront, Simulator]]:
    """Backend and issuer behind TLS, and who talks to them from the browser's address."""
    with tls_front(folder, scenario) as front:
        origin = front.url.replace("localhost", DIRECT)
        trusted = ssl.create_default_context(cafile=front.authority)
        transport = httpx.AsyncHTTPTransport(local_address=BROWSER, verify=trusted)
        async with httpx.AsyncClient(base_url=origin, transport=transport, timeout=60) as browser:
            yield front, Simulator(base_url=origin + PREFIX, http=browser)


def common_settings(front: TlsFront, services: Simulator) -> dict[str, str]:
    """Settings that keep a gateway at these services."""
    urls = simulated_urls(services.base_url)
    return {
        "TLS__CA_FILE": str(front.authority),
        "TLS__HEALTH_CHECK_URL": f"{urls.issuer}/__ip",
        "UPDATE__ENGINE_FEED_URL": urls.dist_tags,
        "SECURITY__ALLOW_PRIVATE_UPSTREAMS": "true",
        "OLLAMA__ENABLED": "true",
        "OLLAMA__PORT": "0",
    }


@asynccontextmanager
async def bridge_of(play: Stage) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the gateway's Ollama bridge."""
    status = (await play.client.get("/admin/ollama-status", timeout=120)).json()  # the control plane is made now
    async with httpx.AsyncClient(base_url=status["url"], timeout=60) as bridge:
        yield bridge


@asynccontextmanager
async def ways_stage(
    folder: Path, *, schemes: Mapping[str, str] = SCHEMES, plans: Mapping[str, str] = PLANS, tokens: str = ""
) -> AsyncIterator[WaysStage]:
    """The stage with these proxies and accounts, at its start: models are looked up, proxies checked, feeds read.

    ``tokens`` is the scenario that its first tokens were granted in.
    """
    async with tls_services(folder, tokens) as (front, services), all_exits(front, schemes) as proxies:
        urls = {name: proxy.url(schemes[name]) for name, proxy in proxies.items()}
        listed = kept_proxies({name: url for name, url in urls.items() if name != "global"})
        ways = {name: name for name in plans if name != "global"}
        row_ids = await kept_accounts(folder, services, plans, proxies=listed, ways=ways)
        await services.change("")
        settings = common_settings(front, services) | {
            "TLS__PROXY_URL": urls["global"],
            "IMAGES__FETCH_REMOTE": "true",
            "API__FAILOVER_BUDGET_SECONDS": "0.5",
        }
        async with gateway(folder, services, **settings) as play, bridge_of(play) as bridge:
            yield WaysStage(play=play, front=front, services=services, proxies=proxies, row_ids=row_ids, bridge=bridge)
