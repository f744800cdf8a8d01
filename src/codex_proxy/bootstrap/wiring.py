"""Puts the gateway together: from settings, keys and accounts to an application that can be served.

Rules of this file: the composition root; nothing else knows every part.  Objects are made here, rules are elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass

from codex_proxy.access.keys import INFERENCE
from codex_proxy.access.matrix.clients import DATA
from codex_proxy.bootstrap.accounts.egress import EgressServices
from codex_proxy.bootstrap.accounts.logins import Logins
from codex_proxy.bootstrap.accounts.services import AccountServices
from codex_proxy.bootstrap.asking.exchanges import ExchangeGround, default_tools, make_gateway
from codex_proxy.bootstrap.asking.vendors import VendorAskers
from codex_proxy.bootstrap.assembling.ground import Ground
from codex_proxy.bootstrap.assembling.owners import CONTROL_PREFIXES, Owners, make_owners
from codex_proxy.bootstrap.bridge.ollama import BridgeGround, make_bridge
from codex_proxy.bootstrap.client_keys.services import GrantedKeyServices
from codex_proxy.bootstrap.control.late import ControlGround, LatePlane
from codex_proxy.bootstrap.dialects.anthropic import prompt_estimates
from codex_proxy.bootstrap.dialects.openai import chat_server
from codex_proxy.bootstrap.dialects.tables import DataPlane, HealthRoutes, failures_by_caller, route_tables
from codex_proxy.bootstrap.health.measures import Measures
from codex_proxy.bootstrap.live.serving import (
    bridge_cors_of,
    cors_of,
    link_base_by,
    most_body_bytes,
    names_of,
    pace_of,
)
from codex_proxy.bootstrap.models.lists import model_lists
from codex_proxy.bootstrap.models.routing import Routing, refuse_unknown_vendors
from codex_proxy.bootstrap.models.vendors import VendorGround, vendors_of
from codex_proxy.bootstrap.outgoing.own_updates import OwnUpdates
from codex_proxy.bootstrap.outgoing.updates import Updates
from codex_proxy.bootstrap.outgoing.upstream import Upstream, UpstreamGround, make_upstream
from codex_proxy.bootstrap.request_log.services import RequestLog
from codex_proxy.bootstrap.settings.following import FollowingParts, follow_settings
from codex_proxy.bootstrap.usage.services import UsageServices
from codex_proxy.bootstrap.vendors.keys import VendorKeyServices
from codex_proxy.counting.counter import ProcessCounter
from codex_proxy.gateway.adding.tools import ToolsOf
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.exchange import Gateway
from codex_proxy.gateway.observers import Observers
from codex_proxy.gateway.selection import Selection
from codex_proxy.operations.catalogue.lists import ModelLists
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.ollama_bridge import OllamaBridge
from codex_proxy.operations.token_count import TokenCounting
from codex_proxy.operations.upstream_lookups import UpstreamLookups
from codex_proxy.operations.usage_stats.exchanges import cost_of
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.server.api.counting import CountParts
from codex_proxy.server.api.inference import FailureEncoder, InferenceParts
from codex_proxy.server.app import GatewayApplication, RouteTable
from codex_proxy.server.asgi import Application
from codex_proxy.server.logged.application import LoggedApplication
from codex_proxy.server.ollama.application import BRIDGE_KEY_ID
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.storage.settings.owners_text import OwnersText
from codex_proxy.transports.clients import ClientPool


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A gateway put together: the application, and what a stop has to see to."""

    application: Application
    bridge: OllamaBridge
    exchanges: RunningExchanges
    orphans: Orphanage
    clients: ClientPool
    lookups: UpstreamLookups
    lists: ModelLists
    counter: ProcessCounter
    accounts: AccountServices
    selection: Selection
    logins: Logins
    egress: EgressServices
    vendor_keys: VendorKeyServices
    client_keys: GrantedKeyServices
    jobs: JobBook
    updates: Updates
    usage: UsageServices
    own_updates: OwnUpdates
    measures: Measures
    log: RequestLog


