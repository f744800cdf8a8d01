"""How the owner comes in: ``/auth/dashboard-*``.

Rules of this file: whoever knocks is told no more than whether they may come in; guesses are limited by the use case
below.  A login, and each new proof of the password, gives the session another token.
"""

from typing import Literal

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK
from litestar.utils.scope.state import ScopeState

from codex_proxy.access.dashboard.sessions import SUDO_SECONDS, Session
from codex_proxy.operations.access.dashboard import Visitor
from codex_proxy.operations.transfer.times import iso
from codex_proxy.server.admin.access.csrf import CSRF_HEADER
from codex_proxy.server.admin.access.entrance import SESSION_ID, Desk, Entrance, scope_of, session_of, tell_who
from codex_proxy.server.admin.wire.bodies import ControlRequest, Warnings, unknown_members
from codex_proxy.server.admin.wire.errors import ControlError
from codex_proxy.server.asgi import header_map


class EntranceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a login is needed and whether this browser has one.

    ``code_required`` where a login needs a code beside the password; ``csrf_token`` is what a session sends in the
    header that ``csrf_header`` names with everything that is no GET; until ``sudo_until`` it may see secrets.
    """

    authenticated: bool
    password_set: bool
    code_required: bool
    required: Literal[True] = True
    csrf_header: str = CSRF_HEADER
    csrf_token: str | None = None
    sudo_until: str | None = None


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """The password, and a code of the second factor where one is in force."""

    password: str
    code: str | None = None

    def __repr__(self) -> str:
        return "Login(...)"


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """The token of a setup link, and the password that it sets."""

    token: str
    password: str

    def __repr__(self) -> str:
        return "Setup(...)"


class LoggedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A session is open; until ``sudo_until`` it may see secrets."""

    sudo_until: str
    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


class LoggedOut(msgspec.Struct, frozen=True, kw_only=True):
    """The session is over, or there was none; accounts stay."""

    success: Literal[True] = True


class PasswordSet(msgspec.Struct, frozen=True, kw_only=True):
    """The password is in force; log in with it."""

    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


def entering_routes(entrance: Entrance, desk: Desk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""
    return [_status(desk), _set_up(desk), *_coming_and_going(entrance, desk)]


def _status(desk: Desk) -> HTTPRouteHandler:
    @get("/auth/dashboard-status", summary="Whether this browser is logged in")
    async def dashboard_status(request: ControlRequest) -> EntranceStatus:
        """Open to everybody."""
        dashboard, session = desk.dashboard, session_of(scope_of(request))
        token = ScopeState.from_scope(request.scope).csrf_token
        return EntranceStatus(
            authenticated=session is not None,
            password_set=await dashboard.has_password(),
            code_required=await dashboard.wants_code(),
            csrf_token=token if isinstance(token, str) and session is not None else None,
            sudo_until=_sudo_until(session) if session is not None and session.is_fresh(dashboard.now()) else None,
        )

    return dashboard_status


def _set_up(desk: Desk) -> HTTPRouteHandler:
    @post("/auth/dashboard-setup", status_code=HTTP_200_OK, summary="Set the password by a setup link")
    async def dashboard_setup(request: ControlRequest, data: JSONBody[Setup]) -> PasswordSet:
        """Once for each link; every session ends."""
        await desk.dashboard.set_by_link(data.token, data.password)
        tell_who(scope_of(request), "setup link")
        return PasswordSet(warnings=await unknown_members(request, Setup))

    return dashboard_setup


def _coming_and_going(entrance: Entrance, desk: Desk) -> list[HTTPRouteHandler]:
    def visitor_of(request: ControlRequest) -> Visitor:
        scope = scope_of(request)
        agent = header_map(scope).get("user-agent", "")
        return Visitor(address=entrance.origin_of(scope).address, agent=agent)

    @post("/auth/dashboard-login", status_code=HTTP_200_OK, may_fail=(401, 429), summary="Log in to the dashboard")
    async def dashboard_login(request: ControlRequest, data: JSONBody[Login]) -> LoggedIn:
        """A session in a cookie."""
        session = await desk.dashboard.log_in(data.password, data.code, visitor_of(request))
        return await _opened(request, session)

    @post("/auth/dashboard-sudo", status_code=HTTP_200_OK, may_fail=(429,), summary="Show the password once more")
    async def dashboard_sudo(request: ControlRequest, data: JSONBody[Login]) -> LoggedIn:
        """For five minutes the session may see and set secrets."""
        session = session_of(scope_of(request))
        if session is None:
            raise ControlError(400, "no_session", "there is no session here; a key needs no password")
        await desk.dashboard.prove(data.password, data.code, visitor_of(request))
        return await _opened(request, msgspec.structs.replace(session, proved_at=desk.dashboard.now()))

    @post("/auth/dashboard-logout", status_code=HTTP_200_OK, sync_to_thread=False, summary="Log out of the dashboard")
    def dashboard_logout(request: ControlRequest) -> LoggedOut:
        """Ends the session of this browser, and nothing else."""
        if session_of(scope_of(request)) is not None:
            tell_who(scope_of(request), SESSION_ID)
        request.clear_session()
        return LoggedOut()

    return [dashboard_login, dashboard_sudo, dashboard_logout]


async def _opened(request: ControlRequest, session: Session) -> LoggedIn:
    request.set_session(msgspec.to_builtins(session))
    tell_who(scope_of(request), SESSION_ID)
    return LoggedIn(sudo_until=_sudo_until(session), warnings=await unknown_members(request, Login))


def _sudo_until(session: Session) -> str:
    return iso(session.proved_at + SUDO_SECONDS)
