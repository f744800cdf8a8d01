"""Towards the upstream: the HTTP client, the accounts and their ways out, what was looked up.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.bootstrap.accounts.services import AccountGround, AccountServices, account_services, egress_book
from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.bootstrap.outgoing.client import PresentedClient, client_identity, timeouts_of, trusted_pem
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.continuation import Continuation
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.ports import Transport
from codex_proxy.gateway.selection import QueuePolicy, Selection
from codex_proxy.operations.egress.reporting import ReportingTransport
from codex_proxy.operations.egress.watch import EgressWatch
from codex_proxy.operations.upstream_lookups import LookupParts, UpstreamLookups
from codex_proxy.protocols.codex.asking.identity import user_agent
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.opening import Stores
from codex_proxy.transports.clients import ClientPool
from codex_proxy.transports.cookie_keeping import CookieJars
from codex_proxy.transports.http import HttpTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Everything between an exchange and the upstream; ``transport`` calls by ``http`` and hears what comes of it."""

    transport: Transport
    http: HttpTransport
    pool: AccountPool
    continuation: Continuation
    leases: MemoryLeaseBook
    lookups: UpstreamLookups
    orphans: Orphanage
    client: PresentedClient
    selection: Selection
    accounts: AccountServices


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamGround:
    """What the upstream stands on.

    ``complain`` hears of what went wrong and is tried again, ``learn`` every cookie's value.
    """

    settings: Settings
    stores: Stores
    bound_keys: BoundKeys
    data_dir: Path
    installation_id: str
    clock: SystemClock
    complain: Callable[[str, Exception], None]
    learn: Callable[[str], None] = lambda _: None


def make_upstream(given: UpstreamGround) -> Upstream:
    """The parts.

    Raises:
        StartRefused: a file or an address that the settings name cannot be used.
    """
    settings, stores, clock = given.settings, given.stores, given.clock
    client = PresentedClient(client_identity(settings.client, given.installation_id))
    book = egress_book(settings, clock)
    host = urlsplit(settings.api.base_url).hostname
    jars = CookieJars(now=clock.now, store=stores.cookies, upstream_host=host, learn=given.learn)
    pem = trusted_pem(settings.tls.ca_file)
    clients = _clients(settings, clock, jars, pem=pem, agent=lambda: user_agent(client()))
    pool = AccountPool(affinity=AffinityMap(), policy=choice_policy(settings))
    watch = EgressWatch(book=book, pool=pool)
    only_here = settings.security.loopback_only
    http = HttpTransport(pool=clients, timeouts=timeouts_of(settings), only_here=only_here)
    transport = ReportingTransport(http, watch)
    lookups = UpstreamLookups(
        LookupParts(
            transport=transport,
            pool=pool,
            client=client,
            base_url=settings.api.base_url.rstrip("/"),
            way_of=book.way,
            egress=watch,
        )
    )
    ground = AccountGround(
        settings=settings,
        stores=stores,
        data_dir=given.data_dir,
        pool=pool,
        bound_keys=given.bound_keys,
        continuation=Continuation(new_id=RandomIds().uuid7),
        book=book,
        watch=watch,
        transport=transport,
        clients=clients,
        jars=jars,
        lookups=lookups,
        client=client,
        trusted_pem=pem,
        clock=clock,
        complain=given.complain,
    )
    return _over(ground, client, http)


def _over(ground: AccountGround, client: PresentedClient, http: HttpTransport) -> Upstream:
    leases, queue = MemoryLeaseBook(), queue_policy(ground.settings)
    return Upstream(
        transport=ground.transport,
        http=http,
        pool=ground.pool,
        continuation=ground.continuation,
        leases=leases,
        selection=Selection(pool=ground.pool, leases=leases, clock=ground.clock, queue=queue),
        lookups=ground.lookups,
        orphans=Orphanage(),
        client=client,
        accounts=account_services(ground),
    )


def _clients(
    settings: Settings, clock: SystemClock, jars: CookieJars, *, pem: bytes | None, agent: Callable[[], str]
) -> ClientPool:
    clients = ClientPool(
        timeouts=timeouts_of(settings),
        now=clock.monotonic,
        trusted_pem=pem,
        jars=jars,
        user_agent=agent,
    )
    clients.http11_only = settings.tls.force_http11
    return clients


def queue_policy(settings: Settings) -> QueuePolicy:
    """How long requests wait for an account, and how many of them."""
    return QueuePolicy(timeout_seconds=settings.auth.queue_timeout_ms / 1000, limit=settings.auth.queue_limit)


def choice_policy(settings: Settings) -> ChoicePolicy:
    """By which rules an account is chosen."""
    return ChoicePolicy(
        strategy=Strategy(settings.auth.rotation_strategy),
        tier_priority=tuple(settings.auth.tier_priority or ()),
        skip_exhausted=settings.quota.skip_exhausted,
        max_concurrent=settings.auth.max_concurrent_per_account,
        interval_seconds=(settings.auth.request_interval_ms or 0) / 1000,
        rest_seconds=settings.auth.rate_limit_backoff_seconds,
    )
