"""Puts the gateway together: from settings, keys and accounts to an application that can be served.

Rules of this file: the composition root; nothing else knows every part.  Objects are made here, rules are elsewhere.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, cast

from codex_proxy import __version__
from codex_proxy.access.keys import INFERENCE
from codex_proxy.accounts.quota.buckets import bucket_of_model
from codex_proxy.bootstrap.accounts.desks import OwnersDesks, OwnersGround, owners_desks
from codex_proxy.bootstrap.accounts.egress import EgressServices, egress_services
from codex_proxy.bootstrap.accounts.logins import Logins, logins
from codex_proxy.bootstrap.accounts.services import AccountServices
from codex_proxy.bootstrap.bridge.ollama import BridgeGround, make_bridge
from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.bootstrap.dialects.anthropic import AnthropicGround, AnthropicRoutes, prompt_estimates
from codex_proxy.bootstrap.dialects.gemini import GeminiRoutes
from codex_proxy.bootstrap.dialects.images import ImageRoutes
from codex_proxy.bootstrap.dialects.openai import OpenAiRoutes, chat_server
from codex_proxy.bootstrap.dialects.usage import usage_routes
from codex_proxy.bootstrap.key_ring import KeyRing
from codex_proxy.bootstrap.outgoing.links import linked_files
from codex_proxy.bootstrap.outgoing.updates import Updates, update_watch
from codex_proxy.bootstrap.outgoing.upstream import Upstream, make_upstream
from codex_proxy.counting.counter import ProcessCounter
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.continuation import Continuation, LearnedRejects
from codex_proxy.gateway.exchange import Gateway, GatewayParts
from codex_proxy.gateway.failover import FailoverPolicy
from codex_proxy.gateway.observers import Observers
from codex_proxy.gateway.ports import Observer
from codex_proxy.gateway.prepare import Defaults
from codex_proxy.gateway.prompts.estimates import PromptEstimates
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.model_list import ModelList, everything
from codex_proxy.operations.ollama_bridge import OllamaBridge
from codex_proxy.operations.token_count import TokenCounting
from codex_proxy.operations.upstream_lookups import UpstreamLookups
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses import counting as responses_counting
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.routing.resolve import Resolver
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.health import HealthReport, SlotReport
from codex_proxy.server.admin.ollama import ollama_routes
from codex_proxy.server.api.counting import CountEndpoint, CountParts, CountWords
from codex_proxy.server.api.cursor import ChatOrResponses
from codex_proxy.server.api.inference import FailureEncoder, FailuresByCaller, InferenceEndpoint, InferenceParts
from codex_proxy.server.api.status import FidelityEndpoint, HealthEndpoint, RootEndpoint
from codex_proxy.server.api.stored import StoredResponseEndpoint, UpgradeEndpoint
from codex_proxy.server.app import GatewayApplication, Route, RouteTable
from codex_proxy.server.asgi import Application
from codex_proxy.server.cors import CorsPolicy
from codex_proxy.server.images.links import LinkBases
from codex_proxy.server.ollama.application import BRIDGE_KEY_ID
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.server.streaming import Pace
from codex_proxy.settings.schema import Settings
from codex_proxy.storage.opening import Stores
from codex_proxy.storage.picture_files import PictureFiles
from codex_proxy.transports.clients import ClientPool

ReportDefect = Callable[[str, Exception], None]

FIDELITY: Final = Path(__file__).with_name("fidelity.json")
"""What becomes of every feature, as the tests found it; see ``docs/fidelity.md``."""

CONTROL_PREFIXES: Final = ("/health/details", "/openapi", "/admin/", "/auth/", "/api/proxies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a gateway stands on: settings, stores, keys, kept pictures, and who to tell.

    ``overriding`` are the flags and variables that win over the settings' file, by dotted key.  ``report_trouble`` is
    for what goes wrong outside and is tried again, ``report_defect`` for what should not happen.
    """

    settings: Settings
    stores: Stores
    keys: KeyRing
    inference_key: str | None
    data_dir: Path
    installation_id: str
    settings_path: Path
    overriding: Mapping[str, str]
    pictures: PictureFiles
    clock: SystemClock
    ids: RandomIds
    observers: tuple[Observer, ...]
    report_defect: ReportDefect
    report_trouble: ReportDefect


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A gateway put together: the application, and what a stop has to see to."""

    application: Application
    bridge: OllamaBridge
    exchanges: RunningExchanges
    orphans: Orphanage
    clients: ClientPool
    lookups: UpstreamLookups
    counter: ProcessCounter
    accounts: AccountServices
    logins: Logins
    egress: EgressServices
    jobs: JobBook
    updates: Updates


def assemble(ground: Ground) -> Running:
    """The gateway.

    Raises:
        StartRefused: a file that the settings name cannot be read.
    """
    upstream = make_upstream(
        ground.settings,
        ground.stores,
        data_dir=ground.data_dir,
        installation_id=ground.installation_id,
        clock=ground.clock,
        complain=ground.report_trouble,
    )
    exchanges = RunningExchanges()
    counter = ProcessCounter(monotonic=ground.clock.monotonic, complain=ground.report_defect)
    counting = CountParts(
        counting=TokenCounting(counter), running=exchanges, max_body_bytes=ground.settings.server.max_body_bytes
    )
    prompts = prompt_estimates(ground.clock.monotonic, trust_user_field=ground.settings.session.trust_user_field)
    gateway = _gateway(ground, upstream, prompts)
    ways = logins(upstream.accounts)
    egress = egress_services(upstream.accounts, settings_path=ground.settings_path, overriding=ground.overriding)
    desks = _desks(ground, upstream, ways, egress)
    data = _DataPlane(
        upstream=upstream,
        gateway=gateway,
        counting=counting,
        prompts=prompts,
        inference=_inference(ground, gateway, exchanges),
        models=_model_list(ground.settings, upstream.lookups),
    )
    application, bridge = _application(ground, data, desks)
    return Running(
        application=application,
        bridge=bridge,
        exchanges=exchanges,
        orphans=upstream.orphans,
        clients=upstream.accounts.ground.clients,
        lookups=upstream.lookups,
        counter=counter,
        accounts=upstream.accounts,
        logins=ways,
        egress=egress,
        jobs=desks.jobs,
        updates=update_watch(ground.settings, upstream, data_dir=ground.data_dir, complain=ground.report_trouble),
    )


def _desks(ground: Ground, upstream: Upstream, ways: Logins, egress: EgressServices) -> OwnersDesks:
    return owners_desks(
        OwnersGround(
            services=upstream.accounts,
            logins=ways,
            egress=egress,
            authenticator=ground.keys,
            explain=upstream.selection.explanations.explain,
            inference_key=lambda: ground.inference_key,
        )
    )


def _gateway(ground: Ground, upstream: Upstream, prompts: PromptEstimates) -> Gateway:
    settings, codec = ground.settings, CodexClient()
    defaults = Defaults(
        effort=settings.model.default_reasoning_effort,
        service_tier=settings.model.default_service_tier,
        strict=settings.translation.strict,
        instructions=settings.model.default_instructions,
        trust_user_field=settings.session.trust_user_field,
    )
    parts = GatewayParts(
        codec=codec,
        runner=AttemptRunner(transport=upstream.transport, codec=codec, orphans=upstream.orphans),
        selection=upstream.selection,
        pool=upstream.pool,
        continuation=Continuation(new_id=ground.ids.uuid7),
        rejects=LearnedRejects(),
        clock=ground.clock,
        client=upstream.client,
        resolver=_resolver_maker(settings, upstream.lookups),
        place_of=upstream.lookups.place_of,
        defaults=lambda: defaults,
        failover=FailoverPolicy(
            max_attempts=settings.auth.max_failover_attempts, budget_seconds=settings.api.failover_budget_seconds
        ),
        observer=Observers((*ground.observers, prompts, upstream.accounts.counters), complain=ground.report_defect),
        bucket_of=partial(bucket_of_model, table=settings.quota.model_buckets),
        renewal=upstream.accounts.refresher,
        egress=upstream.accounts.ground.watch,
        pictures=ground.pictures,
        links=linked_files(settings),
    )
    return Gateway(parts)


def _resolver_maker(settings: Settings, lookups: UpstreamLookups) -> Callable[[], Resolver]:
    return lambda: Resolver(
        catalogue=lookups.catalogue,
        aliases=settings.model.aliases,
        default=settings.model.default,
        image_host=settings.model.image_host_model,
    )


def _model_list(settings: Settings, lookups: UpstreamLookups) -> ModelList:
    return ModelList(
        catalogue=lambda: lookups.catalogue,
        aliases=lambda: settings.model.aliases,
        resolver=_resolver_maker(settings, lookups),
        variants=lambda: settings.models.list_variants,
        may_use=everything,
    )


def _inference(ground: Ground, gateway: Gateway, exchanges: RunningExchanges) -> InferenceParts:
    server = ground.settings.server
    return InferenceParts(
        gateway=gateway,
        running=exchanges,
        clock=ground.clock,
        ids=ground.ids,
        pace=Pace(first_byte_grace_seconds=server.first_byte_grace_seconds, heartbeat_seconds=server.heartbeat_seconds),
        max_body_bytes=server.max_body_bytes,
        link_base=LinkBases(ground.settings.images.link_bases),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _DataPlane:
    """What the dialects' routes stand on."""

    upstream: Upstream
    gateway: Gateway
    counting: CountParts
    prompts: PromptEstimates
    inference: InferenceParts
    models: ModelList


