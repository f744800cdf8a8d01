"""The gateway that runs exchanges, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from codex_proxy.accounts.quota.buckets import bucket_of_model
from codex_proxy.bootstrap.asking.vendors import VendorAskers
from codex_proxy.bootstrap.clock import SystemClock
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.outgoing.links import linked_files
from codex_proxy.bootstrap.outgoing.upstream import Upstream
from codex_proxy.canonical.tools import Tool
from codex_proxy.gateway.adding.tools import ToolsOf
from codex_proxy.gateway.admission.ports import OPEN, Admission
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.continuation import LearnedRejects
from codex_proxy.gateway.exchange import Gateway, GatewayParts
from codex_proxy.gateway.failover import FailoverPolicy
from codex_proxy.gateway.ports import Observer, PictureStore
from codex_proxy.gateway.prepare import Defaults
from codex_proxy.gateway.upstreams.accounts import AccountParts, AccountUpstream
from codex_proxy.operations.request_log.capturing.transport import CapturingTransport
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.openai_responses.request.default_tools import read_default_tools
from codex_proxy.routing.resolve import Resolver
from codex_proxy.settings.schema import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeGround:
    """What exchanges stand on; ``live`` are the settings in force.

    ``redact`` gives a text without the secrets this process knows; ``preamble`` is what stands before every system
    prompt; ``default_tools`` as in the gateway's parts.
    """

    live: Current[Settings]
    upstream: Upstream
    vendors: VendorAskers
    resolver: Callable[[], Resolver]
    clock: SystemClock
    observer: Observer
    pictures: PictureStore
    models_hinted: Callable[[str, str], None]
    redact: Callable[[str], str] = lambda text: text
    admission: Admission = OPEN
    default_tools: ToolsOf = lambda _: ()
    preamble: Callable[[], str] = lambda: ""


def make_gateway(ground: ExchangeGround) -> Gateway:
    """The gateway."""
    upstream, live = ground.upstream, ground.live
    return Gateway(
        GatewayParts(
            runner=AttemptRunner(
                transport=CapturingTransport(ground.vendors.over(upstream.transport), monotonic=ground.clock.monotonic),
                orphans=upstream.orphans,
                redact=ground.redact,
            ),
            accounts=_accounts(ground),
            vendors=ground.vendors.upstream,
            clock=ground.clock,
            resolver=ground.resolver,
            defaults=live.derived(_defaults),
            next_routes=lambda model: live.get().model.fallbacks.get(model, ()),
            default_tools=ground.default_tools,
            failover=live.derived(_failover),
            observer=ground.observer,
            pictures=ground.pictures,
            links=live.derived(partial(linked_files, trusted_pem=upstream.accounts.ground.trusted_pem)),
            admission=ground.admission,
        )
    )


def _accounts(ground: ExchangeGround) -> AccountUpstream:
    upstream, live = ground.upstream, ground.live
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
            preamble=ground.preamble,
            default_instructions=lambda: live.get().model.default_instructions,
            bucket_of=lambda slug: bucket_of_model(slug, table=live.get().quota.model_buckets),
            renewal=upstream.accounts.refresher,
            egress=upstream.accounts.ground.watch,
            models_hinted=ground.models_hinted,
        )
    )


def default_tools(live: Current[Settings], own_tools: Callable[[str], Sequence[Tool] | None]) -> ToolsOf:
    """The tools that are offered with requests of a client key, by its id: its own, else those of the settings."""
    of_all = live.derived(lambda settings: read_default_tools(settings.model.default_tools))

    def tools_of(client_key_id: str) -> Sequence[Tool]:
        own = own_tools(client_key_id)
        return of_all() if own is None else own

    return tools_of


def _failover(settings: Settings) -> FailoverPolicy:
    return FailoverPolicy(
        max_attempts=settings.auth.max_failover_attempts, budget_seconds=settings.api.failover_budget_seconds
    )


def _defaults(settings: Settings) -> Defaults:
    return Defaults(
        effort=settings.model.default_reasoning_effort,
        service_tier=settings.model.default_service_tier,
        strict=settings.translation.strict,
        instructions=settings.model.default_instructions,
        trust_user_field=settings.session.trust_user_field,
        prompt_inline=settings.model.system_prompt_strategy == "developer_inline",
        clients_place_prompt=settings.model.allow_client_system_prompt_strategy,
    )
