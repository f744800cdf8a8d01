"""Accounts as their owner sees them: the list, the state of the pool, warnings of limits that are nearly reached.

Rules of this file: read from memory, so that looking costs no request anything; holds no token and no key.  Names are
those of the interface: camelCase but in ``usage``, ``quota`` and ``status_detail``.  Source: spec, accounts, 1.1.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.accounts.keeping import LoadFailure, PersistenceHealth
from codex_proxy.accounts.lifecycle.condition import Condition
from codex_proxy.accounts.lifecycle.status import (
    AccountStatus,
    PoolStanding,
    Shown,
    StatusDetail,
    counted,
    quota_facts,
    shown,
)
from codex_proxy.accounts.lifecycle.verdict import CredentialFacts, obstacles_of
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.quota.counters import shown_usage
from codex_proxy.accounts.quota.shown import ShownQuota, shown_quota
from codex_proxy.accounts.quota.warnings import QuotaWarning, Thresholds, warnings_of
from codex_proxy.accounts.record import AccountRecord, FingerprintMode
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.accounts.counters import AccountCounters
from codex_proxy.operations.accounts.parts import AssignedProxy, UnknownAccount
from codex_proxy.operations.transfer.times import iso

AT_ONCE: Final = 50  # accounts shown before others get their turn in the loop


class DetailView(msgspec.Struct, frozen=True, kw_only=True):
    """Why an account is as it is; times are ISO 8601."""

    reason: str
    code: str | None
    since: str | None
    until: str | None
    bucket: str | None
    evidence: dict[str, str]


class AccountView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One account; ``id`` is its row id, ``accountId`` and ``userId`` are the upstream's, times are ISO 8601.

    ``quotaVerifyRequired`` says that what is known of its limits should be asked for anew; ``followedFile`` is another
    program's file that its tokens are read from.
    """

    id: str
    email: str | None
    account_id: str | None
    user_id: str | None
    label: str | None
    codex_fingerprint_mode: FingerprintMode
    plan_type: str | None
    status: AccountStatus
    status_detail: DetailView | None = msgspec.field(name="status_detail")
    usage: dict[str, object]
    added_at: str
    expires_at: str | None
    has_refresh_token: bool
    followed_file: str | None
    quota: ShownQuota | None
    quota_fetched_at: str | None
    quota_verify_required: bool
    proxy_id: str
    proxy_name: str


class PersistenceView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether what is changed is kept."""

    ok: bool
    reason: LoadFailure | None
    message: str | None
    quarantined: bool
    backup_path: str | None


class UserView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Somebody who is logged in."""

    email: str | None
    account_id: str | None
    plan_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewParts:
    """What there is to see; the callables are asked each time.

    ``credits_per_usd`` says how many credits a US dollar has, 0 where that is not known.
    """

    pool: AccountPool
    counters: AccountCounters
    clock: Clock
    persistence: Callable[[], PersistenceHealth]
    proxy_of: Callable[[str], AssignedProxy]
    credits_per_usd: Callable[[], float] = lambda: 0.0


