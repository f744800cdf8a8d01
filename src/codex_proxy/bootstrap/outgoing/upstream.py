"""Towards the upstream: the HTTP client, the accounts and their ways out, what was looked up.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import ChoicePolicy
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.bootstrap.accounts.services import AccountGround, AccountServices, account_services, egress_book
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.outgoing.client import client_identity, trusted_pem
from codex_proxy.canonical.target import ClientIdentity
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.operations.upstream_lookups import LookupParts, UpstreamLookups
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.opening import Stores
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.http import HttpTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """Everything between an exchange and the upstream."""

    transport: HttpTransport
    pool: AccountPool
    leases: MemoryLeaseBook
    lookups: UpstreamLookups
    orphans: Orphanage
    client: ClientIdentity
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
    transport = _transport(settings, clock)
    pool = AccountPool(affinity=AffinityMap(), policy=choice_policy(settings))
    client, book = client_identity(settings.client, installation_id), egress_book(settings, clock)
    lookups = UpstreamLookups(
        LookupParts(
            transport=transport,
            pool=pool,
            clock=clock,
            client=lambda: client,
            base_url=settings.api.base_url.rstrip("/"),
            way_of=book.way,
        )
    )
    ground = AccountGround(
        settings=settings,
        stores=stores,
        data_dir=data_dir,
        pool=pool,
        book=book,
        transport=transport,
        lookups=lookups,
        client=lambda: client,
        clock=clock,
        complain=complain,
    )
    return Upstream(
        transport=transport,
        pool=pool,
        leases=MemoryLeaseBook(),
        lookups=lookups,
        orphans=Orphanage(),
        client=client,
        accounts=account_services(ground),
    )


def _transport(settings: Settings, clock: SystemClock) -> HttpTransport:
    timeouts = Timeouts(
        connect=settings.api.connect_timeout_seconds,
        headers=settings.api.headers_timeout_seconds,
        idle=settings.api.idle_timeout_seconds,
    )
    clients = ClientPool(timeouts=timeouts, now=clock.monotonic, trusted_pem=trusted_pem(settings.tls.ca_file))
    return HttpTransport(pool=clients, timeouts=timeouts)


def choice_policy(settings: Settings) -> ChoicePolicy:
    """By which rules an account is chosen."""
    return ChoicePolicy(
        strategy=Strategy(settings.auth.rotation_strategy),
        tier_priority=tuple(settings.auth.tier_priority or ()),
        skip_exhausted=settings.quota.skip_exhausted,
        max_concurrent=settings.auth.max_concurrent_per_account,
        interval_seconds=(settings.auth.request_interval_ms or 0) / 1000,
    )
