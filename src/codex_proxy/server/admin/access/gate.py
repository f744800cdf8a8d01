"""What no page may do, asked before anything else of every route.

Rules of this file: a host name that is not ours means that somebody had a name of theirs resolved to this machine; a
page of another origin can do nothing, and no link from one leads to what changes something or shows secrets.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from codex_proxy.server.admin.access.entrance import Entrance, rule_at
from codex_proxy.server.admin.wire.errors import ControlError
from codex_proxy.server.asgi import Application, Receive, Scope, Send, header_map
from codex_proxy.server.cors import is_own_host

_OWN_NAMES: Final = frozenset({"localhost"})
_OWN_PAGES: Final = frozenset({"same-origin", "none"})


class Gate:
    """Middleware of the control plane."""

    def __init__(self, app: Application, entrance: Entrance) -> None:
        self._app = app
        self._entrance = entrance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or raise ``ControlError``."""
        headers, rule = header_map(scope), rule_at(scope)
        if not is_own_host(headers.get("host", ""), _OWN_NAMES | self._entrance.names()):
            raise ControlError(421, "misdirected_request", "this host name is not served here")
        check_page(headers, acts=rule.acts or rule.sudo)
        await self._app(scope, receive, send)


def check_page(headers: Mapping[str, str], *, acts: bool) -> None:
    """Refuse what a page of another origin asks for, and where it leads to what ``acts``."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and not is_own_origin(origin, headers.get("host", "")):
        raise ControlError(403, "foreign_origin", "pages of another origin may not call the control plane")
    if acts and site is not None and site not in _OWN_PAGES:
        raise ControlError(403, "foreign_page", "pages of another site may not lead here")


def is_own_origin(origin: str, host: str) -> bool:
    """Whether a page of this origin is ours; whoever ends TLS before us may speak either scheme."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and parts.netloc.lower() == host.lower()
