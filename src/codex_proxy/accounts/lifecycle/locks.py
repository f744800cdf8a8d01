"""Locks: a bucket's limit, why we believe in it, and until when.

Rules of this file: pure.  A lock lasts as long as its evidence says, is believed for six hours at most without asking
again, and then opens half.  A refusal outweighs what counters say within the minute after it, since counters lag;
later the newest evidence wins, also where it says that a limit ends sooner.  Times are epoch seconds (UTC).
"""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.accounts.lifecycle.evidence import LAG_SECONDS, NOTHING_SEEN, Evidence, asked_after
from codex_proxy.accounts.lifecycle.gates import Gate, Stage, gate_of_limit, gate_of_pause, opened_half, stage
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET

UNSAID_RESTS: Final = (1.0, 2.0, 5.0, 10.0)
"""How many rests a refusal holds whose end nobody told, by how often in a row."""


class LockCause(StrEnum):
    """Why a bucket is locked.

    ``USAGE_LIMIT``: a request was refused because a window is used up.  ``RATE_LIMIT``: one was refused because
    requests come too fast, of which counters know nothing.  ``TOLD``: counters say that the limit is reached, and no
    request was refused yet; whether that keeps an account from being used is the owner's choice (``skip_exhausted``).
    """

    USAGE_LIMIT = "usage_limit"
    RATE_LIMIT = "rate_limit"
    TOLD = "limit_reached"


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The limit that a request drew on.

    ``until`` is when the upstream said that it ends, None where it did not say; ``rest_seconds`` is how long the first
    refusal holds then.
    """

    bucket: str = DEFAULT_BUCKET
    until: float | None = None
    rest_seconds: float = 60.0


class Lock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One lock of one bucket.

    ``until`` is what the evidence says, None where it names no end; ``source`` is ``429`` or a snapshot's source.
    """

    bucket: str
    cause: LockCause
    since: float
    until: float | None
    source: str
    observed_at: float
    gate: Gate
    strikes: int = 1
    evidence: Evidence = NOTHING_SEEN


def of_bucket(locks: Sequence[Lock], bucket: str, cause: LockCause) -> Lock | None:
    """The lock of a bucket for this cause."""
    return next((lock for lock in locks if lock.bucket == bucket and lock.cause is cause), None)


def with_lock(locks: Sequence[Lock], lock: Lock) -> tuple[Lock, ...]:
    """The locks with this one in the place of its predecessor."""
    others = (other for other in locks if (other.bucket, other.cause) != (lock.bucket, lock.cause))
    return (*others, lock)


def refused(locks: Sequence[Lock], cause: LockCause, limit: Limit, *, now: float, evidence: Evidence) -> Lock:
    """The lock after a request was refused ``now``, for this cause and by this limit."""
    previous = of_bucket(locks, limit.bucket, cause)
    strikes = 1 if previous is None else previous.strikes + 1
    told = limit.until if _is_ahead(limit.until, now) else None
    held = previous.until if previous is not None and _is_ahead(previous.until, now) else None
    if told is None:
        told = held or now + limit.rest_seconds * UNSAID_RESTS[min(strikes, len(UNSAID_RESTS)) - 1]
    elif cause is LockCause.RATE_LIMIT and held is not None:
        told = max(told, held)
    return Lock(
        bucket=limit.bucket,
        cause=cause,
        since=now if previous is None else previous.since,
        until=told,
        source="429",
        observed_at=now,
        gate=gate_of_pause(told, now) if cause is LockCause.RATE_LIMIT else gate_of_limit(told, now),
        strikes=strikes,
        evidence=evidence,
    )


def told_limited(locks: Sequence[Lock], bucket: str, *, now: float, until: float | None, source: str) -> Lock:
    """The lock after counters said that the limit is reached."""
    previous = of_bucket(locks, bucket, LockCause.TOLD)
    return Lock(
        bucket=bucket,
        cause=LockCause.TOLD,
        since=now if previous is None else previous.since,
        until=until,
        source=source,
        observed_at=now,
        gate=gate_of_limit(until, now),
    )


def brought_forward(lock: Lock, until: float, *, now: float) -> Lock:
    """The lock of a refusal after counters named the end ``until``: sooner counts, later is theirs to hold."""
    if _ignores_counters(lock, now) or lock.until is None or until >= lock.until:
        return lock
    return msgspec.structs.replace(lock, until=until, observed_at=now, gate=gate_of_limit(until, now))


def contradicted(lock: Lock, *, now: float) -> Lock:
    """The lock after counters said that there is room."""
    if _ignores_counters(lock, now):
        return lock
    return msgspec.structs.replace(lock, gate=opened_half(lock.gate, now))


def survives_success(lock: Lock, evidence: Evidence, *, now: float) -> bool:
    """Whether a request that succeeded says nothing against the lock, since it may have been sent before."""
    return stage(lock.gate, now) is Stage.CLOSED and not asked_after(evidence, lock.observed_at, now=now)


def _ignores_counters(lock: Lock, now: float) -> bool:
    if lock.cause is LockCause.RATE_LIMIT:
        return True
    return lock.cause is LockCause.USAGE_LIMIT and now - lock.observed_at < LAG_SECONDS


def _is_ahead(until: float | None, now: float) -> bool:
    return until is not None and now < until < math.inf