def _application(ground: Ground, data: _DataPlane, desks: OwnersDesks) -> tuple[Application, OllamaBridge]:
    settings = ground.settings
    encode_failure = FailureEncoder(chat_server(settings.chat))
    bridge_secret = ground.ids.token()
    bridge_ground = _bridge_ground(ground, data.upstream, data.inference, models=data.models, secret=bridge_secret)
    bridge = make_bridge(bridge_ground, lambda: application)
    plane = control_plane(
        authenticator=ground.keys,
        make_report=_report_maker(ground, data.upstream, data.counting.running),
        version=__version__,
        report_defect=ground.report_defect,
        names=frozenset(settings.server.names),
        routes=(*ollama_routes(bridge), *desks.routes),
    )
    exact, prefixes = _tables(ground, data, encode_failure)
    application = GatewayApplication(
        routes=RouteTable(
            exact=exact,
            prefixes=prefixes,
            control_plane=cast("Application", plane),
            control_prefixes=CONTROL_PREFIXES,
        ),
        authenticator=ground.keys.joined(BRIDGE_KEY_ID, bridge_secret, frozenset({INFERENCE})),
        cors=CorsPolicy(
            allowed_origins=frozenset(settings.server.cors), allow_null=settings.server.cors_allow_null_origin
        ),
        encode_failure=_failures_by_caller(encode_failure),
        report_defect=ground.report_defect,
        new_request_id=_request_ids(ground),
    )
    return application, bridge


