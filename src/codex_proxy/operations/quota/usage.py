"""Usage queries: asked when one is due, or when the owner wants to know.

Rules of this file: one query of an account at a time, which everybody who wants it waits for; an answer is believed
for half a minute; a refusal means for the account what it means on any other call.  A query is no request: it takes no
slot and is not counted.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.lifecycle.evidence import ends_at, evidence_of
from codex_proxy.accounts.lifecycle.states import occurrences_of_probe
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import ClientIdentity
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.quota.asking import Asker, WholeReply
from codex_proxy.protocols.codex.usage import PATHS, UsageAnswer, UsageReading, build_usage_call, parse_usage

QUERY_SECONDS: Final = 15.0
FRESH_SECONDS: Final = 30.0


class NoSuchAccount(Exception):
    """There is no such account, or it has no access token to ask with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageParts:
    """What queries work with; ``concurrency`` bounds those under way at once."""

    asker: Asker
    pool: AccountPool
    clock: Clock
    client: Callable[[], ClientIdentity]
    concurrency: int = 10


class UsageQueries:
    """Asks for usage and tells the pool."""

    def __init__(self, parts: UsageParts) -> None:
        self._parts = parts
        self._slots = asyncio.Semaphore(parts.concurrency)
        self._turns: dict[str, asyncio.Lock] = {}
        self._answers: dict[str, tuple[float, UsageAnswer, bytes]] = {}

    def change_concurrency(self, concurrency: int) -> None:
        """So many at once from now on; those under way go on beside them."""
        self._slots = asyncio.Semaphore(concurrency)

    async def ask(self, row_id: str, *, at_most_old_seconds: float = FRESH_SECONDS) -> tuple[UsageAnswer, bytes]:
        """The account's usage and the body it came in; the pool knows it too.

        Raises:
            NoSuchAccount: see there.
        """
        turn = self._turns.setdefault(row_id, asyncio.Lock())
        async with turn:
            known = self._answers.get(row_id)
            now = self._parts.clock.monotonic()
            if known is not None and now - known[0] < at_most_old_seconds and isinstance(known[1], UsageReading):
                return known[1], known[2]
            async with self._slots:
                account = self._account(row_id)
                answer, body = await self._query(account)
            self._answers[row_id] = (now, answer, body)
            self._tell(account, answer)
            return answer, body

    def forget(self, row_id: str) -> None:
        """The account is gone, or what was known of it is no news any more."""
        self._answers.pop(row_id, None)
        turn = self._turns.get(row_id)
        if turn is not None and not turn.locked():
            del self._turns[row_id]

    def _account(self, row_id: str) -> Account:
        try:
            return self._parts.pool.account(row_id)
        except KeyError as error:
            raise NoSuchAccount(row_id) from error

    async def _query(self, account: Account) -> tuple[UsageAnswer, bytes]:
        for path in PATHS:
            call = build_usage_call(self._parts.client(), account.credential, path=path)
            try:
                async with asyncio.timeout(QUERY_SECONDS):
                    reply = await self._parts.asker.ask(call, account)
            except TimeoutError:
                return Failure(kind=FailureKind.TIMEOUT, message="the usage query got no answer in time"), b""
            if isinstance(reply, Failure):
                return reply, b""
            if reply.status != 404 or path == PATHS[-1]:
                return _parsed(reply), reply.body
        raise AssertionError("the last path always returns")

    def _tell(self, account: Account, answer: UsageAnswer) -> None:
        pool, now = self._parts.pool, self._parts.clock.now()
        if isinstance(answer, UsageReading):
            pool.observe(account.row_id, answer.limits, now)
            return
        for occurrence in occurrences_of_probe(answer):
            news = News(
                occurrence=occurrence,
                generation=account.generation,
                until=ends_at(answer, now=now),
                evidence=evidence_of(answer),
            )
            pool.settle(account.row_id, news, now)


def _parsed(reply: WholeReply) -> UsageAnswer:
    return parse_usage(reply.status, reply.headers, reply.body)
