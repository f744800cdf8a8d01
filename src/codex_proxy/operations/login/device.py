"""Logins by device code: a person enters a code at the issuer's page, on whatever machine has a browser.

Rules of this file: the issuer is asked no more often than it wants, however often we are; its own id of a login stays
here.  A login that an answer was got for is finished once.  What hinders for now is told and waited out; the end comes
after 15 minutes.  Source: Codex CLI 0.169.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeAlias

import msgspec

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.operations.login.outcomes import (
    LoginEnd,
    LoginFailed,
    Reason,
    TooManyLogins,
    UnknownLogin,
    keep_grant,
    refuse_unless_allowed,
    refused_by_issuer,
)
from codex_proxy.operations.login.ports import AuthorizationCode, DeviceCode, LoginParts, StillWaiting

DEVICE_SECONDS: Final = 900.0
KEPT_SECONDS: Final = 300.0  # how long an end can be asked for
SLOWER_SECONDS: Final = 5.0  # source: RFC 8628, section 3.5
MAX_DEVICE_LOGINS: Final = 16
HANDLE_BYTES: Final = 18

_PASSING: Final = frozenset({Refusal.UNAVAILABLE, Refusal.UNREACHABLE, Refusal.NO_ANSWER, Refusal.CHALLENGE})
_EXPIRED: Final = LoginFailed(reason=Reason.EXPIRED, message="the code was not entered within 15 minutes")
_CANCELLED: Final = LoginFailed(reason=Reason.CANCELLED, message="the login was cancelled")


class DeviceStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A code to enter at ``page_url`` before ``expires_at``; ``handle`` names the login when asking how far it is."""

    handle: str
    user_code: str
    page_url: str
    interval_seconds: float
    expires_at: float

    def __repr__(self) -> str:
        return f"DeviceStarted(page_url={self.page_url!r}, expires_at={self.expires_at!r})"


class DevicePending(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody entered the code yet; ask again after ``interval_seconds``.  ``trouble`` hinders the login for now."""

    interval_seconds: float
    expires_at: float
    trouble: str | None = None


DeviceStatus: TypeAlias = DevicePending | LoginEnd


class DeviceLogins:
    """The device logins under way; ``close`` when done."""

    def __init__(self, parts: LoginParts) -> None:
        self._parts = parts
        self._logins: dict[str, _Login] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def start(self, *, through: str | None = None) -> DeviceStarted:
        """Begin a login; ``through`` is the account whose egress it leaves by, a new one's without it.

        Raises:
            LoginsOff: the owner lets none begin.
            TooManyLogins: as many as are allowed are under way.
            IssuerError: the issuer began none.
        """
        refuse_unless_allowed(self._parts)
        self._make_room()
        row_id = through or self._parts.new_row_id()
        device = await self._parts.issuer.begin_device(row_id=row_id)
        handle = self._parts.random_bytes(HANDLE_BYTES).hex()
        login = _Login(device, row_id=row_id, now=self._parts.clock.now())
        self._logins[handle] = login
        return DeviceStarted(
            handle=handle,
            user_code=device.user_code,
            page_url=device.page_url,
            interval_seconds=login.interval_seconds,
            expires_at=login.expires_at,
        )

    async def poll(self, handle: str) -> DeviceStatus:
        """How far a login is; the issuer is asked if it is time.  Raises ``UnknownLogin``."""
        login = self._find(handle)
        now = self._parts.clock.now()
        if login.asking is None and login.end is None:
            if now >= login.expires_at:
                login.end = _EXPIRED
            elif now >= login.ask_at:
                login.asking = self._spawn(self._ask(login))
        if login.asking is not None:
            await asyncio.shield(login.asking)  # whoever asks may leave; an answer works once
        return login.status

    async def cancel(self, handle: str) -> DeviceStatus:
        """Give a login up, unless an answer for it is being got; raises ``UnknownLogin``."""
        login = self._find(handle)
        if login.asking is not None:
            await asyncio.shield(login.asking)
        login.end = login.end or _CANCELLED
        return login.status

    async def close(self) -> None:
        """Let answers that are being got come to their end."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self, login: "_Login") -> None:
        try:
            code = login.code or await self._entered(login)
            if code is not None:
                await self._exchange(login, code)
        finally:
            login.asking = None
            login.ask_at = self._parts.clock.now() + login.wait_seconds

    async def _entered(self, login: "_Login") -> AuthorizationCode | None:
        """The issuer's word that the person has entered their code."""
        try:
            answer = await self._parts.issuer.ask_device(login.device, row_id=login.row_id)
        except IssuerError as error:
            login.hinder(error, passing=error.refusal in _PASSING)
            return None
        login.heard(answer)
        return login.code

    async def _exchange(self, login: "_Login", code: AuthorizationCode) -> None:
        try:
            grant = await self._parts.issuer.exchange_code(code, row_id=login.row_id)
        except IssuerError as error:
            login.hinder(error, passing=error.refusal is Refusal.UNREACHABLE)  # nothing sent: the code is good still
        else:
            login.end = await keep_grant(self._parts, grant)

    def _find(self, handle: str) -> "_Login":
        self._forget_old()
        login = self._logins.get(handle)
        if login is None:
            raise UnknownLogin
        return login

    def _forget_old(self) -> None:
        now = self._parts.clock.now()
        gone = [handle for handle, login in self._logins.items() if now >= login.expires_at + KEPT_SECONDS]
        for handle in gone:
            del self._logins[handle]

    def _make_room(self) -> None:
        self._forget_old()
        while len(self._logins) >= MAX_DEVICE_LOGINS:
            over = next((handle for handle, login in self._logins.items() if login.end is not None), None)
            if over is None:
                raise TooManyLogins
            del self._logins[over]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Login:
    """One login; ``code`` is what the issuer gave once the person had entered theirs."""

    def __init__(self, device: DeviceCode, *, row_id: str, now: float) -> None:
        self.device = device
        self.row_id = row_id
        self.interval_seconds = device.interval_seconds
        self.wait_seconds = device.interval_seconds
        self.ask_at = now + device.interval_seconds
        self.expires_at = now + DEVICE_SECONDS
        self.trouble: str | None = None
        self.code: AuthorizationCode | None = None
        self.asking: asyncio.Task[None] | None = None
        self.end: LoginEnd | None = None

    @property
    def status(self) -> DeviceStatus:
        """How far it is."""
        return self.end or DevicePending(
            interval_seconds=self.wait_seconds, expires_at=self.expires_at, trouble=self.trouble
        )

    def heard(self, answer: AuthorizationCode | StillWaiting) -> None:
        """Take note of the issuer's answer."""
        self.trouble = None
        match answer:
            case AuthorizationCode():
                self.code = answer
            case StillWaiting():
                self.interval_seconds += SLOWER_SECONDS if answer.slow_down else 0.0
                self.wait_seconds = max(self.interval_seconds, answer.wait_seconds or 0.0)

    def hinder(self, error: IssuerError, *, passing: bool) -> None:
        """Take note of a refusal; one that passes does not end the login."""
        self.trouble = str(error)
        if not passing:
            self.end = refused_by_issuer(error)
