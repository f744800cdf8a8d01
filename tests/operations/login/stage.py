"""An issuer, a listener, files and a clock that do what a test says, and logins over them."""

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason, Refusal, grant_of
from codex_proxy.accounts.record import AccountRecord, Secrets
from codex_proxy.accounts.store import NewAccount, PutOutcome, StoreUnusable
from codex_proxy.operations.login.browser import BrowserLogins
from codex_proxy.operations.login.device import DeviceLogins
from codex_proxy.operations.login.ports import (
    Arrive,
    Authorization,
    AuthorizationCode,
    DeviceCode,
    FileSeen,
    FileUnreadable,
    LoginParts,
    NoCallbackPort,
    StillWaiting,
)
from codex_proxy.simulator.tokens import Issue, Person, access_token, person_of
from tests.stores.memory_store import MemoryAccountStore

_T = TypeVar("_T")

NOW = 1_800_000_000.0
DAY = 86_400.0
ISSUER = "https://auth.example"
OWNER = person_of("acc-1", email="owner@example.invalid")
COLLEAGUE = person_of("acc-1", user_id="user-2", email="colleague@example.invalid")


def token(person: Person = OWNER, *, issued_at: float = NOW, lasts: float = 10 * DAY) -> str:
    """An access token."""
    return access_token(person, Issue(issued_at=issued_at, expires_at=issued_at + lasts))


def grant(person: Person = OWNER, *, issued_at: float = NOW, refresh_token: str | None = "rt_from-the-login") -> Grant:
    """What a login brings."""
    secrets = Secrets(access_token=token(person, issued_at=issued_at), refresh_token=refresh_token)
    return grant_of(secrets, issuer=ISSUER, now=issued_at)


class SteppedClock:
    """Time that stands still until the test moves it on."""

    def __init__(self) -> None:
        self.time = NOW
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        waker = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.time + seconds, waker))
        await waker

    async def pass_(self, seconds: float) -> None:
        await settled()
        self.time += seconds
        for until_time, waker in self._sleepers:
            if until_time <= self.time and not waker.done():
                waker.set_result(None)
        await settled()


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


class StandInIssuer:
    """Implements ``LoginIssuer`` and ``TokenIssuer``; answers in order, and waits for ``gate`` where it is shut."""

    issuer = ISSUER

    def __init__(self) -> None:
        self.grants: deque[Grant | IssuerError] = deque()
        self.answers: deque[AuthorizationCode | StillWaiting | IssuerError] = deque()
        self.device: DeviceCode | IssuerError = DeviceCode(
            device_auth_id="device-secret", user_code="ABCD-12345", page_url=f"{ISSUER}/device", interval_seconds=5.0
        )
        self.renewals: deque[Grant | IssuerError] = deque()
        self.sent: list[tuple[str, str]] = []
        self.exchanged: list[tuple[AuthorizationCode, str]] = []
        self.asked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def authorization_url(self, authorization: Authorization) -> str:
        return f"{ISSUER}/authorize?state={authorization.state}"

    async def exchange_code(self, code: AuthorizationCode, *, row_id: str) -> Grant:
        self.exchanged.append((code, row_id))
        await self.gate.wait()
        return _answer(self.grants.popleft())

    async def begin_device(self, *, row_id: str) -> DeviceCode:
        assert row_id
        return _answer(self.device)

    async def ask_device(self, device: DeviceCode, *, row_id: str) -> AuthorizationCode | StillWaiting:
        assert device.device_auth_id
        self.asked.append(row_id)
        await self.gate.wait()
        told = self.answers.popleft()
        if isinstance(told, IssuerError):
            raise told
        return told

    async def refresh(self, refresh_token: str, *, issuer: str, reason: RefreshReason, row_id: str) -> Grant:
        assert reason is RefreshReason.PROACTIVE
        self.sent.append((refresh_token, issuer))
        return _answer(self.renewals.popleft())

    async def revoke(self, refresh_token: str, *, issuer: str, row_id: str) -> None:
        raise AssertionError("no login revokes anything")


def _answer(told: _T | IssuerError) -> _T:
    if isinstance(told, IssuerError):
        raise told
    return told


class StandInListener:
    """Implements ``CallbackListener``; ``ports`` are those that can be had."""

    def __init__(self, *ports: int) -> None:
        self.ports = list(ports)
        self.port: int | None = None
        self.arrive: Arrive | None = None
        self.give_up: Callable[[], None] | None = None

    async def open(self, arrive: Arrive, *, give_up: Callable[[], None]) -> int:
        assert self.port is None
        if not self.ports:
            raise NoCallbackPort("127.0.0.1:1455 is already in use")
        self.port, self.arrive, self.give_up = self.ports[0], arrive, give_up
        return self.port

    async def close(self) -> None:
        self.port = None


class FullStore(MemoryAccountStore):
    """A store on a full disk."""

    async def put(self, new: NewAccount, *, now: float) -> PutOutcome:
        raise StoreUnusable("accounts.sqlite cannot be written: disk full")


class StandInFiles:
    """Implements ``CredentialFiles``; each content is a version."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = {f"/home/{name}.json": content for name, content in contents.items()}
        self.reads: list[str] = []

    def default_path(self) -> Path:
        return Path("/home/auth.json")

    async def changed_at_ns(self, path: Path) -> int:
        return hash(self._content(path))

    async def read(self, path: Path) -> FileSeen:
        self.reads.append(str(path))
        content = self._content(path)
        return FileSeen(path=str(path), content=content, changed_at_ns=hash(content))

    def _content(self, path: Path) -> bytes:
        if str(path) not in self.contents:
            raise FileUnreadable(f"{path} cannot be read: No such file or directory")
        return self.contents[str(path)]


class Stage:
    """Logins, and everything they stand on."""

    def __init__(self, *ports: int, store: MemoryAccountStore | None = None) -> None:
        self.store = store or MemoryAccountStore()
        self.allowed = True
        self.issuer, self.clock = StandInIssuer(), SteppedClock()
        self.listener = StandInListener(*(ports or (1455,)))
        numbers = itertools.count(1)
        self.parts = LoginParts(
            store=self.store,
            issuer=self.issuer,
            clock=self.clock,
            random_bytes=lambda size_bytes: next(numbers).to_bytes(size_bytes),
            allowed=lambda: self.allowed,
        )
        self.browser = BrowserLogins(self.parts, listener=self.listener)
        self.devices = DeviceLogins(self.parts)

    def port(self) -> int | None:
        """Where redirects are awaited now."""
        return self.listener.port

    async def accounts(self) -> tuple[AccountRecord, ...]:
        return (await self.store.load()).changed

    async def account(self) -> AccountRecord:
        """The only one there is."""
        [record] = await self.accounts()
        return record

    async def keep(self, kept: Grant | None = None, **members: Any) -> AccountRecord:
        """An account that is there already."""
        told = kept or grant(issued_at=NOW - DAY, refresh_token="rt_of-before")
        new = NewAccount(
            row_id="0000000000000abc",
            identity=told.identity,
            secrets=told.secrets,
            issued_at=told.issued_at,
            expires_at=told.expires_at,
            **members,
        )
        return (await self.store.put(new, now=NOW - DAY)).record


def bad_code() -> IssuerError:
    return IssuerError(Refusal.BAD_CODE, "the issuer answered 400 invalid_grant", status=400)
