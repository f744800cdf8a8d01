"""A gateway's accounts, an issuer that knows some refresh tokens, and imports and exports over them."""

import asyncio
import itertools
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec

from codex_proxy.access.bound_keys import BoundKeys
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.formats.rows import AccountFile
from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason, Refusal, grant_of
from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.record import AccountRecord, Secrets
from codex_proxy.accounts.store import AccountStore, Edit, NewAccount, PutOutcome, StoreUnusable
from codex_proxy.operations.egress.book import EgressBook, EgressPolicy
from codex_proxy.operations.egress.pool import PoolParts, ProxyPool
from codex_proxy.operations.jobs_book import Ticket
from codex_proxy.operations.keeping.keeper import AccountKeeper, KeeperParts
from codex_proxy.operations.refresh.exchange import ExchangeParts, Refreshed, renew
from codex_proxy.operations.transfer.bodies import BodyForm
from codex_proxy.operations.transfer.exporting import AccountExport
from codex_proxy.operations.transfer.importing import AccountImport
from codex_proxy.operations.transfer.parts import TransferParts
from codex_proxy.operations.transfer.tally import Imported
from codex_proxy.simulator.tokens import Person
from tests.accounts.formats.samples import CLIENT_ID, DAY, ISSUER, NOW, OWNER, token
from tests.operations.keeping.remembering import conversations
from tests.operations.login.stage import SteppedClock
from tests.stores.memory_keeping import MemoryRefreshLocks
from tests.stores.memory_store import MemoryAccountStore
from tests.stores.places import Kept, in_memory

DEAD = "rt_" + "d" * 40


def refresh_token(name: object) -> str:
    """A refresh token with a name."""
    return f"rt_{name}_".ljust(43, "r")


def kept_token(person: Person = OWNER) -> str:
    """The refresh token of an account that is here already."""
    return refresh_token(f"kept-{person.user_id[-8:]}")


def granted(person: Person = OWNER, refresh: str | None = None, *, issued_at: float = NOW) -> Grant:
    """What an exchange brings."""
    secrets = Secrets(access_token=token(person, issued_at=issued_at), refresh_token=refresh)
    return grant_of(secrets, issuer=ISSUER, now=issued_at)


