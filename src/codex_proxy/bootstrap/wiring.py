"""Puts the gateway together: from settings, keys and accounts to an application that can be served.

Rules of this file: the composition root; nothing else knows every part.  Objects are made here, rules are elsewhere.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from codex_proxy.access.keys import INFERENCE
from codex_proxy.access.matrix.clients import DATA
from codex_proxy.bootstrap.accounts.egress import EgressServices, egress_services
from codex_proxy.bootstrap.accounts.logins import Logins, logins
from codex_proxy.bootstrap.accounts.services import AccountServices
from codex_proxy.bootstrap.asking.exchanges import ExchangeGround, make_gateway
from codex_proxy.bootstrap.asking.vendors import VendorAskers
from codex_proxy.bootstrap.bridge.ollama import BridgeGround, make_bridge
from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.bootstrap.control.access_files import AccessFiles
from codex_proxy.bootstrap.control.late import ControlGround, LatePlane
from codex_proxy.bootstrap.dialects.anthropic import prompt_estimates
from codex_proxy.bootstrap.dialects.openai import chat_server
from codex_proxy.bootstrap.dialects.tables import DataPlane, HealthRoutes, failures_by_caller, route_tables
from codex_proxy.bootstrap.health.measures import Measures, make_measures
from codex_proxy.bootstrap.key_ring import KeyRing
from codex_proxy.bootstrap.models.lists import model_lists
from codex_proxy.bootstrap.models.routing import Routing, refuse_unknown_vendors
from codex_proxy.bootstrap.models.vendors import VendorGround, vendors_of
from codex_proxy.bootstrap.outgoing.own_updates import OwnUpdates
from codex_proxy.bootstrap.outgoing.updates import Updates, update_watch
from codex_proxy.bootstrap.outgoing.upstream import Upstream, UpstreamGround, make_upstream
from codex_proxy.bootstrap.outgoing.vendors import vendor_calls
from codex_proxy.bootstrap.vendors.keys import VendorKeyGround, VendorKeyServices, profiles_of, vendor_key_services
from codex_proxy.counting.counter import ProcessCounter
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.exchange import Gateway
from codex_proxy.gateway.observers import Observers
from codex_proxy.gateway.ports import Observer
from codex_proxy.operations.catalogue.lists import ModelLists
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.ollama_bridge import OllamaBridge
from codex_proxy.operations.token_count import TokenCounting
from codex_proxy.operations.upstream_lookups import UpstreamLookups
from codex_proxy.server.api.counting import CountParts
from codex_proxy.server.api.inference import FailureEncoder, InferenceParts
from codex_proxy.server.app import GatewayApplication, RouteTable
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
from codex_proxy.vendors.key import VendorKey

ReportDefect = Callable[[str, Exception], None]

CONTROL_PREFIXES: Final = ("/health/details", "/metrics", "/openapi", "/admin/", "/auth/", "/api/proxies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a gateway stands on: settings, stores, keys, kept pictures, and who to tell.

    ``overriding`` are the flags and variables that win over the settings' file, by dotted key.  ``report_trouble`` is
    for what goes wrong outside and is tried again, ``report_defect`` for what should not happen.
    """

    settings: Settings
    stores: Stores
    keys: KeyRing
    access: AccessFiles
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
    configured_vendor_keys: tuple[VendorKey, ...] = ()


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
    logins: Logins
    egress: EgressServices
    vendor_keys: VendorKeyServices
    jobs: JobBook
    updates: Updates
    own_updates: OwnUpdates
    measures: Measures


def assemble(ground: Ground) -> Running:
    """The gateway.

    Raises:
        StartRefused: a file that the settings name cannot be read.
    """
    upstream = _upstream(ground)
    owners = _owners(ground, upstream)
    counter = ProcessCounter(monotonic=ground.clock.monotonic, complain=ground.report_defect)
    data = _data_plane(ground, upstream, owners, counter)
    application, bridge = _application(ground, data, owners)
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
        logins=owners.logins,
        egress=owners.egress,
        vendor_keys=owners.vendor_keys,
        jobs=owners.jobs,
        updates=owners.updates,
        own_updates=owners.own_updates,
        measures=owners.measures,
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
        )
    )


def _data_plane(ground: Ground, upstream: Upstream, owners: "_Owners", counter: ProcessCounter) -> DataPlane:
    measures, settings = owners.measures, ground.settings
    exchanges = measures.running
    prompts = prompt_estimates(ground.clock.monotonic, trust_user_field=settings.session.trust_user_field)
    observer = Observers(
        (*ground.observers, prompts, upstream.accounts.counters, *measures.observers), complain=measures.losses.complain
    )
    routing = _routing(ground, upstream, owners.vendor_keys)
    askers = VendorAskers(owners.vendor_keys, clock=ground.clock)
    gateway = make_gateway(
        ExchangeGround(
            settings=settings,
            upstream=upstream,
            vendors=askers,
            resolver=routing.resolver,
            clock=ground.clock,
            observer=observer,
            pictures=ground.pictures,
            models_hinted=routing.lists.hinted,
        )
    )
    return DataPlane(
        upstream=upstream,
        gateway=gateway,
        raw=askers.raw(routing.resolver, observer),
        counting=_counting(ground, counter, exchanges),
        prompts=prompts,
        inference=_inference(ground, gateway, measures),
        health=HealthRoutes(readiness=measures.readiness, authenticator=ground.keys),
        routing=routing,
        chat=chat_server(settings.chat),
        pictures=ground.pictures,
        clock=ground.clock,
    )


def _model_lists(ground: Ground, upstream: Upstream) -> ModelLists:
    return model_lists(
        ground.settings, upstream, data_dir=ground.data_dir, clock=ground.clock, complain=ground.report_trouble
    )


