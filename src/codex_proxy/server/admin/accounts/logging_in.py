"""Logins: ``/auth/status``, ``/auth/login`` and its kin, the issuer's redirect, device codes, the Codex CLI's file.

Rules of this file: a login begins by POST; the one link that begins one follows the same rules.  A state is never in an
address of ours and never logged; of a key only the one for clients is shown, and only on this machine.  Source: spec,
accounts, 9.1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import MediaType, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter
from litestar.status_codes import HTTP_200_OK, HTTP_302_FOUND

from codex_proxy.operations.accounts.changes import AccountChanges
from codex_proxy.operations.accounts.views import AccountView, AccountViews, UserView
from codex_proxy.operations.login.browser import BrowserLogins, LoginPending, LoginStarted
from codex_proxy.operations.login.cli_file import CliImport, ImportMode
from codex_proxy.operations.login.device import DeviceLogins, DevicePending
from codex_proxy.operations.login.outcomes import LoginDone, LoginEnd, LoginFailed, Reason
from codex_proxy.operations.login.ports import CALLBACK_PATH, CallbackReply
from codex_proxy.operations.login.ways import Way, ways_to_log_in
from codex_proxy.operations.transfer.times import iso
from codex_proxy.server.admin.accounts.changing import AddedAccount, added_account
from codex_proxy.server.admin.document.declaring import ALSO
from codex_proxy.server.admin.guard import headers_of, is_remote
from codex_proxy.server.admin.wire.bodies import ControlRequest, RowIdText, unknown_members
from codex_proxy.server.admin.wire.errors import ControlError
from codex_proxy.server.oauth.pages import HEADERS, page_of

DEVICE_PATH: Final = "/auth/device-poll/{device_code:str}"
STATUS_OF: Final = {Reason.REFUSED: 500, Reason.NOT_KEPT: 503}
"""HTTP statuses of failed logins; every other one is 400."""

_LINK_HEADERS: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_NOT_OPENED: Final = CallbackReply(status=400, title="Nothing to do here", text="This address can only be opened.")

DeviceHandle = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{1,128}$", description="What names the login.")]
State = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class AuthStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Whether somebody is logged in, be it that all accounts are limited.

    ``usable_now`` says whether an account could serve; ``proxy_api_key`` is the key for clients, None for whoever may
    be on another machine; ``login_ways`` are in the order to offer them, none where the owner lets no login
    begin.
    """

    authenticated: bool
    usable_now: bool
    user: UserView | None
    proxy_api_key: str | None
    pool: dict[str, int]
    login_ways: tuple[Way, ...]


class LoginWanted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A login; ``accountId`` is the account that logs in again, by whose way out it leaves."""

    account_id: RowIdText | None = None


class LoginBegun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Where a browser has to go, and what names the login.

    ``callbackPort`` is None where the address of the page after the login has to be pasted; ``notice`` says why.
    """

    auth_url: str
    state: str
    callback_port: int | None
    expires_at: str
    notice: str | None
    ways: tuple[Way, ...]


class NamedLogin(msgspec.Struct, frozen=True, kw_only=True):
    """A login, by its state."""

    state: State


class LoginReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far a login is."""

    status: Literal["pending", "done", "failed"]
    expires_at: str | None = None
    callback_port: int | None = None
    account: AccountView | None = None
    added: bool | None = None
    code: Reason | None = None
    error: str | None = None


class RelayCallback(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The address of the page that a login ended at."""

    callback_url: str

    def __repr__(self) -> str:
        return "RelayCallback(...)"


class DeviceBegun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A code to enter at ``verificationUri``; seconds."""

    user_code: str
    verification_uri: str
    verification_uri_complete: str
    device_code: str
    expires_in: int
    interval: float


class DeviceWaits(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody entered the code yet; ask again after ``interval`` seconds.  ``trouble`` hinders the login for now."""

    pending: Literal[True] = True
    code: Literal["authorization_pending"] = "authorization_pending"
    interval: float
    trouble: str | None


class GivenToken(msgspec.Struct, frozen=True, kw_only=True):
    """An access token or a refresh token."""

    token: str

    def __repr__(self) -> str:
        return "GivenToken(...)"


