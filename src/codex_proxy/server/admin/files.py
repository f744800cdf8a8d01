"""Files that are sent and fetched: accounts, lists of proxies.

Rules of this file: what holds credentials wants a session with a fresh password, or the admin key itself, in a bearer
header that no link and no other site can send, and is stored nowhere on its way; so does a file in a form that a page
could send without asking.
Source: decisions 9, 10.
"""

from typing import Final, cast

from litestar import Response
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard

from codex_proxy.server.admin.access.entrance import SESSION_ID, Connection, scope_of, who_of
from codex_proxy.server.admin.guard import ADMIN_SCOPE, JSON
from codex_proxy.server.admin.wire.errors import AnyRequest, ControlError
from codex_proxy.server.asgi import ClientGone, Receive
from codex_proxy.server.body import BodyRefused, read_body
from codex_proxy.server.security import Authenticator, identify

FILE_TYPES: Final = (JSON, "text/yaml", "application/yaml", "application/x-yaml", "text/plain")
"""What a list of proxies may call itself."""


def bearer_guard(authenticator: Authenticator) -> Guard:
    """Litestar's guard for what only the admin key in a bearer header may have."""

    def want_bearer(connection: Connection, _: BaseRouteHandler) -> None:
        require_bearer(connection, authenticator)

    return want_bearer


def require_bearer(connection: Connection, authenticator: Authenticator) -> None:
    """Refuse whoever shows no admin key in a bearer header and has no session, whatever else let the request pass."""
    if who_of(scope_of(connection)) == SESSION_ID:
        return  # what the matrix wants of sessions beyond their word against foreign pages was seen to
    caller = identify(authenticator, {"authorization": connection.headers.get("authorization", "")}, "")
    if caller is None or not caller.may(ADMIN_SCOPE):
        raise ControlError(403, "bearer_key_required", "this wants the admin key as `Authorization: Bearer`")


async def read_file(request: AnyRequest, *, limit_bytes: int) -> bytes:
    """The file in a request; a ``ControlError`` where it cannot be read or is too large."""
    try:
        return await read_body(cast("Receive", request.receive), request.headers, limit_bytes=limit_bytes)
    except BodyRefused as error:
        raise ControlError(error.failure.status or 400, error.failure.code or "invalid_body", str(error)) from error
    except ClientGone as error:
        raise ControlError(400, "client_gone", "the client left while it was sending") from error


def secret_file(content: str, *, name: str, media_type: str) -> Response[bytes]:
    """The answer that hands out a file with credentials."""
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
        "x-content-type-options": "nosniff",
    }
    return Response(content.encode(), media_type=media_type, headers=headers)
