"""The control plane: a Litestar application beside the data plane.

Rules of this file: every route stands behind the guard; what is not meant for everybody wants the admin scope.
"""

from collections.abc import Sequence
from typing import Final

from litestar import Litestar
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler

from codex_proxy.server.admin.document.declaring import TuplePlugin, components, declare
from codex_proxy.server.admin.guard import Connection, ControlGuard, Identify, headers_of
from codex_proxy.server.admin.health import MakeReport, health_route
from codex_proxy.server.admin.openapi_page import PlainPagePlugin
from codex_proxy.server.admin.wire.bodies import ControlRequest
from codex_proxy.server.admin.wire.errors import ReportDefect, error_handlers
from codex_proxy.server.security import Authenticator, Caller, identify

OPENAPI_PATH: Final = "/openapi"
DESCRIPTION: Final = (
    "What the owner of a gateway does with it: accounts, keys, ways out, and the gateway itself. Errors are "
    '`{"error": "…", "code": "…"}`; times are ISO 8601 where they are text and epoch seconds where they are numbers.'
)
HEADERS: Final = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""What every answer carries that says nothing else."""


def control_plane(
    *,
    authenticator: Authenticator,
    make_report: MakeReport,
    version: str,
    report_defect: ReportDefect,
    routes: Sequence[ControllerRouterHandler] = (),
    names: frozenset[str] = frozenset(),
) -> Litestar:
    """The application, with further ``routes``; mount it where no data-plane route matches.

    ``names`` are host names of this gateway beside loopback's and all addresses.
    """
    return Litestar(
        route_handlers=declare([health_route(make_report), *routes]),
        guards=[ControlGuard(identify=by_key(authenticator), names=names, open_below=OPENAPI_PATH)],
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
            render_plugins=[PlainPagePlugin(), JsonRenderPlugin()],
        ),
        logging_config=None,
    )


def by_key(authenticator: Authenticator) -> Identify:
    """Who calls, by the client key the request shows; one in a URL or in Google's header is never the owner's."""

    def find(connection: Connection) -> Caller | None:
        query = connection.scope["query_string"].decode("latin-1")
        return identify(authenticator, headers_of(connection), query)

    return find