class ImportCli(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken from the Codex CLI's file; see the modes."""

    mode: ImportMode = ImportMode.COPY


class CliImported(AddedAccount, frozen=True, kw_only=True, rename="camel"):
    """The account that the CLI's login became; ``notice`` is for the owner."""

    notice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginDesk:
    """What the routes stand on; ``inference_key`` gives the key for clients, ``now`` epoch seconds."""

    browser: BrowserLogins
    devices: DeviceLogins
    cli: CliImport
    changes: AccountChanges
    views: AccountViews
    inference_key: Callable[[], str | None]
    now: Callable[[], float]


def login_routes(desk: LoginDesk) -> list[HTTPRouteHandler]:
    """The routes over one desk."""
    return [*_status(desk), *_links(desk), *_browser(desk), *_devices(desk), *_tokens(desk)]


def _status(desk: LoginDesk) -> list[HTTPRouteHandler]:
    @get("/auth/status", sync_to_thread=False, summary="Who is logged in")
    def auth_status(request: ControlRequest) -> AuthStatus:
        """Whether there are accounts, whether one is usable, and how many there are of each status."""
        standing, remote = desk.views.standing(), is_remote(request)
        shows_key = standing.has_accounts and not remote
        return AuthStatus(
            authenticated=standing.has_accounts,
            usable_now=standing.usable_now,
            user=desk.views.user() if standing.has_accounts else None,
            proxy_api_key=desk.inference_key() if shows_key else None,
            pool=desk.views.counts(),
            login_ways=ways_to_log_in(remote=remote) if desk.browser.may_begin else (),
        )

    return [auth_status]


def _links(desk: LoginDesk) -> list[HTTPRouteHandler]:
    @get(
        ["/auth/login", "/auth/accounts/login"],
        status_code=HTTP_302_FOUND,
        may_fail=(429, 502),
        summary="Log in",
    )
    async def login() -> Response[None]:
        """To the issuer's page."""
        started = await desk.browser.start()
        return Response(None, status_code=HTTP_302_FOUND, headers={"location": started.auth_url, **_LINK_HEADERS})

    @get(
        CALLBACK_PATH,
        opt={ALSO: dict.fromkeys((400, 500, 502, 503), str)},
        media_type=MediaType.HTML,
        summary="The issuer's redirect",
    )
    async def callback(request: ControlRequest) -> Response[bytes]:
        """Finish the login that the redirect belongs to; a page."""
        if headers_of(request).get("sec-fetch-mode", "navigate") != "navigate":
            reply = _NOT_OPENED
        else:
            reply = await desk.browser.arrive(request.scope["query_string"].decode("latin-1"))
        return Response(page_of(reply), status_code=reply.status, media_type="text/html", headers=dict(HEADERS))

    return [login, callback]


def _browser(desk: LoginDesk) -> list[HTTPRouteHandler]:
    @post("/auth/login-start", status_code=HTTP_200_OK, may_fail=(429, 502), summary="Begin a login by browser")
    async def login_start(request: ControlRequest, data: JSONBody[LoginWanted | None] = None) -> Response[LoginBegun]:
        """Where a browser has to go; the address holds a secret of this login."""
        started = await desk.browser.start(through=_way_of(data, desk))
        return Response(_begun(started, remote=is_remote(request)), headers=_LINK_HEADERS)

    @post("/auth/login-status", status_code=HTTP_200_OK, sync_to_thread=False, summary="How far a login is")
    def login_status(data: JSONBody[NamedLogin]) -> LoginReport:
        """Pending, done or failed."""
        status = desk.browser.status(data.state)
        if isinstance(status, LoginPending):
            return LoginReport(status="pending", expires_at=iso(status.expires_at), callback_port=status.callback_port)
        return _report(status, desk)

    @post("/auth/login-cancel", status_code=HTTP_200_OK, summary="Give a login up")
    async def login_cancel(data: JSONBody[NamedLogin]) -> LoginReport:
        """Its end; one that is being finished comes to its own."""
        return _report(await desk.browser.cancel(data.state), desk)

    @post(
        "/auth/code-relay", status_code=HTTP_200_OK, may_fail=(409, 502), summary="Finish a login by its pasted address"
    )
    async def code_relay(request: ControlRequest, data: JSONBody[RelayCallback]) -> AddedAccount:
        """The address of the page that the login ended at, wherever the browser ran."""
        done = _done(await desk.browser.relay(data.callback_url))
        return added_account(desk.changes.added(done), await unknown_members(request, RelayCallback))

    return [login_start, login_status, login_cancel, code_relay]


def _devices(desk: LoginDesk) -> list[HTTPRouteHandler]:
    @post("/auth/device-login", status_code=HTTP_200_OK, may_fail=(429, 502), summary="Begin a login by device code")
    async def device_login(data: JSONBody[LoginWanted | None] = None) -> DeviceBegun:
        """A code to enter in any browser."""
        started = await desk.devices.start(through=_way_of(data, desk))
        return DeviceBegun(
            user_code=started.user_code,
            verification_uri=started.page_url,
            verification_uri_complete=started.page_url,
            device_code=started.handle,
            expires_in=round(started.expires_at - desk.now()),
            interval=started.interval_seconds,
        )

    @post(DEVICE_PATH, status_code=HTTP_200_OK, may_fail=(409, 502), summary="How far a login by device code is")
    async def device_poll(device_code: DeviceHandle) -> AddedAccount | DeviceWaits:
        """Asks the issuer where it is time."""
        return await _polled(device_code, desk)

    @get(DEVICE_PATH, may_fail=(409, 502), summary="How far a login by device code is")
    async def get_device_poll(device_code: DeviceHandle) -> AddedAccount | DeviceWaits:
        """The same as with POST, for programs that know this form only."""
        return await _polled(device_code, desk)

    return [device_login, device_poll, get_device_poll]


def _tokens(desk: LoginDesk) -> list[HTTPRouteHandler]:
    @post("/auth/token", status_code=HTTP_200_OK, may_fail=(409, 502), summary="Log in with a token")
    async def give_token(request: ControlRequest, data: JSONBody[GivenToken]) -> AddedAccount:
        """An access token, or a refresh token that is exchanged at once."""
        added = await desk.changes.add([data.token])
        return added_account(added, await unknown_members(request, GivenToken))

    @post("/auth/import-cli", status_code=HTTP_200_OK, may_fail=(409, 502), summary="Take over the Codex CLI's login")
    async def import_cli(request: ControlRequest, data: JSONBody[ImportCli | None] = None) -> CliImported:
        """``copy`` takes the access token alone; the refresh token of two programs logs both out."""
        imported = await desk.cli.run((data or ImportCli()).mode)
        added = desk.changes.added(imported.done)
        return CliImported(
            account=added.account,
            added=added.added,
            kept_newer=added.kept_newer,
            notice=imported.warning,
            warnings=await unknown_members(request, ImportCli),
        )

    return [give_token, import_cli]


async def _polled(device_code: str, desk: LoginDesk) -> AddedAccount | DeviceWaits:
    status = await desk.devices.poll(device_code)
    if isinstance(status, DevicePending):
        return DeviceWaits(interval=status.interval_seconds, trouble=status.trouble)
    return added_account(desk.changes.added(_done(status)))


def _way_of(wanted: LoginWanted | None, desk: LoginDesk) -> str | None:
    """The account by whose way a login leaves, None for a new one's; raises ``UnknownAccount``."""
    row_id = None if wanted is None else wanted.account_id
    return None if row_id is None else desk.views.record(row_id).row_id


def _begun(started: LoginStarted, *, remote: bool) -> LoginBegun:
    return LoginBegun(
        auth_url=started.auth_url,
        state=started.state,
        callback_port=started.callback_port,
        expires_at=iso(started.expires_at),
        notice=started.notice,
        ways=ways_to_log_in(remote=remote, callback_possible=started.callback_port is not None),
    )


def _report(end: LoginEnd, desk: LoginDesk) -> LoginReport:
    if isinstance(end, LoginFailed):
        return LoginReport(status="failed", code=end.reason, error=end.message)
    added = desk.changes.added(end)
    return LoginReport(status="done", account=added.account, added=added.added)


def _done(end: LoginEnd) -> LoginDone:
    if isinstance(end, LoginDone):
        return end
    details: dict[str, Any] | None = None if end.refusal is None else {"refusal": end.refusal.value}
    raise ControlError(STATUS_OF.get(end.reason, 400), end.reason.value, end.message, details=details)
