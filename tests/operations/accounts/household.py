"""Accounts over a store in memory, a scripted upstream and an issuer that says what a test tells it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.explanation import Explanations
from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason
from codex_proxy.accounts.keeping import PersistenceHealth
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.record import AccountRecord, Secrets
from codex_proxy.accounts.refreshing.schedule import RefreshPolicy
from codex_proxy.accounts.store import NewAccount, StoreUnusable
from codex_proxy.gateway.ports import Route, UpstreamReply
from codex_proxy.operations.accounts.arrivals import Arrivals
from codex_proxy.operations.accounts.changes import AccountChanges, ChangeParts
from codex_proxy.operations.accounts.checking import AccountChecks, CheckParts
from codex_proxy.operations.accounts.counters import AccountCounters, CounterParts
from codex_proxy.operations.accounts.credits import CreditParts, ResetCreditDesk
from codex_proxy.operations.accounts.explaining import Explaining
from codex_proxy.operations.accounts.parts import AssignedProxy
from codex_proxy.operations.accounts.quota import QuotaLooks, QuotaParts
from codex_proxy.operations.accounts.views import AccountViews, ViewParts
from codex_proxy.operations.keeping.keeper import AccountKeeper, KeeperParts
from codex_proxy.operations.login.ports import LoginParts
from codex_proxy.operations.login.tokens import TokenLogins
from codex_proxy.operations.quota.asking import Asker
from codex_proxy.operations.quota.usage import UsageParts, UsageQueries
from codex_proxy.operations.refresh.exchange import ExchangeParts
from codex_proxy.operations.refresh.refresher import RefresherParts, TokenRefresher
from codex_proxy.operations.transfer.times import read_iso
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.simulator.tokens import Person, person_of
from codex_proxy.transports.scripted import ScriptedTransport
from tests.gateway.scene import EgressTold
from tests.operations.keeping.remembering import conversations
from tests.operations.login.stage import DAY, NOW, StandInIssuer, grant
from tests.operations.refresh.stand_ins import MemoryLocks
from tests.protocols.codex.parts import CLIENT
from tests.stores.memory_store import MemoryAccountStore

A, B, C = ("a" * 16, "b" * 16, "c" * 16)
UUIDS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")


class QuickClock:
    """Time that passes only while somebody sleeps, or when the test says so."""

    def __init__(self) -> None:
        self.time = NOW
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)


class PatientClock:
    """The same time; whoever sleeps here sleeps until he is woken."""

    def __init__(self, clock: QuickClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.Event().wait()


class Issuer(StandInIssuer):
    """Renews for whatever reason, and takes tokens back unless it is ``deaf``."""

    def __init__(self) -> None:
        super().__init__()
        self.reasons: list[RefreshReason] = []
        self.revoked: list[str] = []
        self.deaf: IssuerError | None = None

    async def refresh(self, refresh_token: str, *, issuer: str, reason: RefreshReason, row_id: str) -> Grant:
        self.reasons.append(reason)
        await self.gate.wait()
        return await super().refresh(refresh_token, issuer=issuer, reason=RefreshReason.PROACTIVE, row_id=row_id)

    async def revoke(self, refresh_token: str, *, issuer: str, row_id: str) -> None:
        if self.deaf is not None:
            raise self.deaf
        self.revoked.append(refresh_token)


class Store(MemoryAccountStore):
    """A store that refuses to write while it is ``broken``."""

    broken = False

    async def keep_conditions(self, conditions: Mapping[str, bytes]) -> None:
        self._refuse()
        await super().keep_conditions(conditions)

    async def keep_counters(self, counters: Mapping[str, bytes]) -> None:
        self._refuse()
        await super().keep_counters(counters)

    def _refuse(self) -> None:
        if self.broken:
            raise StoreUnusable("the disk is full")


class Wire(ScriptedTransport):
    """The upstream; ``meanwhile`` happens just before a call leaves."""

    meanwhile: Callable[[], None] | None = None

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        if self.meanwhile is not None:
            self.meanwhile()
        return super().open(call, route)


class Household:
    """Everything; ``serving`` has to be entered for refreshes."""

    def __init__(self) -> None:
        self.store, self.issuer, self.clock = Store(), Issuer(), QuickClock()
        self.transport, self.pool = Wire(), AccountPool(affinity=AffinityMap())
        self.gone: list[str] = []
        self.logins_allowed = True
        self.health = PersistenceHealth()
        self.explanations = Explanations()
        self._numbers, self._uuids = itertools.count(1), iter(UUIDS)
        self.keeper = AccountKeeper(self._keeper_parts())
        self.refresher = TokenRefresher(self._refresher_parts())
        arrivals = Arrivals(pool=self.pool, live=self.keeper, clock=self.clock)
        self.login = LoginParts(
            store=self.store,
            issuer=self.issuer,
            clock=PatientClock(self.clock),
            random_bytes=lambda size_bytes: next(self._numbers).to_bytes(size_bytes),
            arrived=arrivals.arrived,
            allowed=lambda: self.logins_allowed,
        )
        self.asker = Asker(transport=self.transport, route_of=_route, egress=EgressTold())
        self.queries = UsageQueries(
            UsageParts(asker=self.asker, pool=self.pool, clock=self.clock, client=lambda: CLIENT)
        )
        self.counters = AccountCounters(
            CounterParts(pool=self.pool, store=self.store, clock=self.clock, read_time=read_iso)
        )
        self._make_operations()

    def _make_operations(self) -> None:
        self.views = AccountViews(
            ViewParts(
                pool=self.pool,
                counters=self.counters,
                clock=self.clock,
                persistence=lambda: self.health,
                proxy_of=lambda row_id: AssignedProxy(proxy_id="global", proxy_name="Global"),
            )
        )
        self.quota = QuotaLooks(QuotaParts(pool=self.pool, views=self.views, queries=self.queries, clock=self.clock))
        self.credits = ResetCreditDesk(
            CreditParts(
                pool=self.pool,
                live=self.keeper,
                views=self.views,
                asker=self.asker,
                queries=self.queries,
                clock=self.clock,
                client=lambda: CLIENT,
                new_uuid4=lambda: next(self._uuids),
            )
        )
        self.changes = AccountChanges(
            ChangeParts(
                store=self.store,
                pool=self.pool,
                live=self.keeper,
                views=self.views,
                counters=self.counters,
                tokens=TokenLogins(self.login, refreshing=self.refresher),
                issuer=self.issuer,
                clock=self.clock,
            )
        )
        self.checks = AccountChecks(
            CheckParts(pool=self.pool, views=self.views, quota=self.quota, renewing=self.refresher, clock=self.clock)
        )
        self.explaining = Explaining(explain=self.explanations.explain, pool=self.pool)

    def _keeper_parts(self) -> KeeperParts:
        return KeeperParts(
            store=self.store,
            conversations=conversations(self.pool.affinity),
            pool=self.pool,
            bound_keys=BoundKeys(b"pepper"),
            clock=self.clock,
            complain=_complain,
            changed=self._changed,
            gone=self._gone,
        )

    def _refresher_parts(self) -> RefresherParts:
        exchange = ExchangeParts(
            store=self.store,
            locks=MemoryLocks(),
            issuer=self.issuer,
            clock=self.clock,
            new_row_id=lambda: f"{next(self._numbers):016x}",
            complain=_complain,
        )
        return RefresherParts(
            exchange=exchange, live=self.keeper, policy=RefreshPolicy(enabled=False), jitter=lambda: 0.0
        )

    def _changed(self, record: AccountRecord) -> None:
        self.refresher.learn(record)
        self.counters.learn(record.row_id)

    def _gone(self, row_id: str) -> None:
        self.refresher.forget(row_id)
        self.queries.forget(row_id)
        self.counters.forget(row_id)
        self.gone.append(row_id)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Household"]:
        async with self.refresher.serving():
            yield self

    async def add(self, row_id: str = A, told: Grant | None = None, **members: Any) -> AccountRecord:
        """An account that is there, and known to everybody."""
        known = told or grant(person(row_id), issued_at=NOW - DAY, refresh_token=f"rt_of-{row_id}-kept")
        new = NewAccount(
            row_id=row_id,
            identity=known.identity,
            secrets=known.secrets,
            email=known.email,
            plan=known.plan,
            issued_at=known.issued_at,
            expires_at=known.expires_at,
            **members,
        )
        record = (await self.store.put(new, now=self.clock.now())).record
        await self.keeper.follow()
        return record

    async def secrets(self, row_id: str = A) -> Secrets:
        found = await self.store.secrets(row_id)
        assert found is not None
        return found

    @property
    def asked(self) -> list[str]:
        """What the upstream was asked for."""
        return [f"{call.method} {call.path}" for _, call in self.transport.calls]


def limits(percent: float, *, reached: bool = False) -> dict[str, Any]:
    """The upstream's answer to a usage query."""
    window = {"used_percent": percent, "limit_window_seconds": 18_000, "reset_after_seconds": 3600}
    limit = {"allowed": not reached, "limit_reached": reached, "primary_window": window, "secondary_window": None}
    return {"plan_type": "plus", "rate_limit": limit}


def person(row_id: str) -> Person:
    return person_of(f"workspace-{row_id[:4]}", email=f"{row_id[:4]}@example.invalid")


def _route(account: Account) -> Route:
    return Route(base_url="http://upstream.invalid/backend-api", account_id=account.row_id)


def _complain(what: str, error: Exception) -> None:
    raise AssertionError(f"{what}: {error}")
