"""When each account's token is refreshed next.

Rules of this file: no clock, no randomness; every account that can be refreshed has exactly one due time, or is being
refreshed now.  Times are epoch seconds (UTC), ``jitter`` lies between -1 and 1.
"""

from typing import Final

import msgspec

from codex_proxy.accounts.record import AccountRecord

JITTER_SHARE: Final = 0.15
BACKOFF_JITTER_SHARE: Final = 0.3
UNKNOWN_LIFETIME_SECONDS: Final = 3600.0
STAGGER_SECONDS: Final = 0.5  # between accounts found overdue, so that a start is no burst
MARGIN_OF_LIFETIME: Final = 0.25  # a token that lives for minutes is not refreshed all the time


class RefreshPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Whether tokens are refreshed, how long before they expire (seconds), and how many at once."""

    enabled: bool = True
    margin_seconds: float = 300.0
    concurrency: int = 2


class _Plan(msgspec.Struct, kw_only=True):
    generation: int
    due_at: float | None  # None while it is being refreshed
    failures: int = 0


class RefreshSchedule:
    """Due times by account."""

    def __init__(self, policy: RefreshPolicy) -> None:
        self.policy = policy
        self._plans: dict[str, _Plan] = {}
        self._overdue_count = 0

    def __len__(self) -> int:
        return len(self._plans)

    def learn(self, record: AccountRecord, *, now: float, jitter: float) -> None:
        """Take note of an account as it is now; a due time of the same credential stays as it is."""
        if not can_refresh(record):
            self._plans.pop(record.row_id, None)
            return
        known = self._plans.get(record.row_id)
        if known is not None and known.generation == record.generation:
            return
        due_at = due_time(record, self.policy, now=now, jitter=jitter)
        if due_at <= now:
            due_at = now + STAGGER_SECONDS * self._overdue_count
            self._overdue_count += 1
        if known is None or known.due_at is not None:
            self._plans[record.row_id] = _Plan(generation=record.generation, due_at=due_at)
        else:  # it is being refreshed: ``ended`` follows and decides
            known.generation = record.generation

    def forget(self, row_id: str) -> None:
        """The account is gone."""
        self._plans.pop(row_id, None)

    def due_at(self, row_id: str) -> float | None:
        """When this account is due; None while it is being refreshed or where it never is."""
        plan = self._plans.get(row_id)
        return None if plan is None else plan.due_at

    def next_due_at(self) -> float | None:
        """The earliest due time."""
        return min((plan.due_at for plan in self._plans.values() if plan.due_at is not None), default=None)

    def take_due(self, now: float, *, limit: int) -> tuple[str, ...]:
        """The accounts that are due, longest first, at most ``limit``; each is under way until ``ended``."""
        if not self.policy.enabled:
            return ()
        due = sorted((plan.due_at, row_id) for row_id, plan in self._plans.items() if _is_due(plan, now))
        taken = tuple(row_id for _, row_id in due[:limit])
        for row_id in taken:
            self.begun(row_id)
        return taken

    def begun(self, row_id: str) -> None:
        """A refresh of this account is under way, whoever asked for it."""
        plan = self._plans.get(row_id)
        if plan is not None:
            plan.due_at = None

    def failures(self, row_id: str) -> int:
        """Refusals in a row."""
        plan = self._plans.get(row_id)
        return 0 if plan is None else plan.failures

    def ended(self, record: AccountRecord | None, row_id: str, *, now: float, jitter: float) -> None:
        """A refresh is over and ``record`` is the account as it is now; None where it is gone."""
        self._plans.pop(row_id, None)
        self._overdue_count = 0
        if record is not None:
            self.learn(record, now=now, jitter=jitter)

    def failed(
        self, row_id: str, *, wait_seconds: float, now: float, jitter: float, generation: int | None = None
    ) -> None:
        """A refresh was refused for now; ``generation`` is the account's, where that was looked at."""
        plan = self._plans.get(row_id)
        if plan is not None:
            plan.failures += 1
            plan.generation = plan.generation if generation is None else generation
            plan.due_at = now + wait_seconds * (1 + BACKOFF_JITTER_SHARE * abs(jitter))


def can_refresh(record: AccountRecord) -> bool:
    """Whether there is a refresh token that may still work and that is ours to spend.

    What the owner disabled is refreshed too: enabled again after weeks it would otherwise need a login.
    """
    return record.has_refresh_token and record.death is None and record.followed_file is None


def due_time(record: AccountRecord, policy: RefreshPolicy, *, now: float, jitter: float) -> float:
    """When this credential is refreshed; in the past where it is overdue."""
    if record.expires_at is None:
        return now if record.issued_at is None else record.issued_at + UNKNOWN_LIFETIME_SECONDS
    margin = policy.margin_seconds * (1 + JITTER_SHARE * jitter)
    if record.issued_at is not None:
        margin = min(margin, MARGIN_OF_LIFETIME * max(0.0, record.expires_at - record.issued_at))
    return record.expires_at - margin


def _is_due(plan: _Plan, now: float) -> bool:
    return plan.due_at is not None and plan.due_at <= now