def _vendor_keys(ground: Ground, upstream: Upstream) -> VendorKeyServices:
    book = upstream.accounts.ground.book
    return vendor_key_services(
        VendorKeyGround(
            settings=ground.settings,
            stores=ground.stores,
            data_dir=ground.data_dir,
            profiles=profiles_of(ground.settings),
            configured=ground.configured_vendor_keys,
            calls=vendor_calls(ground.settings, book, monotonic=ground.clock.monotonic),
            clock=ground.clock,
            complain=ground.report_trouble,
        )
    )


def _routing(ground: Ground, upstream: Upstream, services: VendorKeyServices) -> Routing:
    profiles, pool = services.ground.profiles, services.book.pool
    names = {name for key in ground.configured_vendor_keys for name in (key.vendor, key.called)}
    refuse_unknown_vendors(ground.settings.model_routing, names | profiles.keys())
    keys = VendorGround(all_keys=pool.all_keys, offers=pool.offers, profiles=profiles)
    return Routing(ground.settings, _model_lists(ground, upstream), vendors_of(keys))


def _counting(ground: Ground, counter: ProcessCounter, exchanges: RunningExchanges) -> CountParts:
    return CountParts(
        counting=TokenCounting(counter), running=exchanges, max_body_bytes=ground.settings.server.max_body_bytes
    )


def _inference(ground: Ground, gateway: Gateway, measures: Measures) -> InferenceParts:
    server = ground.settings.server
    return InferenceParts(
        gateway=gateway,
        running=measures.running,
        clock=ground.clock,
        ids=ground.ids,
        pace=Pace(first_byte_grace_seconds=server.first_byte_grace_seconds, heartbeat_seconds=server.heartbeat_seconds),
        max_body_bytes=server.max_body_bytes,
        link_base=LinkBases(ground.settings.images.link_bases),
        gap_seen=measures.exchanges.gap,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owners:
    """What the owner has to do with beside the data plane."""

    logins: Logins
    egress: EgressServices
    vendor_keys: VendorKeyServices
    jobs: JobBook
    measures: Measures
    updates: Updates
    own_updates: OwnUpdates


def _owners(ground: Ground, upstream: Upstream) -> _Owners:
    vendor_keys = _vendor_keys(ground, upstream)
    return _Owners(
        logins=logins(upstream.accounts),
        egress=egress_services(upstream.accounts, settings_path=ground.settings_path, overriding=ground.overriding),
        vendor_keys=vendor_keys,
        jobs=JobBook(clock=ground.clock, new_id=lambda: secrets.token_hex(8), complain=ground.report_trouble),
        measures=make_measures(upstream, vendor_keys, report_defect=ground.report_defect),
        updates=update_watch(ground.settings, upstream, data_dir=ground.data_dir, complain=ground.report_trouble),
        own_updates=OwnUpdates(settings=ground.settings.update, upstream=upstream, data_dir=ground.data_dir),
    )


def _application(ground: Ground, data: DataPlane, owners: _Owners) -> tuple[Application, OllamaBridge]:
    settings = ground.settings
    encode_failure = FailureEncoder(chat_server(settings.chat))
    bridge_secret = ground.ids.token()
    bridge_ground = _bridge_ground(ground, data, secret=bridge_secret)
    bridge = make_bridge(bridge_ground, lambda: application)
    exact, prefixes = route_tables(data, encode_failure)
    application = GatewayApplication(
        routes=RouteTable(
            exact=exact,
            prefixes=prefixes,
            control_plane=LatePlane(_control_ground(ground, data, owners, bridge)),
            control_prefixes=CONTROL_PREFIXES,
            rules=DATA,
            names=frozenset(name.lower() for name in settings.server.names),
        ),
        authenticator=ground.keys.joined(BRIDGE_KEY_ID, bridge_secret, frozenset({INFERENCE})),
        cors=CorsPolicy(
            allowed_origins=frozenset(settings.server.cors), allow_null=settings.server.cors_allow_null_origin
        ),
        encode_failure=failures_by_caller(encode_failure),
        report_defect=ground.report_defect,
        new_request_id=_request_ids(ground),
    )
    return application, bridge


def _control_ground(ground: Ground, data: DataPlane, owners: _Owners, bridge: OllamaBridge) -> ControlGround:
    upstream = data.upstream
    return ControlGround(
        services=upstream.accounts,
        logins=owners.logins,
        egress=owners.egress,
        vendor_keys=owners.vendor_keys,
        jobs=owners.jobs,
        bridge=bridge,
        exchanges=data.counting.running,
        metrics=owners.measures.book,
        updates=owners.updates,
        own_updates=owners.own_updates,
        leases=upstream.leases,
        routing=data.routing,
        authenticator=ground.keys,
        access=ground.access,
        explain=upstream.selection.explanations.explain,
        inference_key=lambda: ground.inference_key,
        names=frozenset(ground.settings.server.names),
        started_at=ground.clock.monotonic(),
        report_defect=ground.report_defect,
    )


def _bridge_ground(ground: Ground, data: DataPlane, *, secret: str) -> BridgeGround:
    return BridgeGround(
        settings=ground.settings,
        settings_path=ground.settings_path,
        overriding=ground.overriding,
        secret=secret,
        inference=data.inference,
        raw=data.raw,
        resolver=data.routing.resolver,
        models=data.routing.model_list(),
        report_defect=ground.report_defect,
        new_request_id=_request_ids(ground),
    )


def _request_ids(ground: Ground) -> Callable[[], str]:
    return lambda: f"req_{ground.ids.token()}"
