"""Who may reach the control plane, from where, and with what in hand.

Rules of this file: what a route wants stands in the matrix; everything is checked before a body is read.  Being on this
machine is no credential, and other machines are served nothing before there is a password.  A key that is shown
decides, and no session beside it.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from litestar.handlers import BaseRouteHandler

from codex_proxy.access.dashboard.forwarded import TrustedProxies
from codex_proxy.access.matrix.rules import Need, Rule
from codex_proxy.server.admin.access.entrance import (
    SESSION_ID,
    Connection,
    Entrance,
    rule_at,
    scope_of,
    session_of,
    tell_standing,
    tell_who,
)
from codex_proxy.server.admin.wire.errors import ControlError
from codex_proxy.server.asgi import header_map
from codex_proxy.server.security import Caller, shown_key

Identify: TypeAlias = Callable[[Connection], Caller | None]
"""Finds out who calls, by a key."""

ADMIN_SCOPE: Final = "admin"
JSON: Final = "application/json"

MEDIA_TYPES: Final = "media_types"
"""A route's mark: the media types of bodies it takes, where these are not JSON alone."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NOT_SERVED_YET: Final = (
    "the control plane is served to its own machine only until the dashboard has a password; set one there with "
    "`codex-proxy password set`, or by the setup link that the gateway prints when it starts"
)


class ControlGuard:
    """Implements Litestar's guard."""

    def __init__(self, *, identify: Identify, entrance: Entrance) -> None:
        self._identify = identify
        self._entrance = entrance

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Refuse what may not pass."""
        rule, scope = rule_at(scope_of(connection)), scope_of(connection)
        if rule.need is not Need.OPEN:
            if self._entrance.origin_of(scope).remote and not await self._entrance.serves_others():
                raise ControlError(403, "no_password_yet", _NOT_SERVED_YET)
            tell_who(scope, self._admitted(connection, rule))
            tell_standing(scope, lambda: self._is_admitted(connection))
        if scope["method"] not in _SAFE:
            _check_media_type(headers_of(connection), handler.opt.get(MEDIA_TYPES) or (JSON,))

    def _admitted(self, connection: Connection, rule: Rule) -> str:
        """The name of whoever may pass."""
        caller = self._identify(connection)
        if caller is not None:
            if not caller.may(ADMIN_SCOPE):
                raise ControlError(403, "missing_scope", "this key lacks the admin scope")
            return caller.key_id
        session = None if _shows_key(connection) else session_of(scope_of(connection))
        if session is None or self._entrance.desk is None:
            headers = {"www-authenticate": "Bearer"}
            raise ControlError(401, "unauthorized", "the admin key is required, or a login", headers=headers)
        if rule.sudo and not session.is_fresh(self._entrance.desk.dashboard.now()):
            raise ControlError(403, "sudo_required", "this wants the password once more: POST /auth/dashboard-sudo")
        return SESSION_ID

    def _is_admitted(self, connection: Connection) -> bool:
        """Whether whoever was admitted would be now: keys are revoked, sessions end."""
        caller = self._identify(connection)
        if caller is not None or _shows_key(connection):
            return caller is not None and caller.may(ADMIN_SCOPE)
        session, desk = session_of(scope_of(connection)), self._entrance.desk
        if session is None or desk is None:
            return False
        return desk.dashboard.sessions.is_open(session.session_id, desk.dashboard.now())


def headers_of(connection: Connection) -> dict[str, str]:
    """Request headers; names are lower-case, repeated ones joined with a comma."""
    return header_map(scope_of(connection))


def is_remote(connection: Connection) -> bool:
    """Whether the caller may be on another machine: a proxy on this one would make everybody look local."""
    client = connection.scope["client"]
    return TrustedProxies().origin_of(client[0] if client else None, headers_of(connection), scheme="").remote


def _shows_key(connection: Connection) -> bool:
    query = connection.scope["query_string"].decode("latin-1")
    return shown_key(headers_of(connection), query) is not None


def _check_media_type(headers: Mapping[str, str], allowed: tuple[str, ...]) -> None:
    told = headers.get("content-type")
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if told is None and not has_body:
        return
    if (told or "").partition(";")[0].strip().lower() not in allowed:
        raise ControlError(415, "unsupported_media_type", f"send the body as {' or '.join(allowed)}")
