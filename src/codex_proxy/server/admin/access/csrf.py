"""Litestar's words against requests that a page of somebody else's has a browser send.

Rules of this file: whatever a session does needs the word of a cookie in a header, which only our own pages can read;
whoever shows a key has no session that could be misused.  The cookies of hosts are told apart, those of ports are not,
so this stands beside the rules of the gate and in place of none.
"""

from typing import TYPE_CHECKING, Final, cast

from litestar.config.csrf import CSRFConfig
from litestar.exceptions import PermissionDeniedException
from litestar.middleware.csrf import CSRFMiddleware

from codex_proxy.server.admin.access.entrance import Entrance, session_of
from codex_proxy.server.admin.access.sessions import SECURE_PREFIX
from codex_proxy.server.admin.wire.errors import ControlError
from codex_proxy.server.asgi import Application, Receive, Scope, Send

if TYPE_CHECKING:
    from litestar.types import ASGIApp
    from litestar.types import Scope as LitestarScope

CSRF_COOKIE: Final = "codex_proxy_csrf"
CSRF_HEADER: Final = "x-csrf-token"
_WORDS: Final = f"what a session does needs the header {CSRF_HEADER}; GET /auth/dashboard-status tells its value"


class SessionCsrf:
    """Middleware of the control plane, within the sessions'."""

    def __init__(self, app: Application, entrance: Entrance, secret: str) -> None:
        self._app = app
        self._entrance = entrance
        inner = cast("ASGIApp", app)
        self._plain = CSRFMiddleware(inner, _config(CSRF_COOKIE, secret, is_secure=False))
        self._secure = CSRFMiddleware(inner, _config(SECURE_PREFIX + CSRF_COOKIE, secret, is_secure=True))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or raise ``ControlError``."""
        if session_of(scope) is None:
            await self._app(scope, receive, send)
            return
        middleware = self._secure if self._entrance.origin_of(scope).secure else self._plain
        try:
            await middleware(cast("LitestarScope", scope), receive, send)  # type: ignore[arg-type]
        except PermissionDeniedException as error:
            raise ControlError(403, "csrf_token_required", _WORDS) from error


def _config(name: str, secret: str, *, is_secure: bool) -> CSRFConfig:
    return CSRFConfig(
        secret=secret,
        cookie_name=name,
        header_name=CSRF_HEADER,
        cookie_secure=is_secure,
        cookie_samesite="strict",
    )
