"""Who may reach the control plane, from where, and with what in hand.

Rules of this file: everything is checked before a body is read and for every route alike.  A host name that is not
ours means that somebody had a name of theirs resolved to this machine; a page of another origin, and a form, can do
nothing; being on this machine is no credential.  Nothing is changed by GET, but for the routes marked ``ACTS``.
"""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from codex_proxy.server.admin.wire.errors import ControlError
from codex_proxy.server.asgi import Scope, header_map
from codex_proxy.server.ollama.guard import is_own_host
from codex_proxy.server.security import Caller

Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
Identify: TypeAlias = Callable[[Connection], Caller | None]
"""Finds out who calls: by a key, and by whatever else may be a credential."""

ADMIN_SCOPE: Final = "admin"
JSON: Final = "application/json"

OPEN: Final = "open"
"""A route's mark: it wants no credential, and shows nothing that needs one."""
ACTS: Final = "acts"
"""A route's mark: it changes something although it is a GET, so that no page may lead here."""
MEDIA_TYPES: Final = "media_types"
"""A route's mark: the media types of bodies it takes, where these are not JSON alone."""

_OWN_NAMES: Final = frozenset({"localhost"})
_OWN_PAGES: Final = frozenset({"same-origin", "none"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")


class ControlGuard:
    """Implements Litestar's guard.

    ``names`` are further host names of this gateway; paths that begin with ``open_below`` want no credential.
    """

    def __init__(self, *, identify: Identify, names: frozenset[str] = frozenset(), open_below: str) -> None:
        self._identify = identify
        self._names = _OWN_NAMES | {name.lower() for name in names}
        self._open_below = open_below

    def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Refuse what may not pass."""
        headers, method = headers_of(connection), cast("Scope", connection.scope)["method"]
        if not is_own_host(headers.get("host", ""), self._names):
            raise ControlError(421, "misdirected_request", "this host name is not served here")
        _check_page(headers, acts=method not in _SAFE or bool(handler.opt.get(ACTS)))
        if not handler.opt.get(OPEN) and not connection.scope["path"].startswith(self._open_below):
            self._check_caller(connection)
        if method not in _SAFE:
            _check_media_type(headers, handler.opt.get(MEDIA_TYPES) or (JSON,))

    def _check_caller(self, connection: Connection) -> None:
        caller = self._identify(connection)
        if caller is None:
            headers = {"www-authenticate": "Bearer"}
            raise ControlError(401, "unauthorized", "the admin key is required", headers=headers)
        if not caller.may(ADMIN_SCOPE):
            raise ControlError(403, "missing_scope", "this key lacks the admin scope")


def headers_of(connection: Connection) -> dict[str, str]:
    """Request headers; names are lower-case, repeated ones joined with a comma."""
    return header_map(cast("Scope", connection.scope))


def is_own_origin(origin: str, host: str) -> bool:
    """Whether a page of this origin is ours; whoever ends TLS before us may speak either scheme."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and parts.netloc.lower() == host.lower()


def is_remote(connection: Connection) -> bool:
    """Whether the caller may be on another machine: a proxy on this one would make everybody look local."""
    headers = headers_of(connection)
    client = connection.scope["client"]
    if client is None or any(name in headers for name in _FORWARDED):
        return True
    try:
        return not ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return True


def _check_page(headers: Mapping[str, str], *, acts: bool) -> None:
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and not is_own_origin(origin, headers.get("host", "")):
        raise ControlError(403, "foreign_origin", "pages of another origin may not call the control plane")
    if acts and site is not None and site not in _OWN_PAGES:
        raise ControlError(403, "foreign_page", "pages of another site may not lead here")


def _check_media_type(headers: Mapping[str, str], allowed: tuple[str, ...]) -> None:
    told = headers.get("content-type")
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    if told is None and not has_body:
        return
    if (told or "").partition(";")[0].strip().lower() not in allowed:
        raise ControlError(415, "unsupported_media_type", f"send the body as {' or '.join(allowed)}")
