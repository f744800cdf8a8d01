"""The control plane: a Litestar application beside the data plane.

Rules of this file: every route stands behind the guard; what is not meant for everybody wants the admin scope.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from litestar import Litestar
from litestar.middleware import DefineMiddleware
from litestar.middleware.session.base import SessionMiddleware
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler

from codex_proxy.access.dashboard.sessions import LONGEST_SECONDS
from codex_proxy.server.admin.access.auditing import Audit
from codex_proxy.server.admin.access.csrf import SessionCsrf
from codex_proxy.server.admin.access.entrance import Connection, Entrance
from codex_proxy.server.admin.access.gate import Gate
from codex_proxy.server.admin.access.sessions import STORE, BookStore, RotatingSessions
from codex_proxy.server.admin.document.declaring import TuplePlugin, components, declare
from codex_proxy.server.admin.guard import ControlGuard, Identify, headers_of
from codex_proxy.server.admin.health import MakeReport, health_route
from codex_proxy.server.admin.openapi_page import PageStylePlugin, PlainPagePlugin
from codex_proxy.server.admin.wire.bodies import ControlRequest
from codex_proxy.server.admin.wire.errors import HEADERS, ReportDefect, error_handlers
from codex_proxy.server.asgi import Application
from codex_proxy.server.security import Authenticator, Caller, identify

OPENAPI_PATH: Final = "/openapi"
DESCRIPTION: Final = (
    "What the owner of a gateway does with it: accounts, keys, ways out, and the gateway itself. Errors are "
    '`{"error": "…", "code": "…"}`; times are ISO 8601 where they are text and epoch seconds where they are numbers.'
)


def control_plane(
    *,
    authenticator: Authenticator,
    make_report: MakeReport,
    version: str,
    report_defect: ReportDefect,
    routes: Sequence[ControllerRouterHandler] = (),
    entrance: Entrance | None = None,
) -> Litestar:
    """The application, with further ``routes``; mount it where no data-plane route matches."""
    entrance = Entrance() if entrance is None else entrance
    desk = entrance.desk
    return Litestar(
        route_handlers=declare([health_route(make_report), *routes]),
        guards=[ControlGuard(identify=by_key(authenticator), entrance=entrance)],
        middleware=_middleware(entrance),
        stores={} if desk is None else {STORE: BookStore(desk.dashboard.sessions, now=desk.dashboard.now)},
        exception_handlers=error_handlers(report_defect),
        request_class=ControlRequest,
        response_headers=HEADERS,
        plugins=[TuplePlugin()],
        openapi_config=OpenAPIConfig(
            title="Codex Proxy control plane",
            version=version,
            use_handler_docstrings=True,
            path=OPENAPI_PATH,
            description=DESCRIPTION,
            components=components(),
            render_plugins=[PlainPagePlugin(), PageStylePlugin(), JsonRenderPlugin()],
        ),
        logging_config=None,
    )


def by_key(authenticator: Authenticator) -> Identify:
    """Who calls, by the client key the request shows; one in a URL or in Google's header is never the owner's."""

    def find(connection: Connection) -> Caller | None:
        query = connection.scope["query_string"].decode("latin-1")
        return identify(authenticator, headers_of(connection), query)

    return find


def _middleware(entrance: Entrance) -> list[DefineMiddleware]:
    """From the outside in; what the gate refuses is written down as well."""
    gate, desk = _layer(Gate, entrance=entrance), entrance.desk
    if desk is None:
        return [gate]
    config = ServerSideSessionConfig(store=STORE, max_age=int(LONGEST_SECONDS))
    return [
        _layer(Audit, entrance=entrance, desk=desk),
        gate,
        DefineMiddleware(SessionMiddleware, backend=RotatingSessions(config, entrance)),
        _layer(SessionCsrf, entrance=entrance, secret=desk.csrf_secret),
    ]


def _layer(make: Callable[..., Application], **parts: Any) -> DefineMiddleware:
    """Middleware in this server's words, for Litestar."""
    return DefineMiddleware(cast("Any", make), **parts)
