"""Puts the gateway together: from settings, keys and accounts to an application that can be served.

Rules of this file: the composition root; nothing else knows every part.  Objects are made here, rules are elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from codex_proxy import __version__
from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.key_ring import KeyRing
from codex_proxy.canonical.target import ClientIdentity, Profile
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.continuation import Continuation, LearnedRejects
from codex_proxy.gateway.exchange import Gateway, GatewayParts
from codex_proxy.gateway.failover import FailoverPolicy
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.observers import Observers
from codex_proxy.gateway.ports import Observer
from codex_proxy.gateway.prepare import Defaults
from codex_proxy.gateway.selection import Selection, SlotPolicy
from codex_proxy.operations.upstream_lookups import LookupParts, UpstreamLookups
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.openai_chat.schema import ReasoningField
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.routing.resolve import Resolver
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.health import HealthReport, SlotReport
from codex_proxy.server.api.cursor import ChatOrResponses
from codex_proxy.server.api.inference import FailureEncoder, InferenceEndpoint, InferenceParts
from codex_proxy.server.api.models import ModelsEndpoint
from codex_proxy.server.api.status import HealthEndpoint, RootEndpoint
from codex_proxy.server.api.stored import StoredResponseEndpoint, UpgradeEndpoint
from codex_proxy.server.app import GatewayApplication, Route, RouteTable
from codex_proxy.server.asgi import Application
from codex_proxy.server.cors import CorsPolicy
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.server.streaming import Pace
from codex_proxy.settings.schema import Settings
from codex_proxy.transports.clients import ClientPool, Timeouts
from codex_proxy.transports.http import HttpTransport

ReportDefect = Callable[[str, Exception], None]

CONTROL_PREFIXES: Final = ("/health/details", "/openapi", "/admin/", "/auth/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a gateway stands on: settings, accounts, keys, and who to tell."""

    settings: Settings
    accounts: tuple[Account, ...]
    keys: KeyRing
    installation_id: str
    clock: SystemClock
    ids: RandomIds
    observers: tuple[Observer, ...]
    report_defect: ReportDefect


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A gateway put together: the application, and what a stop has to see to."""

    application: Application
    exchanges: RunningExchanges
    orphans: Orphanage
    transport: HttpTransport
    lookups: UpstreamLookups


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upstream:
    transport: HttpTransport
    pool: AccountPool
    leases: MemoryLeaseBook
    lookups: UpstreamLookups
    orphans: Orphanage
    client: ClientIdentity


def assemble(ground: Ground) -> Running:
    """The gateway.

    Raises:
        StartRefused: a file that the settings name cannot be read.
    """
    upstream = _upstream(ground)
    exchanges = RunningExchanges()
    application = _application(ground, upstream, _gateway(ground, upstream), exchanges)
    return Running(
        application=application,
        exchanges=exchanges,
        orphans=upstream.orphans,
        transport=upstream.transport,
        lookups=upstream.lookups,
    )


def _upstream(ground: Ground) -> _Upstream:
    settings = ground.settings
    timeouts = Timeouts(
        connect=settings.api.connect_timeout_seconds,
        headers=settings.api.headers_timeout_seconds,
        idle=settings.api.idle_timeout_seconds,
    )
    clients = ClientPool(timeouts=timeouts, now=ground.clock.monotonic, trusted_pem=_trusted_pem(settings.tls.ca_file))
    transport = HttpTransport(pool=clients, timeouts=timeouts)
    pool = AccountPool(strategy=Strategy(settings.auth.rotation_strategy), affinity=AffinityMap())
    for account in ground.accounts:
        pool.add(account, ground.clock.now())
    client = _client_identity(settings, ground.installation_id)
    parts = LookupParts(
        transport=transport,
        pool=pool,
        clock=ground.clock,
        client=lambda: client,
        base_url=settings.api.base_url.rstrip("/"),
        egress_url=settings.tls.proxy_url,
    )
    return _Upstream(
        transport=transport,
        pool=pool,
        leases=MemoryLeaseBook(),
        lookups=UpstreamLookups(parts),
        orphans=Orphanage(),
        client=client,
    )


def _gateway(ground: Ground, upstream: _Upstream) -> Gateway:
    settings, codec = ground.settings, CodexClient()
    policy = SlotPolicy(
        max_concurrent=settings.auth.max_concurrent_per_account,
        queue_timeout_seconds=settings.auth.queue_timeout_ms / 1000,
        queue_limit=settings.auth.queue_limit,
    )
    defaults = Defaults(
        effort=settings.model.default_reasoning_effort,
        service_tier=settings.model.default_service_tier,
        strict=settings.translation.strict,
        instructions=settings.model.default_instructions,
    )
    parts = GatewayParts(
        codec=codec,
        runner=AttemptRunner(transport=upstream.transport, codec=codec, orphans=upstream.orphans),
        selection=Selection(pool=upstream.pool, leases=upstream.leases, clock=ground.clock, policy=policy),
        pool=upstream.pool,
        continuation=Continuation(new_id=ground.ids.uuid7),
        rejects=LearnedRejects(),
        clock=ground.clock,
        client=lambda: upstream.client,
        resolver=lambda: Resolver(
            catalogue=upstream.lookups.catalogue, aliases=settings.model.aliases, default=settings.model.default
        ),
        place_of=upstream.lookups.place_of,
        defaults=lambda: defaults,
        failover=FailoverPolicy(
            max_attempts=settings.auth.max_failover_attempts, budget_seconds=settings.api.failover_budget_seconds
        ),
        observer=Observers(ground.observers, complain=ground.report_defect),
    )
    return Gateway(parts)


def _application(ground: Ground, upstream: _Upstream, gateway: Gateway, exchanges: RunningExchanges) -> Application:
    settings = ground.settings
    parts = InferenceParts(
        gateway=gateway,
        running=exchanges,
        clock=ground.clock,
        ids=ground.ids,
        pace=Pace(
            first_byte_grace_seconds=settings.server.first_byte_grace_seconds,
            heartbeat_seconds=settings.server.heartbeat_seconds,
        ),
        max_body_bytes=settings.server.max_body_bytes,
    )
    chat = ChatServer(reasoning_field=ReasoningField(settings.chat.reasoning_field))
    encode_failure = FailureEncoder(chat)
    plane = control_plane(
        authenticator=ground.keys, make_report=_report_maker(ground, upstream, exchanges), version=__version__
    )
    models = ModelsEndpoint(list_models=upstream.lookups.listed_models, encode_failure=encode_failure)
    return GatewayApplication(
        routes=RouteTable(
            exact=_exact_routes(parts, chat, models, encode_failure),
            prefixes=_prefix_routes(models, encode_failure),
            control_plane=cast("Application", plane),
            control_prefixes=CONTROL_PREFIXES,
        ),
        authenticator=ground.keys,
        cors=CorsPolicy(
            allowed_origins=frozenset(settings.server.cors), allow_null=settings.server.cors_allow_null_origin
        ),
        encode_failure=encode_failure,
        report_defect=ground.report_defect,
        new_request_id=lambda: f"req_{ground.ids.token()}",
    )


def _exact_routes(
    parts: InferenceParts, chat: ChatServer, models: ModelsEndpoint, encode_failure: FailureEncoder
) -> dict[str, Route]:
    responses = ResponsesServer()
    health = HealthEndpoint(is_stopping=lambda: parts.running.draining)
    return {
        "/": Route(by_method={"GET": RootEndpoint()}, open_to_all=True),
        "/health": Route(by_method={"GET": health}, open_to_all=True),
        "/v1/chat/completions": Route(by_method={"POST": InferenceEndpoint(ChatOrResponses(chat, responses), parts)}),
        "/v1/responses": Route(
            by_method={"POST": InferenceEndpoint(responses, parts), "GET": UpgradeEndpoint(encode_failure)}
        ),
        "/v1/models": Route(by_method={"GET": models}),
    }


def _prefix_routes(models: ModelsEndpoint, encode_failure: FailureEncoder) -> dict[str, Route]:
    stored = StoredResponseEndpoint(encode_failure)
    return {
        "/v1/models/": Route(by_method={"GET": models}),
        "/v1/responses/": Route(by_method={"GET": stored, "POST": stored, "DELETE": stored}),
    }


def _report_maker(ground: Ground, upstream: _Upstream, exchanges: RunningExchanges) -> Callable[[], HealthReport]:
    started_at = ground.clock.monotonic()

    def report() -> HealthReport:
        states = [condition.state.value for condition in upstream.pool.conditions(ground.clock.now()).values()]
        limit = ground.settings.auth.max_concurrent_per_account
        return HealthReport(
            status="stopping" if exchanges.draining else "ok",
            version=__version__,
            uptime_seconds=round(ground.clock.monotonic() - started_at, 3),
            accounts={state: states.count(state) for state in dict.fromkeys(states)},
            slots=SlotReport(
                used_count=upstream.leases.used_count,
                total_count=None if limit is None else limit * len(states),
                waiting_count=upstream.leases.waiting_count,
            ),
            exchanges_count=len(exchanges),
            models_fetched_at=upstream.lookups.fetched_at,
        )

    return report


def _client_identity(settings: Settings, installation_id: str) -> ClientIdentity:
    client = settings.client
    return ClientIdentity(
        profile=Profile(client.profile),
        engine_version=client.engine_version,
        desktop_version=client.app_version,
        platform=client.platform,
        arch=client.arch,
        terminal=client.terminal,
        installation_id=installation_id,
    )


def _trusted_pem(ca_file: str | None) -> bytes | None:
    if ca_file is None:
        return None
    try:
        return Path(ca_file).read_bytes()
    except OSError as error:
        raise StartRefused(f"tls.ca_file {ca_file} cannot be read: {error.strerror}") from error
