"""Checks: whether an account still works, by renewing its credential or by a usage query.

Rules of this file: a credential is renewed by the one function that does that, and one that was renewed just now is not
tried out, since a call right after it was seen to get accounts banned.  Accounts are checked some time apart.  What
says nothing of an account (its egress, the network, the issuer's troubles) leaves it unjudged.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.lifecycle.evidence import redacted
from codex_proxy.accounts.lifecycle.status import AccountStatus
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.record import AccountRecord
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.accounts.parts import AccountUnusable, UnknownAccount
from codex_proxy.operations.accounts.quota import QuotaLooks
from codex_proxy.operations.accounts.views import AccountViews, is_over
from codex_proxy.operations.jobs_book import Progress, Ticket
from codex_proxy.operations.refresh.exchange import Outcome, Refreshed

LOST: Final = frozenset({FailureKind.DEACTIVATED, FailureKind.UNAUTHORIZED})
"""Failures that say that the account does not work."""
LIMITED: Final = frozenset(
    {
        FailureKind.USAGE_LIMIT,
        FailureKind.USAGE_NOT_INCLUDED,
        FailureKind.RATE_LIMITED,
        FailureKind.PAYMENT_REQUIRED,
    }
)
"""Failures that only an account that works gets."""


class Finding(StrEnum):
    """What a check found; ``SKIPPED``: nothing can be said."""

    ALIVE = "alive"
    DEAD = "dead"
    SKIPPED = "skipped"


class CheckResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What became of one account; ``durationMs`` is how long it took."""

    id: str
    email: str | None
    previous_status: AccountStatus
    result: Finding
    error: str | None = None
    duration_ms: int | None = None


class CheckSummary(msgspec.Struct, frozen=True, kw_only=True):
    """How many accounts were found how."""

    total: int
    alive: int
    dead: int
    skipped: int


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all, in the order they were asked for."""

    summary: CheckSummary
    results: tuple[CheckResult, ...]


class CheckPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts, how far apart they begin (seconds), and how many at once."""

    row_ids: tuple[str, ...]
    stagger_seconds: float = 3.0
    concurrency: int = 2


