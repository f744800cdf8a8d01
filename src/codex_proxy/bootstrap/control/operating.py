"""The routes about the gateway itself, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

from litestar.handlers import HTTPRouteHandler

from codex_proxy.bootstrap.control.late import ControlGround
from codex_proxy.canonical.failure import Failure
from codex_proxy.operations.accounts.parts import AccountUnusable
from codex_proxy.operations.accounts.views import is_dead
from codex_proxy.operations.health.connection import ConnectionParts, ConnectionTests
from codex_proxy.operations.vendor_keys.parts import NoModelList, VendorRefused
from codex_proxy.server.admin.operating.metrics import metrics_route
from codex_proxy.server.admin.operating.testing import testing_route
from codex_proxy.server.admin.operating.updating import UpdateDesk, update_routes
from codex_proxy.transports.guard import UrlGuard
from codex_proxy.transports.probing.links import Links
from codex_proxy.vendors.key import VendorKey


def operating_routes(ground: ControlGround) -> tuple[HTTPRouteHandler, ...]:
    """The routes."""
    updates = UpdateDesk(
        updater=ground.own_updates.updater,
        watch=ground.updates.watch,
        look_at_clients=ground.updates.look,
        shows_dialog=lambda: ground.live.get().update.show_update_dialog,
        restart=ground.own_updates.restart.ask,
        authenticator=ground.authenticator,
    )
    tests = testing_route(_tests(ground), ground.vendor_keys.book, now=ground.services.ground.clock.now)
    return (metrics_route(ground.metrics), *update_routes(updates), tests)


def _tests(ground: ControlGround) -> ConnectionTests:
    below = ground.services.ground

    async def ask_account(row_id: str) -> Failure | None:
        known = below.pool.condition(row_id)
        if known is None or is_dead(known[1], below.clock.now()):
            raise AccountUnusable
        answer, _ = await ground.services.queries.ask(row_id, at_most_old_seconds=0.0)
        return answer if isinstance(answer, Failure) else None

    async def ask_vendor(key: VendorKey) -> Failure | None:
        try:
            await ground.vendor_keys.lists.ask(key, fresh=True)
        except VendorRefused as refused:
            return refused.failure
        except NoModelList:
            return None
        return None

    return ConnectionTests(
        ConnectionParts(
            pool=below.pool,
            vendor_keys=ground.vendor_keys.book.pool,
            dialling=Links(UrlGuard(only_here=below.settings.security.loopback_only), trusted_pem=below.trusted_pem),
            clock=below.clock,
            base_url=below.settings.api.base_url,
            way_of=below.book.way,
            owners_way=below.book.owners_way,
            allow_private=below.settings.security.allow_private_upstreams,
            ask_account=ask_account,
            ask_vendor=ask_vendor,
            is_stopping=lambda: ground.exchanges.draining,
        )
    )
