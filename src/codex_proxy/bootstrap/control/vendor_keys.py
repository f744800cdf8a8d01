"""The routes over vendor keys, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

from litestar.handlers import HTTPRouteHandler

from codex_proxy.bootstrap.vendors.keys import VendorKeyServices
from codex_proxy.operations.accounts.views import persistence_view
from codex_proxy.server.admin.vendor_keys.changing import changing_routes
from codex_proxy.server.admin.vendor_keys.desk import VendorKeyDesk
from codex_proxy.server.admin.vendor_keys.files import file_routes
from codex_proxy.server.admin.vendor_keys.listing import listing_routes
from codex_proxy.server.security import Authenticator


def vendor_key_routes(services: VendorKeyServices, authenticator: Authenticator) -> tuple[HTTPRouteHandler, ...]:
    """The routes."""
    desk = VendorKeyDesk(
        book=services.book,
        changes=services.changes,
        lists=services.lists,
        catalogue=services.catalogue,
        authenticator=authenticator,
        persistence=lambda: persistence_view(services.ground.stores.health),
        notices=lambda: tuple(services.notices),
    )
    return (*listing_routes(desk), *changing_routes(desk), *file_routes(desk))