def _tables(
    ground: Ground, data: _DataPlane, encode_failure: FailureEncoder
) -> tuple[dict[str, Route], dict[str, Route]]:
    """The routes of whole paths, and those of everything below a path."""
    parts, models = data.inference, data.models
    gemini = GeminiRoutes(inference=parts, counting=data.counting, list_models=models.shown_to)
    anthropic = AnthropicRoutes(
        AnthropicGround(
            settings=ground.settings.model,
            inference=parts,
            gateway=data.gateway,
            prompts=data.prompts,
            counting=data.counting,
            lookups=data.upstream.lookups,
            list_models=models.shown_to,
        )
    )
    images = ImageRoutes(inference=parts, pictures=ground.pictures)
    openai = OpenAiRoutes(inference=parts, gateway=data.gateway, models=models, encode_failure=encode_failure)
    plain = _exact_routes(parts, chat_server(ground.settings.chat), encode_failure) | _counting_routes(data.counting)
    own = openai.exact(plain | usage_routes(data.upstream.pool, ground.clock.now))
    below = openai.prefixes(_prefix_routes(encode_failure))
    return (
        images.exact(anthropic.exact(gemini.exact(own))),
        images.prefixes(anthropic.prefixes(gemini.prefixes(below))),
    )


def _failures_by_caller(openai: FailureEncoder) -> FailuresByCaller:
    anthropic, gemini = FailureEncoder(AnthropicServer()), FailureEncoder(GeminiServer())
    return FailuresByCaller(openai=openai, anthropic=anthropic, gemini=gemini)


