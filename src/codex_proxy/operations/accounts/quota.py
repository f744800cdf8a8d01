"""Limits that the owner wants to know now: of one account with the upstream's own words, or of all of them.

Rules of this file: every account that is not dead can be asked for, since that is the way out of a limit; many at once
get a bounded time, and who was not reached in it is shown as it was known.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.quota.shown import ShownQuota
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.accounts.parts import AccountUnusable, UnknownAccount, UpstreamRefused
from codex_proxy.operations.accounts.views import AccountViews, is_dead
from codex_proxy.operations.quota.usage import NoSuchAccount, UsageQueries
from codex_proxy.protocols.codex.usage import UsageAnswer

ALL_SECONDS: Final = 20.0  # reverse proxies give up after 30 to 60
NOW_SECONDS: Final = 2.0  # an answer so old is the one that somebody else just asked for

HINTS: Final[Mapping[FailureKind, str]] = {
    FailureKind.UNAUTHORIZED: "the upstream refuses its token: refresh the account, or log in again",
    FailureKind.DEACTIVATED: "the upstream closed the account",
    FailureKind.CHALLENGE: "a browser challenge stands before the upstream: try another egress, or wait",
    FailureKind.REGION_BLOCKED: "the upstream refuses the country of this egress: choose another one",
    FailureKind.UNREACHABLE: "the upstream cannot be reached: look at the account's egress proxy",
    FailureKind.TIMEOUT: "the upstream gave no answer in time: try again",
}
"""What the owner can do about it."""


class QuotaReading(msgspec.Struct, frozen=True, kw_only=True):
    """An account's limits as they are shown, and the upstream's answer as it came."""

    quota: ShownQuota | None
    raw: msgspec.Raw


class QuotaSweep(msgspec.Struct, frozen=True, kw_only=True):
    """What became of asking for everybody's limits: counts of accounts; ``late`` ones were not reached in time."""

    asked: int
    answered: int
    failed: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaParts:
    """What asking works with."""

    pool: AccountPool
    views: AccountViews
    queries: UsageQueries
    clock: Clock
    all_seconds: float = ALL_SECONDS


class QuotaLooks:
    """Asks the upstream for limits."""

    def __init__(self, parts: QuotaParts) -> None:
        self._parts = parts

    async def one(self, row_id: str) -> QuotaReading:
        """An account's limits, asked for now.

        Raises:
            UnknownAccount: there is no such account.
            AccountUnusable: it needs a login.
            UpstreamRefused: there is no answer.
        """
        answer, body = await self.ask(row_id)
        if isinstance(answer, Failure):
            raise UpstreamRefused(answer)
        return QuotaReading(quota=self._parts.views.quota(row_id), raw=msgspec.Raw(body))

    async def ask(self, row_id: str) -> tuple[UsageAnswer, bytes]:
        """The upstream's answer and the body it came in; raises like ``one``, but for the last."""
        found = self._parts.pool.condition(row_id)
        if found is None:
            raise UnknownAccount(row_id)
        if is_dead(found[1], self._parts.clock.now()):
            raise AccountUnusable
        try:
            return await self._parts.queries.ask(row_id, at_most_old_seconds=NOW_SECONDS)
        except NoSuchAccount:
            raise UnknownAccount(row_id) from None

    async def all(self) -> QuotaSweep:
        """Ask for the limits of everybody who can be asked for."""
        row_ids = self._askable()
        ends: Counter[str] = Counter()
        try:
            async with asyncio.timeout(self._parts.all_seconds), asyncio.TaskGroup() as tasks:
                for row_id in row_ids:
                    tasks.create_task(self._count(row_id, ends))
        except TimeoutError:
            pass
        return QuotaSweep(
            asked=len(row_ids),
            answered=ends["answered"],
            failed=ends["failed"],
            late=len(row_ids) - ends.total(),
        )

    def _askable(self) -> list[str]:
        now, found = self._parts.clock.now(), []
        for record in self._parts.pool.records():
            known = self._parts.pool.condition(record.row_id)
            if known is not None and known[1].enabled and not is_dead(known[1], now):
                found.append(record.row_id)
        return found

    async def _count(self, row_id: str, ends: Counter[str]) -> None:
        try:
            answer, _ = await self._parts.queries.ask(row_id)
        except NoSuchAccount:  # it went while it waited
            ends["failed"] += 1
            return
        ends["failed" if isinstance(answer, Failure) else "answered"] += 1