def assemble(ground: Ground) -> Running:
    """The gateway.

    Raises:
        StartRefused: a file that the settings name, or the owner's prices, cannot be used.
    """
    upstream = _upstream(ground)
    owners = make_owners(ground, upstream)
    counter = ProcessCounter(monotonic=ground.clock.monotonic, complain=ground.report_defect)
    data = _data_plane(ground, upstream, owners, counter)
    application, bridge = _application(ground, data, owners)
    follow_settings(ground.followers, _following(ground, data, owners, bridge))
    return Running(
        application=application,
        bridge=bridge,
        exchanges=data.inference.running,
        orphans=upstream.orphans,
        clients=upstream.accounts.ground.clients,
        lookups=upstream.lookups,
        lists=data.routing.lists,
        counter=counter,
        accounts=upstream.accounts,
        selection=upstream.selection,
        logins=owners.logins,
        egress=owners.egress,
        vendor_keys=owners.vendor_keys,
        client_keys=owners.client_keys,
        jobs=owners.jobs,
        updates=owners.updates,
        own_updates=owners.own_updates,
        measures=owners.measures,
        usage=owners.usage,
        log=owners.log,
    )


def _upstream(ground: Ground) -> Upstream:
    return make_upstream(
        UpstreamGround(
            settings=ground.settings,
            stores=ground.stores,
            bound_keys=ground.keys.bound,
            data_dir=ground.data_dir,
            installation_id=ground.installation_id,
            clock=ground.clock,
            complain=ground.report_trouble,
            learn=ground.known.learn,
        )
    )


def _data_plane(ground: Ground, upstream: Upstream, owners: Owners, counter: ProcessCounter) -> DataPlane:
    measures, live = owners.measures, ground.followers.live
    exchanges = measures.running
    prompts = prompt_estimates(ground.clock.monotonic, trust_user_field=lambda: live.get().session.trust_user_field)
    upstream.accounts.counters.cost_of = lambda record: cost_of(record, owners.usage.prices)
    kept = (owners.log.visits, prompts, upstream.accounts.counters, owners.usage.recorder)
    observers = (*ground.observers, *kept, *measures.observers)
    observer = Observers(observers, complain=measures.losses.complain)
    routing = _routing(ground, upstream, owners.vendor_keys)
    askers = VendorAskers(owners.vendor_keys, clock=ground.clock)
    tools_of = default_tools(ground.followers.live, owners.client_keys.ground.ring.tools_of)
    gateway = make_gateway(
        ExchangeGround(
            live=live,
            upstream=upstream,
            vendors=askers,
            resolver=routing.resolver,
            clock=ground.clock,
            observer=observer,
            pictures=ground.pictures,
            admission=owners.client_keys.admission,
            default_tools=tools_of,
            models_hinted=routing.lists.hinted,
            redact=ground.known.redact,
            preamble=_preamble(ground),
        )
    )
    return DataPlane(
        upstream=upstream,
        gateway=gateway,
        raw=askers.raw(routing.resolver, observer, owners.client_keys.admission),
        counting=_counting(ground, counter, exchanges, tools_of),
        prompts=prompts,
        inference=_inference(ground, gateway, measures),
        health=HealthRoutes(
            readiness=measures.readiness, authenticator=ground.keys, is_configured=lambda: not ground.book.faults
        ),
        routing=routing,
        client_keys=owners.client_keys,
        chat=live.derived(chat_server),
        pictures=ground.pictures,
        clock=ground.clock,
    )


def _preamble(ground: Ground) -> Callable[[], str]:
    """What stands before every system prompt that accounts get."""
    text = OwnersText(ground.data_dir / "desktop-context.md", complain=ground.report_trouble)
    return lambda: text.get() if ground.followers.live.get().model.inject_desktop_context else ""


def _model_lists(ground: Ground, upstream: Upstream) -> ModelLists:
    return model_lists(
        ground.settings, upstream, data_dir=ground.data_dir, clock=ground.clock, complain=ground.report_trouble
    )


def _routing(ground: Ground, upstream: Upstream, services: VendorKeyServices) -> Routing:
    profiles, pool = services.ground.profiles, services.book.pool
    names = {name for key in ground.configured_vendor_keys for name in (key.vendor, key.called)}
    refuse_unknown_vendors(ground.settings.model_routing, names | profiles.keys())
    keys = VendorGround(all_keys=pool.all_keys, offers=pool.offers, profiles=profiles)
    return Routing(ground.followers.live.get, _model_lists(ground, upstream), vendors_of(keys))


