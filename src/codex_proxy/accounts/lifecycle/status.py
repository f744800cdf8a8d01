"""States as they are shown: the names that dashboards and export files know, and why an account is as it is.

Rules of this file: pure; everything is computed, nothing of it is kept.  Whether there are accounts, whether one is
usable and whether one has a free slot are three questions with one answer each.  Times are epoch seconds (UTC).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.accounts.lifecycle.condition import Condition
from codex_proxy.accounts.lifecycle.evidence import Evidence
from codex_proxy.accounts.lifecycle.gates import Stage, stage
from codex_proxy.accounts.lifecycle.locks import LockCause
from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.accounts.lifecycle.verdict import CredentialFacts, Obstacle, Verdict, obstacles_of
from codex_proxy.accounts.quota.shown import QuotaFacts
from codex_proxy.accounts.record import AccountEvent


class AccountStatus(StrEnum):
    """An account's state in one word; ``rate_limited`` is the only one that older files never hold."""

    ACTIVE = "active"
    EXPIRED = "expired"
    QUOTA_EXHAUSTED = "quota_exhausted"
    RATE_LIMITED = "rate_limited"
    REFRESHING = "refreshing"
    DISABLED = "disabled"
    BANNED = "banned"


STATUS_OF: Final[Mapping[State, AccountStatus]] = {
    State.ACTIVE: AccountStatus.ACTIVE,
    State.LIMITED: AccountStatus.RATE_LIMITED,
    State.COOLING: AccountStatus.ACTIVE,
    State.BLOCKED: AccountStatus.ACTIVE,
    State.UNPAID: AccountStatus.QUOTA_EXHAUSTED,
    State.FORBIDDEN: AccountStatus.ACTIVE,
    State.UNAUTHORIZED: AccountStatus.EXPIRED,
    State.REFRESHING: AccountStatus.REFRESHING,
    State.EXPIRED: AccountStatus.EXPIRED,
    State.DEACTIVATED: AccountStatus.BANNED,
    State.DISABLED: AccountStatus.DISABLED,
}
"""The word for each state; an account that rests for a moment counts as active, and its detail says why it rests."""


class StatusDetail(msgspec.Struct, frozen=True, kw_only=True):
    """Why an account is as it is.

    ``code`` is the upstream's word, ``bucket`` the limit it concerns (None: every model), ``until`` when it changes by
    itself as far as anybody knows.
    """

    reason: str
    code: str | None = None
    since: float | None = None
    until: float | None = None
    bucket: str | None = None
    evidence: Mapping[str, str] = {}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An account's status and why; ``detail`` is None where nothing is to be said."""

    status: AccountStatus
    detail: StatusDetail | None = None


class PoolStanding(msgspec.Struct, frozen=True, kw_only=True):
    """What a pool can do for a bucket.

    ``has_accounts``: somebody is logged in, be it that all are limited.  ``usable_now``: one could serve.
    ``capacity_now``: one could serve and has a free slot.  ``retry_at`` is when the first of those comes back that
    cannot serve now, None where nobody knows.
    """

    has_accounts: bool = False
    usable_now: bool = False
    capacity_now: bool = False
    retry_at: float | None = None


def shown(condition: Condition, credential: CredentialFacts, *, now: float) -> Shown:
    """An account's status over all its buckets."""
    obstacles = obstacles_of(condition, credential, now=now)
    if obstacles:
        weightiest = obstacles[0]
        status = STATUS_OF[weightiest.state] if weightiest.closed else AccountStatus.ACTIVE
        return Shown(status=status, detail=_detail(weightiest))
    if credential.death is None:
        return Shown(status=AccountStatus.ACTIVE)
    detail = StatusDetail(reason=credential.death.value, since=credential.died_at, until=credential.expires_at)
    return Shown(status=AccountStatus.ACTIVE, detail=detail)


def quota_facts(condition: Condition, *, now: float) -> QuotaFacts:
    """What is known of an account's limits, as ``quota.shown`` shows it."""
    locked = {
        lock.bucket: lock.until
        for lock in condition.locks
        if lock.cause is LockCause.USAGE_LIMIT and stage(lock.gate, now) is Stage.CLOSED
    }
    return QuotaFacts(
        buckets=condition.buckets,
        locked=locked,
        plan=condition.plan,
        credits=condition.credits,
        reset_credits_available=condition.reset_credits_available,
    )


def counted(statuses: Iterable[AccountStatus]) -> dict[str, int]:
    """How many accounts there are, in all (``total``) and of each status."""
    counts = {"total": 0, **dict.fromkeys((status.value for status in AccountStatus), 0)}
    for status in statuses:
        counts["total"] += 1
        counts[status.value] += 1
    return counts


def pool_standing(accounts: Iterable[tuple[Verdict, bool]]) -> PoolStanding:
    """What a pool can do, from each account's verdict and whether it has a free slot."""
    told = list(accounts)
    return PoolStanding(
        has_accounts=any(not verdict.needs_owner for verdict, _ in told),
        usable_now=any(verdict.usable for verdict, _ in told),
        capacity_now=any(verdict.usable and has_slot for verdict, has_slot in told),
        retry_at=min((verdict.until for verdict, _ in told if verdict.until is not None), default=None),
    )


def event_of(row_id: str, before: Shown, after: Shown, *, at: float) -> AccountEvent | None:
    """The entry of an account's timeline for a change; None where nothing changed that is shown."""
    reason = after.detail.reason if after.detail is not None else "recovered"
    was = before.detail.reason if before.detail is not None else "recovered"
    if (before.status, was) == (after.status, reason):
        return None
    evidence = dict(after.detail.evidence) if after.detail is not None else {}
    return AccountEvent(
        row_id=row_id, at=at, before=before.status.value, after=after.status.value, reason=reason, evidence=evidence
    )


def _detail(obstacle: Obstacle) -> StatusDetail:
    return StatusDetail(
        reason=obstacle.reason,
        code=obstacle.evidence.code,
        since=obstacle.since,
        until=obstacle.until,
        bucket=obstacle.bucket,
        evidence=_words(obstacle.evidence),
    )


def _words(evidence: Evidence) -> dict[str, str]:
    told = {
        "status": None if evidence.status is None else str(evidence.status),
        "code": evidence.code,
        "message": evidence.message,
        "request_id": evidence.request_id,
    }
    return {name: word for name, word in told.items() if word is not None}
