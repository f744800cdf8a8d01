"""What the owner does with the entrance: password, setup links, second factor, sessions.

Rules of this file: a new password ends every session, this one as well; secrets are shown once.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK

from codex_proxy.access.dashboard.sessions import Session
from codex_proxy.operations.transfer.times import iso
from codex_proxy.server.admin.access.entrance import Desk, Entrance, scope_of, session_of
from codex_proxy.server.admin.wire.bodies import ControlRequest, Warnings, unknown_members
from codex_proxy.server.admin.wire.errors import ControlError
from codex_proxy.server.asgi import header_map

PASSWORD_PATH: Final = "/admin/dashboard-password"
LINK_PATH: Final = "/admin/dashboard-setup-link"
FACTOR_PATH: Final = "/admin/dashboard-totp"
SESSIONS_PATH: Final = "/admin/sessions"

SessionName: TypeAlias = Annotated[
    str, PathParameter(pattern=r"^[0-9a-f]{16}$", description="A session's name, which opens nothing.")
]


class NewPassword(msgspec.Struct, frozen=True, kw_only=True):
    """The password that is to be in force: ten characters or more."""

    password: str

    def __repr__(self) -> str:
        return "NewPassword(...)"


class PasswordChanged(msgspec.Struct, frozen=True, kw_only=True):
    """It is in force; ``sessions_ended`` browsers have to log in again."""

    sessions_ended: int
    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET


class MadeLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that sets the password, once; the one before it is void."""

    url: str
    expires_at: str
    success: Literal[True] = True

    def __repr__(self) -> str:
        return "MadeLink(...)"


class BegunFactor(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator has to know, as base32 and as the address that is shown as a picture."""

    secret: str
    uri: str
    success: Literal[True] = True

    def __repr__(self) -> str:
        return "BegunFactor(...)"


class ShownCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code of the authenticator."""

    code: str

    def __repr__(self) -> str:
        return "ShownCode(...)"


class FactorInForce(msgspec.Struct, frozen=True, kw_only=True):
    """Logins need a code from now on; each of ``recovery_codes`` stands in for one, once."""

    recovery_codes: tuple[str, ...]
    success: Literal[True] = True
    warnings: Warnings = msgspec.UNSET

    def __repr__(self) -> str:
        return "FactorInForce(...)"


class FactorRemoved(msgspec.Struct, frozen=True, kw_only=True):
    """Logins need no code; ``removed`` where they did."""

    removed: bool
    success: Literal[True] = True


class ShownSession(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is logged in; ``current`` the one that asks."""

    id: str
    opened_at: str
    seen_at: str
    address: str
    agent: str
    current: bool


class ShownSessions(msgspec.Struct, frozen=True, kw_only=True):
    """The sessions that are open, the one seen last first."""

    sessions: tuple[ShownSession, ...]


class EndedSessions(msgspec.Struct, frozen=True, kw_only=True):
    """How many are over."""

    ended: int
    success: Literal[True] = True


def owning_routes(entrance: Entrance, desk: Desk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""
    return [*_password(entrance, desk), *_factor(desk), *_sessions(desk)]


def _password(entrance: Entrance, desk: Desk) -> list[HTTPRouteHandler]:
    @post(PASSWORD_PATH, status_code=HTTP_200_OK, summary="Set the dashboard's password")
    async def set_dashboard_password(request: ControlRequest, data: JSONBody[NewPassword]) -> PasswordChanged:
        """Whoever is logged in has to log in again."""
        ended_count = await desk.dashboard.change(data.password)
        warnings = await unknown_members(request, NewPassword)
        return PasswordChanged(sessions_ended=ended_count, warnings=warnings)

    @post(LINK_PATH, status_code=HTTP_200_OK, summary="Make a setup link")
    async def make_setup_link(request: ControlRequest) -> MadeLink:
        """Good for a day and once, under the address that the gateway was asked by."""
        scope = scope_of(request)
        scheme = "https" if entrance.origin_of(scope).secure else "http"
        url, expires_at = await desk.dashboard.make_link(f"{scheme}://{header_map(scope).get('host') or 'localhost'}")
        return MadeLink(url=url, expires_at=iso(expires_at))

    return [set_dashboard_password, make_setup_link]


def _factor(desk: Desk) -> list[HTTPRouteHandler]:
    @post(FACTOR_PATH, status_code=HTTP_200_OK, summary="Begin with a second factor")
    async def begin_second_factor() -> BegunFactor:
        """It is in force once a code of it was confirmed."""
        enrolment = await desk.dashboard.enrol()
        return BegunFactor(secret=enrolment.secret, uri=enrolment.uri)

    @post(f"{FACTOR_PATH}/confirm", status_code=HTTP_200_OK, summary="Put the second factor in force")
    async def confirm_second_factor(request: ControlRequest, data: JSONBody[ShownCode]) -> FactorInForce:
        """The recovery codes are shown only now."""
        codes = await desk.dashboard.confirm(data.code)
        return FactorInForce(recovery_codes=codes, warnings=await unknown_members(request, ShownCode))

    @delete(FACTOR_PATH, status_code=HTTP_200_OK, summary="Remove the second factor")
    async def remove_second_factor() -> FactorRemoved:
        """The authenticator may forget it."""
        return FactorRemoved(removed=await desk.dashboard.remove_factor())

    return [begin_second_factor, confirm_second_factor, remove_second_factor]


def _sessions(desk: Desk) -> list[HTTPRouteHandler]:
    book = desk.dashboard.sessions

    @get(SESSIONS_PATH, sync_to_thread=False, summary="Who is logged in to the dashboard")
    def list_sessions(request: ControlRequest) -> ShownSessions:
        """Browsers by address and by what they call themselves."""
        own = _own_id(request)
        return ShownSessions(sessions=tuple(_shown(each, own) for each in book.all(desk.dashboard.now())))

    @delete(SESSIONS_PATH, status_code=HTTP_200_OK, sync_to_thread=False, summary="Log all others out")
    def end_other_sessions(request: ControlRequest) -> EndedSessions:
        """Every session but the one that asks."""
        return EndedSessions(ended=book.end_all(but=_own_id(request)))

    @delete(
        f"{SESSIONS_PATH}/{{session_id:str}}", status_code=HTTP_200_OK, sync_to_thread=False, summary="End a session"
    )
    def end_session(session_id: SessionName) -> EndedSessions:
        """By its name."""
        if not book.end_by_id(session_id):
            raise ControlError(404, "unknown_session", "there is no such session, or none any more")
        return EndedSessions(ended=1)

    return [list_sessions, end_other_sessions, end_session]


def _own_id(request: ControlRequest) -> str | None:
    session = session_of(scope_of(request))
    return None if session is None else session.session_id


def _shown(session: Session, own_id: str | None) -> ShownSession:
    return ShownSession(
        id=session.session_id,
        opened_at=iso(session.opened_at),
        seen_at=iso(session.seen_at),
        address=session.address,
        agent=session.agent,
        current=session.session_id == own_id,
    )