class AccountViews:
    """Shows accounts as they are now."""

    def __init__(self, parts: ViewParts) -> None:
        self._parts = parts

    def one(self, row_id: str) -> AccountView:
        """One account; raises ``UnknownAccount``."""
        return self._view(self.record(row_id))

    def record(self, row_id: str) -> AccountRecord:
        """What is kept of an account; raises ``UnknownAccount``."""
        record = self._parts.pool.record(row_id)
        if record is None:
            raise UnknownAccount(row_id)
        return record

    async def all(self) -> tuple[AccountView, ...]:
        """Every account, oldest first; other work goes on between them."""
        views: list[AccountView] = []
        for place, record in enumerate(self._records(), start=1):
            if record.row_id in self._parts.pool:
                views.append(self._view(record))
            if not place % AT_ONCE:
                await asyncio.sleep(0)
        return tuple(views)

    def status(self, row_id: str) -> Shown:
        """An account's status and why; raises ``UnknownAccount``."""
        found = self._parts.pool.condition(row_id)
        if found is None:
            raise UnknownAccount(row_id)
        return shown(*found, now=self._parts.clock.now())

    def quota(self, row_id: str) -> ShownQuota | None:
        """What is known of an account's limits; raises ``UnknownAccount``."""
        found = self._parts.pool.condition(row_id)
        if found is None:
            raise UnknownAccount(row_id)
        return self._quota(found[0], self._parts.clock.now())

    def _quota(self, condition: Condition, now: float) -> ShownQuota | None:
        facts = quota_facts(condition, now=now)
        return shown_quota(facts, now=now, credits_per_usd=self._parts.credits_per_usd())

    def counts(self) -> dict[str, int]:
        """How many accounts there are, in all and by status."""
        return counted(self.status(record.row_id).status for record in self._parts.pool.records())

    def standing(self) -> PoolStanding:
        """Whether somebody is logged in, and whether an account could serve now."""
        return self._parts.pool.standing(self._parts.clock.now())

    def user(self) -> UserView | None:
        """Who is logged in: of several the first one that could serve."""
        records = self._records()
        active = (record for record in records if self.status(record.row_id).status is AccountStatus.ACTIVE)
        record = next(active, None) or next(iter(records), None)
        if record is None:
            return None
        return UserView(email=record.email, account_id=record.identity.account_id, plan_type=record.plan)

    def persistence(self) -> PersistenceView:
        """Whether what is changed is kept."""
        return persistence_view(self._parts.persistence())

    def warnings(self, thresholds: Thresholds) -> tuple[QuotaWarning, ...]:
        """Windows that are nearly used up."""
        return tuple(self._warnings(thresholds))

    def _warnings(self, thresholds: Thresholds) -> Iterator[QuotaWarning]:
        now = self._parts.clock.now()
        for record in self._records():
            found = self._parts.pool.condition(record.row_id)
            if found is not None:
                yield from warnings_of(record.row_id, record.email, found[0].buckets, thresholds=thresholds, now=now)

    def _records(self) -> list[AccountRecord]:
        return sorted(self._parts.pool.records(), key=lambda record: (record.added_at, record.row_id))

    def _view(self, record: AccountRecord) -> AccountView:
        found = self._parts.pool.condition(record.row_id)
        if found is None:
            raise UnknownAccount(record.row_id)
        now, proxy = self._parts.clock.now(), self._parts.proxy_of(record.row_id)
        condition, credential = found
        status = shown(condition, credential, now=now)
        return AccountView(
            id=record.row_id,
            email=record.email,
            account_id=record.identity.account_id,
            user_id=record.identity.user_id,
            label=record.label,
            codex_fingerprint_mode=record.fingerprint_mode,
            plan_type=condition.plan or record.plan,
            status=status.status,
            status_detail=detail_view(status.detail),
            usage=shown_usage(self._parts.counters.of(record.row_id), now=now, iso=iso),
            added_at=iso(record.added_at),
            expires_at=_iso(record.expires_at),
            has_refresh_token=record.has_refresh_token,
            followed_file=record.followed_file,
            quota=self._quota(condition, now),
            quota_fetched_at=_iso(_told_at(condition)),
            quota_verify_required=_is_doubtful(condition, credential, now),
            proxy_id=proxy.proxy_id,
            proxy_name=proxy.proxy_name,
        )


def is_dead(credential: CredentialFacts, now: float) -> bool:
    """Whether nothing can be asked in an account's name any more."""
    return not credential.has_access_token or (credential.death is not None and is_over(credential, now))


def is_over(credential: CredentialFacts, now: float) -> bool:
    """Whether there is no access token, or one that has expired."""
    expired = credential.expires_at is not None and credential.expires_at <= now
    return expired or not credential.has_access_token


def persistence_view(health: PersistenceHealth) -> PersistenceView:
    """Whether what is changed is kept, as it is shown."""
    return PersistenceView(
        ok=health.ok,
        reason=health.reason,
        message=health.message,
        quarantined=health.quarantined,
        backup_path=health.backup_path,
    )


def detail_view(detail: StatusDetail | None) -> DetailView | None:
    """Why an account is as it is."""
    if detail is None:
        return None
    return DetailView(
        reason=detail.reason,
        code=detail.code,
        since=_iso(detail.since),
        until=_iso(detail.until),
        bucket=detail.bucket,
        evidence=dict(detail.evidence),
    )


def _told_at(condition: Condition) -> float | None:
    return max((bucket.observed_at for bucket in condition.buckets), default=None)


def _is_doubtful(condition: Condition, credential: CredentialFacts, now: float) -> bool:
    return any(obstacle.needs_probe for obstacle in obstacles_of(condition, credential, now=now))


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)
