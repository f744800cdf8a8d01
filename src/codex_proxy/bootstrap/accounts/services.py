"""Everything that works on accounts, put together over one pool, one transport and the stores.

Rules of this file: objects are made here, rules are elsewhere.
"""

import random
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.accounts.egress.ways import OnUnavailable
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.record import AccountRecord, Death
from codex_proxy.accounts.refreshing.schedule import RefreshPolicy
from codex_proxy.accounts.store import Edit
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.canonical.target import ClientIdentity
from codex_proxy.gateway.continuation import Continuation
from codex_proxy.gateway.ports import Route, Transport
from codex_proxy.login.endpoint import EndpointParts, TokenEndpoint
from codex_proxy.login.places import IssuerPlaces, PlacesUnusable, places_of
from codex_proxy.operations.accounts.counters import AccountCounters, CounterParts
from codex_proxy.operations.egress.addresses import InvalidProxy, parse_proxy
from codex_proxy.operations.egress.book import EgressBook, EgressPolicy
from codex_proxy.operations.egress.routes import route_by
from codex_proxy.operations.egress.watch import EgressWatch
from codex_proxy.operations.keeping.conversations import KeptConversations
from codex_proxy.operations.keeping.effects import EffectParts, Effects
from codex_proxy.operations.keeping.keeper import AccountKeeper, KeeperParts
from codex_proxy.operations.quota.asking import Asker
from codex_proxy.operations.quota.usage import UsageParts, UsageQueries
from codex_proxy.operations.refresh.exchange import ExchangeParts
from codex_proxy.operations.refresh.refresher import RefresherParts, TokenRefresher
from codex_proxy.operations.transfer.times import read_iso
from codex_proxy.operations.upstream_lookups import UpstreamLookups
from codex_proxy.settings.schema import AuthSection, Settings, TlsSection
from codex_proxy.storage.opening import Stores
from codex_proxy.transports.clients import ClientPool
from codex_proxy.transports.cookie_keeping import CookieJars

ROW_ID_BYTES: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountGround:
    """What the services stand on; ``complain`` hears of what went wrong and goes on."""

    settings: Settings
    stores: Stores
    data_dir: Path
    pool: AccountPool
    bound_keys: BoundKeys
    continuation: Continuation
    book: EgressBook
    watch: EgressWatch
    transport: Transport
    clients: ClientPool
    jars: CookieJars
    lookups: UpstreamLookups
    client: Callable[[], ClientIdentity]
    trusted_pem: bytes | None
    clock: SystemClock
    complain: Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountServices:
    """What keeps accounts: see each one."""

    ground: AccountGround
    endpoint: TokenEndpoint
    see_off: Callable[[], Awaitable[bool]]
    keeper: AccountKeeper
    refresher: TokenRefresher
    asker: Asker
    queries: UsageQueries
    counters: AccountCounters
    effects: Effects


def egress_book(settings: Settings, clock: SystemClock) -> EgressBook:
    """The ways out as the settings say; nobody leaves until what is kept is taken in.  Raises ``StartRefused``."""
    return EgressBook(policy=egress_policy(settings), now=clock.now, is_read=False)


def egress_policy(settings: Settings) -> EgressPolicy:
    """Everybody's way out, and what becomes of accounts whose own one fails; raises ``StartRefused``."""
    return EgressPolicy(
        global_url=global_proxy(settings.tls), on_unavailable=OnUnavailable(settings.egress.on_unavailable)
    )


def global_proxy(tls: TlsSection) -> str | None:
    """The URL of everybody's proxy, in the one spelling that HTTP clients take; raises ``StartRefused``."""
    try:
        return None if tls.proxy_url is None else parse_proxy(tls.proxy_url).url
    except InvalidProxy as error:
        raise StartRefused(f"tls.proxy_url: {error}") from error


class _News:
    """Passes on what the keeper tells; ``refresher`` is made after the keeper, which it tells in turn."""

    refresher: TokenRefresher

    def __init__(self, ground: AccountGround, queries: UsageQueries, counters: AccountCounters) -> None:
        self._watch = ground.watch
        self._queries = queries
        self._counters = counters
        self._jars = ground.jars
        self._clients = ground.clients
        self._departed: list[str] = []

    async def see_off(self) -> bool:
        """Close the connections of accounts that went, and forget their cookies; for a job."""
        departed, self._departed = self._departed, []
        if departed:
            await self._clients.retire(departed)
        for row_id in departed:
            await self._jars.drop(row_id)
        return True

    def changed(self, record: AccountRecord) -> None:
        self.refresher.learn(record)
        self._counters.learn(record.row_id)
        self._watch.account_changed(record.row_id)

    def gone(self, row_id: str) -> None:
        self.refresher.forget(row_id)
        self._counters.forget(row_id)
        self._queries.forget(row_id)
        self._departed.append(row_id)