class KnowingIssuer:
    """Implements ``TokenIssuer``: each token works once.

    ``heard`` is told whose token came; ``gate`` holds answers up where it is shut.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Grant | IssuerError] = {}
        self.sent: list[str] = []
        self.heard: Callable[[str], None] = lambda row_id: None
        self.under_way, self.most_under_way = 0, 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def refresh(self, refresh_token: str, *, issuer: str, reason: RefreshReason, row_id: str) -> Grant:
        assert (issuer, reason, len(row_id)) == (ISSUER, RefreshReason.PROACTIVE, 16)
        self.sent.append(refresh_token)
        self.heard(row_id)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
            await asyncio.sleep(0)
        finally:
            self.under_way -= 1
        answer = self.answers.pop(refresh_token, IssuerError(Refusal.REFRESH_TOKEN_REUSED, "it was used before"))
        if isinstance(answer, IssuerError):
            raise answer
        return answer

    async def revoke(self, refresh_token: str, *, issuer: str, row_id: str) -> None:
        raise AssertionError("no import revokes anything")


class Renewing:
    """Implements ``Refreshing`` by the one function that refreshes."""

    def __init__(self, parts: ExchangeParts) -> None:
        self._parts = parts

    async def refresh(self, row_id: str, *, seen: int | None = None) -> Refreshed:
        assert seen is not None
        reason = RefreshReason.PROACTIVE
        return await renew(self._parts, row_id, seen_generation=seen, reason=reason, failures=0)


class FillingStore(MemoryAccountStore):
    """A store whose disk is full after so many writes."""

    def __init__(self, *, writes: int) -> None:
        super().__init__()
        self._left = writes

    async def put(self, new: NewAccount, *, now: float) -> PutOutcome:
        self._write()
        return await super().put(new, now=now)

    async def put_many(self, new: Sequence[NewAccount], *, now: float) -> tuple[PutOutcome, ...]:
        self._write()
        return tuple([await super(FillingStore, self).put(each, now=now) for each in new])

    def _write(self) -> None:
        if not self._left:
            raise StoreUnusable("codex-proxy.sqlite cannot be written: the disk is full")
        self._left -= 1


class Hall:
    """Everything a test stands on; ``store`` replaces the store of accounts in memory."""

    def __init__(self, *, kept: Kept | None = None, store: AccountStore | None = None) -> None:
        kept = kept or in_memory()
        self.store = store or kept.accounts
        self.clock, self.issuer = SteppedClock(), KnowingIssuer()
        self.clock.time = NOW
        self.ways_when_live: dict[str, str | None] = {}
        self._numbers = itertools.count(1)
        self.pool = AccountPool(affinity=AffinityMap())
        book = EgressBook(policy=EgressPolicy(), now=self.clock.now)
        self.proxies = ProxyPool(
            PoolParts(
                store=kept.egress,
                book=book,
                now=self.clock.now,
                new_id=self.new_id,
                taken=lambda _: None,
                rerouted=_nobody_cares,
            )
        )
        self.keeper = AccountKeeper(
            KeeperParts(
                store=self.store,
                conversations=conversations(self.pool.affinity, kept.affinity, kept.identities),
                pool=self.pool,
                bound_keys=BoundKeys(b"pepper"),
                clock=self.clock,
                complain=_unexpected,
                changed=self._has_its_way,
                gone=lambda row_id: None,
            )
        )
        exchange = ExchangeParts(
            store=self.store,
            locks=MemoryRefreshLocks(),
            issuer=self.issuer,
            clock=self.clock,
            new_row_id=self.new_id,
            complain=_unexpected,
        )
        self.parts = TransferParts(
            store=self.store,
            pool=self.pool,
            live=self.keeper,
            refreshing=Renewing(exchange),
            proxies=self.proxies,
            clock=self.clock,
            issuer=ISSUER,
            client_id=CLIENT_ID,
            new_id=self.new_id,
        )
        self.imports, self.exports = AccountImport(self.parts), AccountExport(self.parts)

    def new_id(self) -> str:
        """The next id."""
        return f"{next(self._numbers):016x}"

    async def read(self, content: Any, form: BodyForm = BodyForm.JSON, *, include_state: bool = False) -> AccountFile:
        """A file of plain data, or of bytes as they are."""
        body = content if isinstance(content, bytes) else msgspec.json.encode(content)
        return await self.imports.read(body, form, include_state=include_state)

    async def take(self, content: Any, *, include_state: bool = False, ticket: Ticket | None = None) -> Imported:
        """Import plain data."""
        return await self.imports.run(await self.read(content, include_state=include_state), ticket)

    async def keep(self, person: Person = OWNER, *, issued_at: float = NOW - 5 * DAY, **members: Any) -> AccountRecord:
        """An account that is here already, live, with a pair of tokens."""
        grant = granted(person, kept_token(person), issued_at=issued_at)
        new = NewAccount(
            row_id=self.new_id(),
            identity=grant.identity,
            secrets=grant.secrets,
            email=grant.email,
            plan=grant.plan,
            issued_at=grant.issued_at,
            expires_at=grant.expires_at,
        )
        record = (await self.store.put(new, now=issued_at)).record
        if members:
            record = await self.store.edit(record.row_id, Edit(**members)) or record
        await self.keeper.take(record)
        return record

    async def records(self) -> tuple[AccountRecord, ...]:
        """The accounts on disk."""
        return (await self.store.load()).changed

    async def record(self) -> AccountRecord:
        """The only account there is."""
        [record] = await self.records()
        return record

    def states(self) -> dict[str, State]:
        """What each account is to requests."""
        return {row_id: verdict.state for row_id, verdict in self.pool.verdicts(self.clock.now()).items()}

    def way(self, row_id: str) -> str | None:
        """The way out an account is given."""
        return self.proxies.assignments.get(row_id)

    def _has_its_way(self, record: AccountRecord) -> None:
        self.ways_when_live.setdefault(record.row_id, self.way(record.row_id))


async def _nobody_cares(row_ids: Collection[str]) -> None:
    """No connection has to be made anew here."""


def _unexpected(what: str, error: Exception) -> None:
    raise AssertionError(what) from error
