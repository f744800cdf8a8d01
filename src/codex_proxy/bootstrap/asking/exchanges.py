"""The gateway that runs exchanges, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from codex_proxy.accounts.quota.buckets import bucket_of_model
from codex_proxy.bootstrap.asking.vendors import VendorAskers
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.outgoing.links import linked_files
from codex_proxy.bootstrap.outgoing.upstream import Upstream
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.continuation import LearnedRejects
from codex_proxy.gateway.exchange import Gateway, GatewayParts
from codex_proxy.gateway.failover import FailoverPolicy
from codex_proxy.gateway.ports import Observer, PictureStore
from codex_proxy.gateway.prepare import Defaults
from codex_proxy.gateway.upstreams.accounts import AccountParts, AccountUpstream
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.routing.resolve import Resolver
from codex_proxy.settings.schema import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeGround:
    """What exchanges stand on."""

    settings: Settings
    upstream: Upstream
    vendors: VendorAskers
    resolver: Callable[[], Resolver]
    clock: SystemClock
    observer: Observer
    pictures: PictureStore
    models_hinted: Callable[[str, str], None]


def make_gateway(ground: ExchangeGround) -> Gateway:
    """The gateway."""
    settings, upstream = ground.settings, ground.upstream
    defaults = _defaults(settings)
    return Gateway(
        GatewayParts(
            runner=AttemptRunner(transport=ground.vendors.over(upstream.transport), orphans=upstream.orphans),
            accounts=_accounts(ground),
            vendors=ground.vendors.upstream,
            clock=ground.clock,
            resolver=ground.resolver,
            defaults=lambda: defaults,
            next_routes=lambda model: settings.model.fallbacks.get(model, ()),
            failover=FailoverPolicy(
                max_attempts=settings.auth.max_failover_attempts, budget_seconds=settings.api.failover_budget_seconds
            ),
            observer=ground.observer,
            pictures=ground.pictures,
            links=linked_files(settings),
        )
    )


def _accounts(ground: ExchangeGround) -> AccountUpstream:
    settings, upstream = ground.settings, ground.upstream
    return AccountUpstream(
        AccountParts(
            codec=CodexClient(),
            selection=upstream.selection,
            pool=upstream.pool,
            continuation=upstream.continuation,
            rejects=LearnedRejects(),
            clock=ground.clock,
            client=upstream.client,
            place_of=upstream.lookups.place_of,
            default_instructions=lambda: settings.model.default_instructions,
            bucket_of=partial(bucket_of_model, table=settings.quota.model_buckets),
            renewal=upstream.accounts.refresher,
            egress=upstream.accounts.ground.watch,
            models_hinted=ground.models_hinted,
        )
    )


def _defaults(settings: Settings) -> Defaults:
    return Defaults(
        effort=settings.model.default_reasoning_effort,
        service_tier=settings.model.default_service_tier,
        strict=settings.translation.strict,
        instructions=settings.model.default_instructions,
        trust_user_field=settings.session.trust_user_field,
    )