def _bridge_ground(
    ground: Ground, upstream: Upstream, parts: InferenceParts, *, models: ModelList, secret: str
) -> BridgeGround:
    return BridgeGround(
        settings=ground.settings,
        settings_path=ground.settings_path,
        overriding=ground.overriding,
        secret=secret,
        inference=parts,
        lookups=upstream.lookups,
        models=models,
        report_defect=ground.report_defect,
        new_request_id=_request_ids(ground),
    )


def _request_ids(ground: Ground) -> Callable[[], str]:
    return lambda: f"req_{ground.ids.token()}"


def _exact_routes(parts: InferenceParts, chat: ChatServer, encode_failure: FailureEncoder) -> dict[str, Route]:
    responses = ResponsesServer()
    health = HealthEndpoint(is_stopping=lambda: parts.running.draining)
    return {
        "/": Route(by_method={"GET": RootEndpoint()}, open_to_all=True),
        "/health": Route(by_method={"GET": health}, open_to_all=True),
        "/v1/chat/completions": Route(by_method={"POST": InferenceEndpoint(ChatOrResponses(chat, responses), parts)}),
        "/v1/responses": Route(
            by_method={"POST": InferenceEndpoint(responses, parts), "GET": UpgradeEndpoint(encode_failure)}
        ),
        "/v1/fidelity": Route(by_method={"GET": FidelityEndpoint(FIDELITY.read_bytes())}),
    }


def _counting_routes(parts: CountParts) -> dict[str, Route]:
    responses = CountWords(
        parse=responses_counting.parse_count_request,
        encode=responses_counting.encode_count,
        encode_failure=FailureEncoder(ResponsesServer()),
    )
    return {"/v1/responses/input_tokens": Route(by_method={"POST": CountEndpoint(responses, parts)})}


def _prefix_routes(encode_failure: FailureEncoder) -> dict[str, Route]:
    stored = StoredResponseEndpoint(encode_failure)
    return {
        "/v1/responses/": Route(by_method={"GET": stored, "POST": stored, "DELETE": stored}),
    }


def _report_maker(ground: Ground, upstream: Upstream, exchanges: RunningExchanges) -> Callable[[], HealthReport]:
    started_at = ground.clock.monotonic()

    def report() -> HealthReport:
        now = ground.clock.now()
        states = [verdict.state.value for verdict in upstream.pool.verdicts(now).values()]
        capacity = upstream.pool.capacity(now)
        return HealthReport(
            status="stopping" if exchanges.draining else "ok",
            version=__version__,
            uptime_seconds=round(ground.clock.monotonic() - started_at, 3),
            accounts={state: states.count(state) for state in dict.fromkeys(states)},
            slots=SlotReport(
                used_count=upstream.leases.used_count,
                total_count=capacity.total_slots,
                waiting_count=upstream.leases.waiting_count,
            ),
            exchanges_count=len(exchanges),
            models_fetched_at=upstream.lookups.fetched_at,
        )

    return report