class Renewing(Protocol):
    """The one function that spends refresh tokens."""

    async def refresh(self, row_id: str, *, seen: int | None = None) -> Refreshed:
        """Renew the credential of generation ``seen``, and wait for the end."""
        ...

    async def renew(self, account: Account) -> bool:
        """Renew a credential that the upstream refused; False where none is to be had."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckParts:
    """What checking works with."""

    pool: AccountPool
    views: AccountViews
    quota: QuotaLooks
    renewing: Renewing
    clock: Clock


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    finding: Finding
    error: str | None = None


_Look: TypeAlias = Callable[[AccountRecord], Awaitable[_Found]]
_ALIVE: Final = _Found(finding=Finding.ALIVE)


class AccountChecks:
    """Checks accounts."""

    def __init__(self, parts: CheckParts) -> None:
        self._parts = parts

    async def refresh(self, row_id: str) -> CheckResult:
        """Renew an account's credential, or ask for its usage where there is nothing to renew it with.

        Raises:
            UnknownAccount: there is no such account.
        """
        record = self._parts.views.record(row_id)
        return await self._timed(record, self._renewed_or_queried)

    async def check(self, row_id: str) -> CheckResult:
        """Ask for an account's usage; renew its credential only where it does not work.  Raises ``UnknownAccount``."""
        record = self._parts.views.record(row_id)
        return await self._timed(record, self._checked)

    def plan(self, plan: CheckPlan) -> CheckPlan:
        """The plan, which names every enabled account where it named none.  Raises ``UnknownAccount``."""
        if plan.row_ids:
            row_ids = tuple(dict.fromkeys(plan.row_ids))
            for row_id in row_ids:
                self._parts.views.record(row_id)
        else:
            enabled = [record for record in self._parts.pool.records() if record.enabled]
            ordered = sorted(enabled, key=lambda record: (record.added_at, record.row_id))
            row_ids = tuple(record.row_id for record in ordered)
        return msgspec.structs.replace(plan, row_ids=row_ids)

    async def run(self, plan: CheckPlan, ticket: Ticket) -> Checked:
        """Check the accounts that the plan names, and tell the ticket how far it is; a stop leaves out the rest."""
        slots, results = asyncio.Semaphore(plan.concurrency), dict[str, CheckResult]()
        async with asyncio.TaskGroup() as checks:
            for place, row_id in enumerate(plan.row_ids):
                if place:
                    await self._parts.clock.sleep(plan.stagger_seconds)
                await slots.acquire()
                if ticket.stop_wanted:
                    break
                checks.create_task(self._one(row_id, results, slots, lambda: _tell(ticket, plan, results)))
        found = tuple(results[row_id] for row_id in plan.row_ids if row_id in results)
        counts = _counts(found)
        return Checked(summary=CheckSummary(total=len(found), **counts), results=found)

    async def _one(
        self, row_id: str, results: dict[str, CheckResult], slots: asyncio.Semaphore, tell: Callable[[], None]
    ) -> None:
        try:
            results[row_id] = await self.check(row_id)
        except UnknownAccount:  # it went while it waited for its turn
            return
        finally:
            slots.release()
            tell()

    async def _timed(self, record: AccountRecord, look: _Look) -> CheckResult:
        begun = self._parts.clock.monotonic()
        before = self._parts.views.status(record.row_id).status
        found = await look(record)
        return CheckResult(
            id=record.row_id,
            email=record.email,
            previous_status=before,
            result=found.finding,
            error=found.error,
            duration_ms=round((self._parts.clock.monotonic() - begun) * 1000),
        )

    async def _renewed_or_queried(self, record: AccountRecord) -> _Found:
        if record.death is None and record.has_refresh_token:
            refreshed = await self._parts.renewing.refresh(record.row_id, seen=record.generation)
            if refreshed.outcome is not Outcome.NOTHING_TO_SEND:
                return _of_refresh(refreshed)
        return await self._queried(record)

    async def _checked(self, record: AccountRecord) -> _Found:
        found = self._parts.pool.condition(record.row_id)
        works = found is not None and not is_over(found[1], self._parts.clock.now())
        return await (self._queried(record) if works else self._renewed_or_queried(record))

    async def _queried(self, record: AccountRecord) -> _Found:
        try:
            answer, _ = await self._parts.quota.ask(record.row_id)
        except AccountUnusable as error:
            return _Found(finding=Finding.DEAD, error=str(error) if record.death is None else record.death.value)
        if not isinstance(answer, Failure):
            return _ALIVE
        if answer.kind is FailureKind.UNAUTHORIZED and await self._renewed(record):
            return _ALIVE
        return _of_failure(answer)

    async def _renewed(self, record: AccountRecord) -> bool:
        try:
            return await self._parts.renewing.renew(self._parts.pool.account(record.row_id))
        except KeyError:
            return False


def _of_refresh(refreshed: Refreshed) -> _Found:
    error = refreshed.message or (refreshed.refusal.value if refreshed.refusal is not None else None)
    match refreshed.outcome:
        case Outcome.RENEWED | Outcome.ADOPTED:
            return _ALIVE
        case Outcome.DEAD:
            death = refreshed.record.death if refreshed.record is not None else None
            return _Found(finding=Finding.DEAD, error=error or (death.value if death is not None else None))
        case Outcome.POSTPONED | Outcome.NOTHING_TO_SEND:
            return _Found(finding=Finding.SKIPPED, error=error)
        case Outcome.GONE:
            return _Found(finding=Finding.SKIPPED, error="the account was removed or became another one's")


def _of_failure(failure: Failure) -> _Found:
    if failure.kind in LIMITED:
        return _ALIVE
    finding = Finding.DEAD if failure.kind in LOST else Finding.SKIPPED
    return _Found(finding=finding, error=f"{failure.kind.value}: {redacted(failure.message)}")


def _tell(ticket: Ticket, plan: CheckPlan, results: Mapping[str, CheckResult]) -> None:
    counts = _counts(results.values())
    ticket.tell(Progress(done=len(results), total=len(plan.row_ids), counts=counts))


def _counts(results: Iterable[CheckResult]) -> dict[str, int]:
    found = Counter(result.result for result in results)
    return {finding.value: found[finding] for finding in Finding}
