"""Towards the upstream: the HTTP client, the accounts and their ways out, what was looked up.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.bootstrap.accounts.services import AccountGround, AccountServices, account_services, egress_book
from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.bootstrap.outgoing.client import PresentedClient, client_identity, trusted_pem
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.continuation import Continuation
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.selection import QueuePolicy, Selection
from codex_proxy.operations.egress.book import EgressBook
from codex_proxy.operations.upstream_lookups import LookupParts, UpstreamLookups
from codex_proxy.protocols.codex.asking.identity import user_agent
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.opening import Stores
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.cookie_keeping import CookieJars
from codex_proxy.transports.http import HttpTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Everything between an exchange and the upstream."""

    transport: HttpTransport
    pool: AccountPool
    continuation: Continuation
    leases: MemoryLeaseBook
    lookups: UpstreamLookups
    orphans: Orphanage
    client: PresentedClient
    selection: Selection
    accounts: AccountServices


def make_upstream(
    settings: Settings,
    stores: Stores,
    *,
    data_dir: Path,
    installation_id: str,
    clock: SystemClock,
    complain: Callable[[str, Exception], None],
) -> Upstream:
    """The parts.

    Raises:
        StartRefused: a file or an address that the settings name cannot be used.
    """
    client, book = PresentedClient(client_identity(settings.client, installation_id)), egress_book(settings, clock)
    jars = CookieJars(now=clock.now, store=stores.cookies, upstream_host=urlsplit(settings.api.base_url).hostname)
    pem = trusted_pem(settings.tls.ca_file)
    clients = _clients(settings, clock, jars, pem=pem, agent=lambda: user_agent(client()))
    transport = HttpTransport(pool=clients, timeouts=_timeouts(settings))
    pool = AccountPool(affinity=AffinityMap(), policy=choice_policy(settings))
    continuation = Continuation(new_id=RandomIds().uuid7)
    lookups = _lookups(settings, transport, pool, clock=clock, client=client, book=book)
    ground = AccountGround(
        settings=settings,
        stores=stores,
        data_dir=data_dir,
        pool=pool,
        continuation=continuation,
        book=book,
        transport=transport,
        clients=clients,
        jars=jars,
        lookups=lookups,
        client=client,
        trusted_pem=pem,
        clock=clock,
        complain=complain,
    )
    leases = MemoryLeaseBook()
    return Upstream(
        transport=transport,
        pool=pool,
        continuation=continuation,
        leases=leases,
        selection=Selection(pool=pool, leases=leases, clock=clock, queue=_queue_policy(settings)),
        lookups=lookups,
        orphans=Orphanage(),
        client=client,
        accounts=account_services(ground),
    )


def _lookups(
    settings: Settings,
    transport: HttpTransport,
    pool: AccountPool,
    *,
    clock: SystemClock,
    client: PresentedClient,
    book: EgressBook,
) -> UpstreamLookups:
    return UpstreamLookups(
        LookupParts(
            transport=transport,
            pool=pool,
            clock=clock,
            client=client,
            base_url=settings.api.base_url.rstrip("/"),
            way_of=book.way,
        )
    )


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        connect=settings.api.connect_timeout_seconds,
        headers=settings.api.headers_timeout_seconds,
        idle=settings.api.idle_timeout_seconds,
    )


def _clients(
    settings: Settings, clock: SystemClock, jars: CookieJars, *, pem: bytes | None, agent: Callable[[], str]
) -> ClientPool:
    return ClientPool(
        timeouts=_timeouts(settings),
        now=clock.monotonic,
        trusted_pem=pem,
        jars=jars,
        user_agent=agent,
    )


def _queue_policy(settings: Settings) -> QueuePolicy:
    return QueuePolicy(timeout_seconds=settings.auth.queue_timeout_ms / 1000, limit=settings.auth.queue_limit)


def choice_policy(settings: Settings) -> ChoicePolicy:
    """By which rules an account is chosen."""
    return ChoicePolicy(
        strategy=Strategy(settings.auth.rotation_strategy),
        tier_priority=tuple(settings.auth.tier_priority or ()),
        skip_exhausted=settings.quota.skip_exhausted,
        max_concurrent=settings.auth.max_concurrent_per_account,
        interval_seconds=(settings.auth.request_interval_ms or 0) / 1000,
    )
