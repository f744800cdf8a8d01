"""What the entrance works with, and what it finds out about a request.

Rules of this file: who is let in stands in the matrix and in the guard; here is only what both ask.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, cast

import msgspec
from litestar.connection import ASGIConnection

from codex_proxy.access.dashboard.forwarded import Origin, TrustedProxies
from codex_proxy.access.dashboard.sessions import Session
from codex_proxy.access.matrix.control import CONTROL
from codex_proxy.access.matrix.rules import OPEN_READ, Rule, rule_of
from codex_proxy.operations.access.auditing import Auditing
from codex_proxy.operations.access.dashboard import Dashboard
from codex_proxy.server.admin.access.snapshots import Snapshots
from codex_proxy.server.asgi import Scope, header_map

Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]

SESSION_ID: Final = "dashboard"
"""The key id of whoever came in with a session."""
_WHO: Final = "codex_proxy.who"
_STANDING: Final = "codex_proxy.standing"
_MORE: Final = "codex_proxy.more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The dashboard's password and sessions, the log of changes, and the key of the words against foreign pages."""

    dashboard: Dashboard
    auditing: Auditing
    csrf_secret: str
    snapshots: Snapshots = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Whom the control plane lets in beside those who show a key.

    ``names`` gives host names of this gateway, in lower case, beside loopback's and all addresses; without a ``desk``
    there are keys alone, and nothing is written down.
    """

    names: Callable[[], frozenset[str]] = frozenset
    trusted: Callable[[], TrustedProxies] = TrustedProxies
    desk: Desk | None = None

    def origin_of(self, scope: Scope) -> Origin:
        """Where a request comes from."""
        client = scope.get("client")
        return self.trusted().origin_of(client[0] if client else None, header_map(scope), scheme=scope["scheme"])

    async def serves_others(self) -> bool:
        """Whether the control plane is there for other machines: not before there is a password."""
        return self.desk is None or await self.desk.dashboard.has_password()


def rule_at(scope: Scope) -> Rule:
    """What the route of a request wants; which methods it takes is told to everybody."""
    if scope["method"] == "OPTIONS":
        return OPEN_READ
    return rule_of(CONTROL, scope["method"], scope.get("path_template", ""))


def scope_of(connection: Connection) -> Scope:
    """The scope, in this server's words."""
    return cast("Scope", connection.scope)


def session_of(scope: Scope) -> Session | None:
    """The session that a request came with."""
    kept = scope.get("session")
    return msgspec.convert(kept, Session) if isinstance(kept, dict) and kept else None


def tell_who(scope: Scope, who: str) -> None:
    """Note who asks, for the log of changes."""
    scope[_WHO] = who


def tell_standing(scope: Scope, admits: Callable[[], bool]) -> None:
    """Note how to find out whether who asks may still be here."""
    scope[_STANDING] = admits


def is_still_admitted(scope: Scope) -> bool:
    """Whether who asks may still be here; for answers that last."""
    admits: Callable[[], bool] | None = scope.get(_STANDING)
    return admits is None or admits()


def tell_more(scope: Scope, details: Mapping[str, str | int]) -> None:
    """Note what was done, for the log of changes, where that stands in no body; no secret is among it."""
    scope[_MORE] = details


def more_of(scope: Scope) -> Mapping[str, str | int]:
    """What was noted."""
    told: Mapping[str, str | int] = scope.get(_MORE, {})
    return told


def who_of(scope: Scope) -> str | None:
    """Who asks, where that was found out."""
    told: str | None = scope.get(_WHO)
    return told
