"""The routes about the gateway itself, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

from litestar.handlers import HTTPRouteHandler

from codex_proxy.bootstrap.control.late import ControlGround
from codex_proxy.server.admin.operating.metrics import metrics_route
from codex_proxy.server.admin.operating.updating import UpdateDesk, update_routes


def operating_routes(ground: ControlGround) -> tuple[HTTPRouteHandler, ...]:
    """The routes."""
    updates = UpdateDesk(
        updater=ground.own_updates.updater,
        watch=ground.updates.watch,
        look_at_clients=ground.updates.look,
        restart=ground.own_updates.restart.ask,
        authenticator=ground.authenticator,
    )
    return (metrics_route(ground.metrics), *update_routes(updates))