def account_services(ground: AccountGround) -> AccountServices:
    """The services.

    Raises:
        StartRefused: the issuer's addresses in the settings are none.
    """
    endpoint = _endpoint(ground)
    asker = Asker(transport=ground.transport, route_of=ground.lookups.route_of, egress=ground.watch)
    queries, counters = _queries(ground, asker), _counters(ground)
    news = _News(ground, queries, counters)
    keeper = AccountKeeper(
        KeeperParts(
            store=ground.stores.accounts,
            conversations=KeptConversations(
                affinity=ground.pool.affinity,
                homes=ground.stores.affinity,
                continuation=ground.continuation,
                identities=ground.stores.identities,
            ),
            pool=ground.pool,
            bound_keys=ground.bound_keys,
            clock=ground.clock,
            complain=ground.complain,
            changed=news.changed,
            gone=news.gone,
        )
    )
    news.refresher = TokenRefresher(
        RefresherParts(
            exchange=_exchange_parts(ground, endpoint),
            live=keeper,
            policy=refresh_policy(ground.settings.auth),
            jitter=lambda: random.uniform(-1, 1),  # noqa: S311 - spreads due times, keeps no secret
        )
    )
    return AccountServices(
        ground=ground,
        endpoint=endpoint,
        see_off=news.see_off,
        keeper=keeper,
        refresher=news.refresher,
        asker=asker,
        queries=queries,
        counters=counters,
        effects=_effects(ground, news.refresher, queries),
    )


def refresh_policy(auth: AuthSection) -> RefreshPolicy:
    """When tokens are refreshed."""
    return RefreshPolicy(
        enabled=auth.refresh_enabled,
        margin_seconds=auth.refresh_margin_seconds,
        concurrency=auth.refresh_concurrency,
    )


def new_row_id() -> str:
    """The id of an account to be made."""
    return secrets.token_hex(ROW_ID_BYTES)


def _counters(ground: AccountGround) -> AccountCounters:
    return AccountCounters(
        CounterParts(pool=ground.pool, store=ground.stores.accounts, clock=ground.clock, read_time=read_iso)
    )


def _queries(ground: AccountGround, asker: Asker) -> UsageQueries:
    return UsageQueries(
        UsageParts(
            asker=asker,
            pool=ground.pool,
            clock=ground.clock,
            client=ground.client,
            concurrency=ground.settings.quota.concurrency,
        )
    )


def _places(auth: AuthSection) -> IssuerPlaces:
    try:
        return places_of(authorize_url=auth.oauth_auth_endpoint, token_url=auth.oauth_token_endpoint)
    except PlacesUnusable as error:
        raise StartRefused(str(error)) from error


def _endpoint(ground: AccountGround) -> TokenEndpoint:
    def route_of(row_id: str, base_url: str) -> Route:
        return route_by(ground.book.way(row_id), base_url=base_url, row_id=row_id)

    return TokenEndpoint(
        EndpointParts(
            places=_places(ground.settings.auth),
            client_id=ground.settings.auth.oauth_client_id,
            transport=ground.transport,
            route_of=route_of,
            egress=ground.watch,
            clock=ground.clock,
            client=ground.client,
        )
    )


def _exchange_parts(ground: AccountGround, endpoint: TokenEndpoint) -> ExchangeParts:
    return ExchangeParts(
        store=ground.stores.accounts,
        locks=ground.stores.locks,
        issuer=endpoint,
        clock=ground.clock,
        new_row_id=new_row_id,
        complain=ground.complain,
    )


def _effects(ground: AccountGround, refresher: TokenRefresher, queries: UsageQueries) -> Effects:
    async def drop_cookies(row_id: str) -> None:
        await ground.jars.drop(row_id)

    async def keep_deaths(deaths: Mapping[str, Death]) -> None:
        now = ground.clock.now()
        await ground.stores.accounts.edit_many(
            {row_id: Edit(death=death, died_at=now) for row_id, death in deaths.items()}
        )

    return Effects(
        EffectParts(
            pool=ground.pool,
            queries=queries,
            clock=ground.clock,
            renew=refresher.request,
            drop_cookies=drop_cookies,
            keep_deaths=keep_deaths,
        )
    )
