"""The routes over handed-out client keys, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

from litestar.handlers import HTTPRouteHandler

from codex_proxy.bootstrap.client_keys.services import GrantedKeyServices
from codex_proxy.server.admin.client_keys.routes import ClientKeyDesk, client_key_routes


def granted_key_routes(services: GrantedKeyServices) -> tuple[HTTPRouteHandler, ...]:
    """The routes."""
    return tuple(client_key_routes(ClientKeyDesk(changes=services.changes, views=services.views)))
