"""The control plane put together: the owner's desks, the bridge's settings and the gateway's health.

Rules of this file: objects are made here, rules are elsewhere; ``late`` loads it by name.
"""

from typing import cast

from litestar.handlers import HTTPRouteHandler

from codex_proxy import __version__
from codex_proxy.bootstrap.control.client_keys import granted_key_routes
from codex_proxy.bootstrap.control.desks import owners_routes
from codex_proxy.bootstrap.control.entering import entrance_routes, make_desk, make_entrance
from codex_proxy.bootstrap.control.late import ControlGround
from codex_proxy.bootstrap.control.operating import operating_routes
from codex_proxy.bootstrap.control.vendor_keys import vendor_key_routes
from codex_proxy.bootstrap.request_log.facts import capsule_facts
from codex_proxy.operations.capsules.capsule import Facts
from codex_proxy.routing.catalogue import Catalogue
from codex_proxy.routing.names import PICTURE_MODELS
from codex_proxy.routing.resolve import Resolved
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.health import HealthReport, SlotReport
from codex_proxy.server.admin.logs.errors import error_routes
from codex_proxy.server.admin.logs.listing import log_routes
from codex_proxy.server.admin.logs.tailing import tail_route
from codex_proxy.server.admin.settings.desk import SettingsDesk
from codex_proxy.server.admin.settings.listing import listing_routes
from codex_proxy.server.admin.settings.named import named_routes
from codex_proxy.server.admin.usage_stats.routes import usage_stats_routes
from codex_proxy.server.asgi import Application


def make_plane(ground: ControlGround) -> Application:
    """The application; mount it where no data-plane route matches."""
    desk = make_desk(ground)
    entrance = make_entrance(ground, desk)
    plane = control_plane(
        authenticator=ground.authenticator,
        make_report=lambda: _health(ground),
        version=__version__,
        report_defect=ground.report_defect,
        entrance=entrance,
        routes=(
            *entrance_routes(entrance, desk),
            *operating_routes(ground),
            *log_routes(ground.log, lambda: _capsule_facts(ground)),
            *error_routes(ground.log),
            tail_route(ground.log.tail),
            *_settings_routes(ground),
            *owners_routes(ground),
            *vendor_key_routes(ground.vendor_keys, ground.authenticator),
            *granted_key_routes(ground.client_keys),
            *usage_stats_routes(ground.usage.statistics(ground.services.ground.pool)),
        ),
    )
    return cast("Application", plane)


def _capsule_facts(ground: ControlGround) -> Facts:
    return capsule_facts(ground.live.get(), ground.services.ground.clock, ground.vendor_keys.book.all_keys())


def _settings_routes(ground: ControlGround) -> list[HTTPRouteHandler]:
    desk = SettingsDesk(
        book=ground.book,
        image_hosts=lambda: _image_hosts(ground.routing.lists.catalogue),
        is_routable=lambda model: isinstance(ground.routing.resolver().resolve(model), Resolved),
        bridge_status=lambda: ground.bridge.status,
    )
    return [*named_routes(desk), *listing_routes(desk)]


def _image_hosts(catalogue: Catalogue) -> list[str]:
    return [model.slug for model in catalogue.listed() if model.chats and not PICTURE_MODELS.match(model.slug)]


def _health(ground: ControlGround) -> HealthReport:
    below = ground.services.ground
    now = below.clock.now()
    states = [verdict.state.value for verdict in below.pool.verdicts(now).values()]
    capacity = below.pool.capacity(now)
    return HealthReport(
        status="stopping" if ground.exchanges.draining else "ok",
        version=__version__,
        uptime_seconds=round(below.clock.monotonic() - ground.started_at, 3),
        accounts={state: states.count(state) for state in dict.fromkeys(states)},
        slots=SlotReport(
            used_count=ground.leases.used_count,
            total_count=capacity.total_slots,
            waiting_count=ground.leases.waiting_count,
        ),
        exchanges_count=len(ground.exchanges),
        models_fetched_at=ground.routing.lists.fetched_at,
        configuration_errors=tuple(f"{fault.source}: {fault}" for fault in ground.book.faults),
    )
