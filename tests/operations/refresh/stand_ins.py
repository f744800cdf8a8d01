"""An issuer that says what a test tells it, locks in memory, and accounts that note what they are told."""

import asyncio
import itertools
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason
from codex_proxy.accounts.record import AccountRecord, Identity, RefreshIntent, Secrets
from codex_proxy.accounts.store import AccountStore, NewAccount, Renewed, StoreUnusable
from codex_proxy.operations.refresh.exchange import ExchangeParts, Refreshed
from tests.gateway.scene import FakeClock
from tests.stores.memory_store import MemoryAccountStore

ISSUER = "https://issuer.invalid"
WHO = Identity(issuer=ISSUER, account_id="workspace", user_id="person")
DAY = 86_400.0


def grant(number: int, **members: Any) -> Grant:
    """The pair number ``number``, issued at that second."""
    secrets = Secrets(access_token=f"access-{number}", refresh_token=f"refresh-{number}")
    known: dict[str, Any] = {"identity": WHO, "secrets": secrets, "issued_at": float(number), "expires_at": 10 * DAY}
    return Grant(**known | members)


class ScriptedIssuer:
    """Implements ``TokenIssuer``; answers in order, and waits for ``gate`` before each answer where it is shut."""

    def __init__(self) -> None:
        self.answers: deque[Grant | IssuerError | BaseException] = deque()
        self.sent: list[str] = []
        self.reasons: list[RefreshReason] = []
        self.revoked: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def refresh(self, refresh_token: str, *, issuer: str, reason: RefreshReason, row_id: str) -> Grant:
        assert (issuer, bool(row_id)) == (ISSUER, True)
        self.sent.append(refresh_token)
        self.reasons.append(reason)
        await self.gate.wait()
        answer = self.answers.popleft()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def revoke(self, refresh_token: str, *, issuer: str, row_id: str) -> None:
        assert (issuer, bool(row_id)) == (ISSUER, True)
        self.revoked.append(refresh_token)


class MemoryLocks:
    """Implements ``RefreshLocks`` for one process; ``busy`` ones belong to somebody else."""

    def __init__(self) -> None:
        self.busy: set[str] = set()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def hold(self, row_id: str, *, wait_seconds: float) -> AsyncIterator[bool]:
        assert wait_seconds > 0
        if row_id in self.busy:
            yield False
            return
        async with self._locks[row_id]:
            yield True


class FailingStore(MemoryAccountStore):
    """A store that fails for a while where it should keep a new pair, or to which something happens just before."""

    def __init__(self, *, failures: int) -> None:
        super().__init__()
        self.failures = failures
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def finish_refresh(self, intent: RefreshIntent, renewed: Renewed, *, now: float) -> AccountRecord | None:
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.failures:
            self.failures -= 1
            raise StoreUnusable("the disk is full")
        return await super().finish_refresh(intent, renewed, now=now)


class Live:
    """Implements ``LiveAccounts``."""

    def __init__(self) -> None:
        self.taken: list[AccountRecord] = []
        self.dropped: list[str] = []
        self.failures: list[Refreshed] = []
        self.under_way: set[str] = set()
        self.given_up: set[str] = set()

    def may_renew(self, row_id: str) -> bool:
        return row_id not in self.given_up

    def refreshing(self, row_id: str, *, under_way: bool) -> None:
        (self.under_way.add if under_way else self.under_way.discard)(row_id)

    async def take(self, record: AccountRecord) -> None:
        self.taken.append(record)

    async def drop(self, row_id: str) -> None:
        self.dropped.append(row_id)

    def refused(self, row_id: str, refreshed: Refreshed) -> None:
        assert row_id
        self.failures.append(refreshed)


class Ground:
    """An account ``a`` with the pair number 0, and what renews it."""

    def __init__(self, store: MemoryAccountStore | None = None) -> None:
        self.store: AccountStore = store or MemoryAccountStore()
        self.issuer, self.locks, self.clock = ScriptedIssuer(), MemoryLocks(), FakeClock()
        self.complaints: list[str] = []
        numbers = itertools.count()
        self.parts = ExchangeParts(
            store=self.store,
            locks=self.locks,
            issuer=self.issuer,
            clock=self.clock,
            new_row_id=lambda: f"new-{next(numbers)}",
            complain=lambda what, error: self.complaints.append(f"{what}: {error}"),
        )

    async def begin(self, row_id: str = "a", number: int = 0, identity: Identity = WHO) -> AccountRecord:
        """Keep an account with a pair."""
        pair = grant(number)
        new = NewAccount(
            row_id=row_id,
            identity=identity,
            secrets=Secrets(access_token=f"access-{number}-{row_id}", refresh_token=f"refresh-{number}-{row_id}"),
            issued_at=pair.issued_at,
            expires_at=pair.expires_at,
        )
        return (await self.store.put(new, now=self.clock.now())).record

    async def secrets(self, row_id: str = "a") -> Secrets | None:
        return await self.store.secrets(row_id)
