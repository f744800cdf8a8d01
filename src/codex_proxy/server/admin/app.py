"""The control plane: a Litestar application beside the data plane.

Rules of this file: every route wants the admin scope, except the OpenAPI document, which holds no secret; errors are
``{"error": "..."}``.
"""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Litestar, Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler

from codex_proxy.server.admin.health import MakeReport, health_route
from codex_proxy.server.admin.openapi_page import PlainPagePlugin
from codex_proxy.server.security import Authenticator, identify

OPENAPI_PATH: Final = "/openapi"
ADMIN_SCOPE: Final = "admin"


def control_plane(
    *,
    authenticator: Authenticator,
    make_report: MakeReport,
    version: str,
    routes: Sequence[ControllerRouterHandler] = (),
) -> Litestar:
    """The application, with further ``routes``; mount it where no data-plane route matches."""

    def want_admin(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if connection.scope["path"].startswith(OPENAPI_PATH):
            return
        query = connection.scope["query_string"].decode("latin-1")
        caller = identify(authenticator, dict(connection.headers), query)
        if caller is None:
            raise NotAuthorizedException(detail="a client key is required")
        if not caller.may(ADMIN_SCOPE):
            raise PermissionDeniedException(detail="this key lacks the admin scope")

    return Litestar(
        route_handlers=[health_route(make_report), *routes],
        guards=[want_admin],
        exception_handlers={HTTPException: _plain_error},
        openapi_config=OpenAPIConfig(
            title="Codex Proxy control plane",
            version=version,
            use_handler_docstrings=True,
            path=OPENAPI_PATH,
            render_plugins=[PlainPagePlugin(), JsonRenderPlugin()],
        ),
        logging_config=None,
    )


def _plain_error(_: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, str]]:
    return Response({"error": _words(error)}, status_code=error.status_code)


def _words(error: HTTPException) -> str:
    """The detail, or what is wrong with each member of a body."""
    wrong = error.extra if isinstance(error.extra, list) else []
    told = [f"{fault['key']}: {fault['message']}" for fault in wrong if {"key", "message"} <= fault.keys()]
    return "; ".join(told) or error.detail
