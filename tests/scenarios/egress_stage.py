"""A gateway whose accounts leave through proxies that record, towards a simulated backend and issuer.

Every proxy leaves from an address of its own, so that the simulator's journal tells who came which way; whoever came
directly came from ``DIRECT``.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from codex_proxy.accounts.account import account_of_token
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.issuer import RefreshReason
from codex_proxy.accounts.keeping import EgressProxy
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.bootstrap.models.packaged import packaged_catalogue
from codex_proxy.bootstrap.simulated import SimulatedUrls, simulated_backend, simulated_urls
from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.continuation import Continuation, LearnedRejects
from codex_proxy.gateway.exchange import Gateway, GatewayParts
from codex_proxy.gateway.failover import FailoverPolicy
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.observers import Observers
from codex_proxy.gateway.prepare import Defaults
from codex_proxy.gateway.selection import QueuePolicy, Selection
from codex_proxy.gateway.upstreams.accounts import AccountParts, AccountUpstream
from codex_proxy.login.endpoint import EndpointParts, TokenEndpoint
from codex_proxy.login.places import places_of
from codex_proxy.operations.catalogue.lists import ListParts, ModelLists
from codex_proxy.operations.egress.addresses import parse_proxy
from codex_proxy.operations.egress.book import EgressBook, EgressPolicy
from codex_proxy.operations.egress.checks import CheckParts, ProxyChecks
from codex_proxy.operations.egress.pool import PoolParts, ProxyPool
from codex_proxy.operations.egress.reporting import ReportingTransport
from codex_proxy.operations.egress.routes import route_by
from codex_proxy.operations.egress.watch import EgressWatch
from codex_proxy.operations.quota.asking import Asker
from codex_proxy.operations.quota.usage import UsageParts, UsageQueries
from codex_proxy.operations.upstream_lookups import LookupParts, UpstreamLookups
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.routing.resolve import Resolver
from codex_proxy.simulator.scenario import parse_scenario
from codex_proxy.simulator.sections.issuer import CLIENT_ID
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.cookie_keeping import CookieJars
from codex_proxy.transports.exit_probe import GuardedProbe
from codex_proxy.transports.guard import UrlGuard
from codex_proxy.transports.http import HttpTransport
from tests.gateway.scene import Client, exchange
from tests.operations.catalogue.stand_ins import MemoryLists
from tests.operations.egress.stage import StandInKeeper
from tests.protocols.codex.parts import CLIENT
from tests.scenarios.login_stage import HurriedClock
from tests.stores.memory_keeping import MemoryCookieStore, MemoryEgressStore
from tests.transports.recording_proxy import RecordingProxy, recording_proxy

DIRECT = "127.0.0.1"
HERE, THERE = "127.0.0.2", "127.0.0.3"
PASSWORD = "p:%@/s3cr3t"


class ImpatientClock(HurriedClock):
    """The time, which jumps instead of being waited for."""

    async def sleep(self, seconds: float) -> None:
        self.ahead_seconds += seconds
        await asyncio.sleep(0)


class EgressStage:
    """The parts, and what they stand on; ``accounts`` are row ids by name."""

    def __init__(self, urls: SimulatedUrls, base_url: str, backend: httpx.AsyncClient) -> None:
        self.urls, self.backend, self.clock = urls, backend, ImpatientClock()
        self._numbers = itertools.count(1)
        self.accounts: dict[str, str] = {}
        self.refresh_tokens: dict[str, str] = {}
        self.pool = AccountPool(affinity=AffinityMap(), policy=ChoicePolicy(strategy=Strategy.ROUND_ROBIN))
        self.book = EgressBook(policy=EgressPolicy(), now=self.clock.now)
        self.watch = EgressWatch(book=self.book, pool=self.pool)
        self.cookies = MemoryCookieStore(self.accounts.values)
        self.jars = CookieJars(now=self.clock.now, store=self.cookies, upstream_host=DIRECT)
        timeouts = Timeouts(connect=3.0, headers=10.0, idle=10.0)
        self.clients = ClientPool(timeouts=timeouts, now=self.clock.monotonic, jars=self.jars)
        self.transport = ReportingTransport(HttpTransport(pool=self.clients, timeouts=timeouts), self.watch)
        self.lookups = UpstreamLookups(
            LookupParts(
                transport=self.transport,
                pool=self.pool,
                client=lambda: CLIENT,
                base_url=base_url,
                way_of=self.book.way,
                egress=self.watch,
                monotonic=self.clock.monotonic,
            )
        )
        self.queries = UsageQueries(
            UsageParts(
                asker=Asker(transport=self.transport, route_of=self.lookups.route_of, egress=self.watch),
                pool=self.pool,
                clock=self.clock,
                client=lambda: CLIENT,
            )
        )
        self.lists = self._lists(base_url)
        self.proxies = self._proxies()
        self.checks = self._checks()
        self.issuer = self._issuer()
        self.gateway = self._gateway()

    def _lists(self, base_url: str) -> ModelLists:
        asker = Asker(transport=self.transport, route_of=self.lookups.unrouted, egress=self.watch)
        parts = ListParts(
            ask=asker.ask,
            pool=self.pool,
            clock=self.clock,
            client=lambda: CLIENT,
            base_url=base_url,
            conditional=False,
            static=(),
            custom=(),
            store=MemoryLists(),
            jitter=lambda: 0.0,
            complain=lambda where, error: None,
        )
        return ModelLists(parts)

    def _proxies(self) -> ProxyPool:
        numbers = itertools.count(1)
        parts = PoolParts(
            store=MemoryEgressStore(self.accounts.values),
            book=self.book,
            now=self.clock.now,
            new_id=lambda: f"p{next(numbers)}",
            taken=self.watch.assigned,
            rerouted=self.clients.retire,
        )
        return ProxyPool(parts)

    def _checks(self) -> ProxyChecks:
        parts = CheckParts(
            pool=self.proxies,
            book=self.book,
            probe=GuardedProbe(UrlGuard(), allow_private=True),
            clock=self.clock,
            urls=lambda: [f"{self.urls.issuer}/__ip"],
            keeper=StandInKeeper(),
        )
        return ProxyChecks(parts, interval_minutes=0)

    def _issuer(self) -> TokenEndpoint:
        return TokenEndpoint(
            EndpointParts(
                places=places_of(authorize_url=self.urls.authorize, token_url=self.urls.token),
                client_id=CLIENT_ID,
                transport=self.transport,
                route_of=lambda row_id, base: route_by(self.book.way(row_id), base_url=base, row_id=row_id),
                egress=self.watch,
                clock=self.clock,
                client=lambda: CLIENT,
            )
        )

    def _gateway(self) -> Gateway:
        codec, leases, ids = CodexClient(), MemoryLeaseBook(), itertools.count()
        selection = Selection(pool=self.pool, leases=leases, clock=self.clock, queue=QueuePolicy(timeout_seconds=0.1))
        accounts = AccountParts(
            codec=codec,
            selection=selection,
            pool=self.pool,
            continuation=Continuation(new_id=lambda: f"id-{next(ids)}"),
            rejects=LearnedRejects(),
            clock=self.clock,
            client=lambda: CLIENT,
            place_of=self.lookups.place_of,
            egress=self.watch,
        )
        return Gateway(
            GatewayParts(
                runner=AttemptRunner(transport=self.transport, orphans=Orphanage()),
                accounts=AccountUpstream(accounts),
                clock=self.clock,
                resolver=lambda: Resolver(catalogue=packaged_catalogue(), aliases={}, default="gpt-5.4"),
                defaults=Defaults,
                failover=FailoverPolicy,
                observer=Observers((), complain=lambda name, error: None),
            )
        )

    async def log_in(self, *names: str) -> None:
        """Accounts with fresh tokens."""
        reply = await self.backend.post("/__grant", json={"accounts": list(names)})
        for name, granted in zip(names, reply.json()["granted"], strict=True):
            account = account_of_token(granted["access_token"])
            self.accounts[name] = account.row_id
            self.refresh_tokens[name] = granted["refresh_token"]
            self.pool.add(account, self.clock.now())

    async def assign(self, ways: Mapping[str, RecordingProxy | str], *, scheme: str = "http") -> dict[str, EgressProxy]:
        """Let accounts leave so, by name: through a proxy, or by a mode's word; the proxies by account."""
        proxies: dict[str, EgressProxy] = {}
        for name, way in ways.items():
            if isinstance(way, RecordingProxy):
                proxies[name] = await self.proxies.add(parse_proxy(way.url(scheme)), name=f"exit of {name}")
        targets = {self.accounts[name]: proxies[name].proxy_id if name in proxies else str(ways[name]) for name in ways}
        await self.proxies.keep_assignments(targets)
        return proxies

    async def ask(self, **changes: Any) -> Failure | None:
        """The first request of a conversation; how it failed if it did."""
        known = {"conversation": f"conversation {next(self._numbers)}"}
        return await self.gateway.run(exchange(**known | changes), Client())

    async def do_everything(self) -> None:
        """Everything that is ever sent in an account's name: answers, lookups, lists, usage, renewals."""
        for _ in self.accounts:
            assert await self.ask() is None
        assert await self.lookups.refresh()
        assert not (await self.lists.refresh()).failures
        for name, row_id in self.accounts.items():
            await self.queries.ask(row_id)
            await self.renew(name)

    async def renew(self, name: str) -> None:
        """Spend the account's refresh token; raises ``IssuerError``."""
        granted = await self.issuer.refresh(
            self.refresh_tokens[name],
            issuer=self.urls.issuer,
            reason=RefreshReason.PROACTIVE,
            row_id=self.accounts[name],
        )
        self.refresh_tokens[name] = granted.secrets.refresh_token or ""

    async def journal(self) -> list[dict[str, Any]]:
        """What backend and issuer were asked, oldest first."""
        entries = (await self.backend.get("/__journal")).json()["entries"]
        assert isinstance(entries, list)
        return entries

    async def peers(self) -> dict[str, set[str]]:
        """The addresses that each account came from, by name; ``""`` for calls that name none."""
        found: dict[str, set[str]] = {}
        for entry in await self.journal():
            found.setdefault(entry["account"] or "", set()).add(entry["peer"])
        return found


@asynccontextmanager
async def egress_stage(scenario: str = "", *names: str) -> AsyncIterator[EgressStage]:
    """A stage with these accounts, or with ``account-1`` and ``account-2``."""
    async with (
        simulated_backend(parse_scenario(scenario)) as base_url,
        httpx.AsyncClient(base_url=base_url, timeout=60) as backend,
    ):
        made = EgressStage(simulated_urls(base_url), base_url, backend)
        await made.log_in(*(names or ("account-1", "account-2")))
        try:
            yield made
        finally:
            await made.clients.close()


@asynccontextmanager
async def two_exits() -> AsyncIterator[tuple[RecordingProxy, RecordingProxy]]:
    """Two proxies that want credentials, and leave from ``HERE`` and ``THERE``."""
    async with (
        recording_proxy(credentials=("here", PASSWORD), leaves_from=HERE) as here,
        recording_proxy(credentials=("there", PASSWORD), leaves_from=THERE) as there,
    ):
        yield here, there