def _counting(ground: Ground, counter: ProcessCounter, exchanges: RunningExchanges, tools_of: ToolsOf) -> CountParts:
    return CountParts(
        counting=TokenCounting(counter),
        running=exchanges,
        max_body_bytes=ground.followers.live.derived(most_body_bytes),
        default_tools=tools_of,
    )


def _inference(ground: Ground, gateway: Gateway, measures: Measures) -> InferenceParts:
    live = ground.followers.live
    return InferenceParts(
        gateway=gateway,
        running=measures.running,
        clock=ground.clock,
        ids=ground.ids,
        pace=live.derived(pace_of),
        max_body_bytes=live.derived(most_body_bytes),
        link_base=link_base_by(live),
        gap_seen=measures.exchanges.gap,
    )


def _application(ground: Ground, data: DataPlane, owners: Owners) -> tuple[Application, OllamaBridge]:
    live = ground.followers.live
    encode_failure = FailureEncoder(ChatServer())
    bridge_secret = ground.ids.token()
    bridge_ground = _bridge_ground(ground, data, owners.log, secret=bridge_secret)
    bridge = make_bridge(bridge_ground, lambda: application)
    exact, prefixes = route_tables(data, encode_failure)
    application = GatewayApplication(
        routes=RouteTable(
            exact=exact,
            prefixes=prefixes,
            control_plane=LatePlane(_control_ground(ground, data, owners, bridge)),
            control_prefixes=CONTROL_PREFIXES,
            rules=DATA,
            names=live.derived(names_of),
        ),
        authenticator=ground.keys.joined(BRIDGE_KEY_ID, bridge_secret, frozenset({INFERENCE})),
        cors=live.derived(cors_of),
        encode_failure=failures_by_caller(encode_failure),
        report_defect=ground.report_defect,
        new_request_id=_request_ids(ground, owners.log),
    )
    return LoggedApplication(application, owners.log.visits), bridge


def _following(ground: Ground, data: DataPlane, owners: Owners, bridge: OllamaBridge) -> FollowingParts:
    return FollowingParts(
        upstream=data.upstream,
        lists=data.routing.lists,
        checks=owners.egress.checks,
        vendor_calls=owners.vendor_keys.ground.calls,
        updates=owners.updates,
        log=owners.log,
        bridge=bridge,
        known=ground.known,
    )


def _control_ground(ground: Ground, data: DataPlane, owners: Owners, bridge: OllamaBridge) -> ControlGround:
    upstream = data.upstream
    return ControlGround(
        services=upstream.accounts,
        logins=owners.logins,
        egress=owners.egress,
        vendor_keys=owners.vendor_keys,
        client_keys=owners.client_keys,
        jobs=owners.jobs,
        usage=owners.usage,
        bridge=bridge,
        book=ground.book,
        live=ground.followers.live,
        exchanges=data.counting.running,
        metrics=owners.measures.book,
        updates=owners.updates,
        own_updates=owners.own_updates,
        leases=upstream.leases,
        routing=data.routing,
        authenticator=ground.keys,
        access=ground.access,
        explain=upstream.selection.explanations.explain,
        log=owners.log.desk,
        errors=owners.log.errors,
        inference_key=lambda: ground.inference_key,
        started_at=ground.clock.monotonic(),
        report_defect=ground.report_defect,
    )


def _bridge_ground(ground: Ground, data: DataPlane, log: RequestLog, *, secret: str) -> BridgeGround:
    return BridgeGround(
        settings=ground.settings,
        cors=ground.followers.live.derived(bridge_cors_of),
        secret=secret,
        inference=data.inference,
        raw=data.raw,
        resolver=data.routing.resolver,
        models=data.routing.model_list(),
        report_defect=ground.report_defect,
        new_request_id=_request_ids(ground, log),
        logged=lambda application: LoggedApplication(application, log.visits),
    )


def _request_ids(ground: Ground, log: RequestLog) -> Callable[[], str]:
    return lambda: log.visits.named(f"req_{ground.ids.token()}")
