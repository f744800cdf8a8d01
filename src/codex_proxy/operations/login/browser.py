"""Logins by browser: started here, finished at the issuer, answered by a redirect or by its pasted address.

Rules of this file: a login lives in memory only, for five minutes, and its code is exchanged once, whoever brings it:
who comes second gets what the first one got.  The listener is there while a login may use it and goes at once when
another program's redirect arrives, since it would swallow them.
"""

import asyncio
import base64
from collections.abc import Coroutine
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from codex_proxy.accounts.issuer import IssuerError
from codex_proxy.operations.login.callback import (
    INCOMPLETE,
    NOT_OURS,
    CallbackAnswer,
    InvalidCallback,
    denied,
    parse_pasted,
    parse_query,
    reply_to,
)
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
from codex_proxy.operations.login.ports import (
    CALLBACK_PATH,
    CALLBACK_PORTS,
    Authorization,
    AuthorizationCode,
    CallbackListener,
    CallbackReply,
    LoginParts,
    NoCallbackPort,
)

LOGIN_SECONDS: Final = 300.0
KEPT_SECONDS: Final = 300.0  # how long an end can be asked for
MAX_LOGINS: Final = 16
VERIFIER_BYTES: Final = 64
STATE_BYTES: Final = 32

_T = TypeVar("_T")
_EXPIRED: Final = LoginFailed(reason=Reason.EXPIRED, message="the login was not finished within five minutes")
_CANCELLED: Final = LoginFailed(reason=Reason.CANCELLED, message="the login was cancelled")


class LoginStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A login to be finished in a browser at ``auth_url`` before ``expires_at``.

    ``callback_port`` is where its redirect is awaited; None where that cannot be, ``notice`` says why, and the address
    of the page after the login has to be pasted.
    """

    auth_url: str
    state: str
    callback_port: int | None
    expires_at: float
    notice: str | None = None

    def __repr__(self) -> str:
        return f"LoginStarted(callback_port={self.callback_port!r}, expires_at={self.expires_at!r})"


class LoginPending(msgspec.Struct, frozen=True, kw_only=True):
    """A login that is not finished; ``callback_port`` is None where its address has to be pasted."""

    expires_at: float
    callback_port: int | None


LoginStatus: TypeAlias = LoginPending | LoginEnd


class BrowserLogins:
    """The logins under way; ``close`` when done."""

    def __init__(self, parts: LoginParts, *, listener: CallbackListener) -> None:
        self._parts = parts
        self._listener = listener
        self._logins: dict[str, _Login] = {}
        self._port: int | None = None
        self._switching = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def may_begin(self) -> bool:
        """Whether the owner lets logins begin."""
        return self._parts.allowed()

    async def start(self, *, through: str | None = None) -> LoginStarted:
        """Begin a login; ``through`` is the account whose egress it leaves by, a new one's without it.

        Raises:
            LoginsOff: the owner lets none begin.
            TooManyLogins: as many as are allowed are being finished just now.
        """
        refuse_unless_allowed(self._parts)
        notice = await self._listen()
        self._make_room()
        login = self._new_login(through)
        self._logins[login.authorization.state] = login
        login.watch = self._spawn(self._watch(login))
        return LoginStarted(
            auth_url=self._parts.issuer.authorization_url(login.authorization),
            state=login.authorization.state,
            callback_port=login.port,
            expires_at=login.expires_at,
            notice=notice,
        )

    def status(self, state: str) -> LoginStatus:
        """How far a login is; raises ``UnknownLogin``."""
        login = self._find(state)
        if login.end is not None:
            return login.end
        port = login.port if login.port == self._port else None
        return LoginPending(expires_at=login.expires_at, callback_port=port)

    async def relay(self, pasted: str) -> LoginEnd:
        """Finish a login by the address that its browser ended at.

        Raises:
            InvalidCallback: what was pasted is no such address.
            UnknownLogin: it belongs to no login of ours.
        """
        return await self._finish(parse_pasted(pasted))

    async def arrive(self, query: str) -> CallbackReply:
        """Finish a login by the query of its redirect; what the browser is to see."""
        try:
            answer = parse_query(query)
        except InvalidCallback:
            return INCOMPLETE
        try:
            return reply_to(await self._finish(answer))
        except UnknownLogin:
            self._give_up()
            return NOT_OURS

    async def cancel(self, state: str) -> LoginEnd:
        """Give a login up, unless it is being finished already; its end.  Raises ``UnknownLogin``."""
        login = self._find(state)
        if login.exchange is not None:
            return await asyncio.shield(login.exchange)
        if login.end is None:
            login.end = _CANCELLED
            await self._release(only_if_idle=True)
        return login.end

    async def close(self) -> None:
        """Let codes that are being exchanged come to their end, give up the rest, and stop listening."""
        for login in self._logins.values():
            if login.watch is not None:
                login.watch.cancel()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._release()

    async def _finish(self, answer: CallbackAnswer) -> LoginEnd:
        login = self._find(answer.state)
        if login.end is not None:
            return login.end
        if login.exchange is None:
            if answer.code is None:
                login.end = denied(answer)
                self._spawn(self._release(only_if_idle=True))
                return login.end
            login.exchange = self._spawn(self._exchange(login, answer.code))
        return await asyncio.shield(login.exchange)  # whoever asks may leave; the code is spent all the same

    async def _exchange(self, login: "_Login", code: str) -> LoginEnd:
        asked = login.authorization
        spent = AuthorizationCode(code=code, verifier=asked.verifier, redirect_uri=asked.redirect_uri)
        try:
            grant = await self._parts.issuer.exchange_code(spent, row_id=login.row_id)
            login.end = await keep_grant(self._parts, grant)
        except IssuerError as error:
            login.end = refused_by_issuer(error)
        finally:
            self._spawn(self._release(only_if_idle=True))
        return login.end

    async def _watch(self, login: "_Login") -> None:
        """Give the login up when its time is over, and forget it when nobody asks any more."""
        await self._parts.clock.sleep(LOGIN_SECONDS)
        if login.is_open:
            login.end = _EXPIRED
            await self._release(only_if_idle=True)
        await self._parts.clock.sleep(KEPT_SECONDS)
        self._logins.pop(login.authorization.state, None)

    async def _listen(self) -> str | None:
        """Listen for redirects; where that cannot be, why."""
        async with self._switching:
            if self._port is None:
                try:
                    self._port = await self._listener.open(self.arrive, give_up=self._give_up)
                except NoCallbackPort as error:
                    return str(error)
            return None

    def _give_up(self) -> None:
        """Release the port for another program; a login here can still be finished by its pasted address."""
        self._spawn(self._release())

    async def _release(self, *, only_if_idle: bool = False) -> None:
        async with self._switching:
            if only_if_idle and any(login.end is None for login in self._logins.values()):
                return
            self._port = None
            await self._listener.close()

    def _new_login(self, through: str | None) -> "_Login":
        port = CALLBACK_PORTS[0] if self._port is None else self._port
        authorization = Authorization(
            state=self._random_text(STATE_BYTES),
            verifier=self._random_text(VERIFIER_BYTES),
            redirect_uri=f"http://127.0.0.1:{port}{CALLBACK_PATH}",
        )
        return _Login(
            authorization,
            row_id=through or self._parts.new_row_id(),
            port=self._port,
            expires_at=self._parts.clock.now() + LOGIN_SECONDS,
        )

    def _random_text(self, size_bytes: int) -> str:
        return base64.urlsafe_b64encode(self._parts.random_bytes(size_bytes)).rstrip(b"=").decode()

    def _find(self, state: str) -> "_Login":
        login = self._logins.get(state)
        if login is None:
            raise UnknownLogin
        if login.is_open and self._parts.clock.now() >= login.expires_at:
            login.end = _EXPIRED  # the machine slept past its time
            self._spawn(self._release(only_if_idle=True))
        return login

    def _make_room(self) -> None:
        """Forget the oldest login that is over, else the oldest that nobody has answered."""
        while len(self._logins) >= MAX_LOGINS:
            spare = [login for login in self._logins.values() if login.exchange is None or login.end is not None]
            if not spare:
                raise TooManyLogins
            least = min(spare, key=lambda login: login.is_open)
            least.end = least.end or _CANCELLED
            if least.watch is not None:
                least.watch.cancel()
            del self._logins[least.authorization.state]

    def _spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


class _Login:
    """One login; ``row_id`` is the account it leaves through, ``port`` where its redirect was to be awaited."""

    __slots__ = ("authorization", "end", "exchange", "expires_at", "port", "row_id", "watch")

    def __init__(self, authorization: Authorization, *, row_id: str, port: int | None, expires_at: float) -> None:
        self.authorization = authorization
        self.row_id = row_id
        self.port = port
        self.expires_at = expires_at
        self.end: LoginEnd | None = None
        self.exchange: asyncio.Task[LoginEnd] | None = None
        self.watch: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer to it is awaited still."""
        return self.end is None and self.exchange is None
