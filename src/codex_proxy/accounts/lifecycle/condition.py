"""An account's condition: what is in its way and what is known of its limits, and what changes that.

Rules of this file: no I/O, no clock; total.  The table in ``states`` decides, this carries it out.  News of an older
credential changes nothing: whoever brings news asks ``states.is_outdated`` first, since only the account's record
knows the generation.  Times are epoch seconds (UTC).
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from codex_proxy.accounts.lifecycle import effects, gates, hindrances, locks
from codex_proxy.accounts.lifecycle.effects import Effect, RequestProbe
from codex_proxy.accounts.lifecycle.evidence import NOTHING_SEEN, Evidence
from codex_proxy.accounts.lifecycle.hindrances import KIND_OF, STATE_OF, Hindrance, HindranceKind
from codex_proxy.accounts.lifecycle.locks import Limit, Lock, LockCause
from codex_proxy.accounts.lifecycle.states import TABLE, Occurrence, State
from codex_proxy.accounts.quota import buckets as quota
from codex_proxy.accounts.quota.buckets import Bucket
from codex_proxy.accounts.quota.redeeming import Redemption
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot

BREAKER_REFRESHES: Final = 3
BREAKER_SECONDS: Final = 600.0
"""So many refreshes caused by refused tokens are made in so long a time."""


class Condition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is in an account's way and what is known of its limits.

    ``breaker`` are the times of refreshes that refused tokens caused; ``was_unreadable`` says that what was kept of it
    could not be read and that it began anew.
    """

    hindrances: tuple[Hindrance, ...] = ()
    locks: tuple[Lock, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    breaker: tuple[float, ...] = ()
    plan: str | None = None
    credits: Credits | None = None
    reset_credits_available: int | None = None
    redemption: Redemption | None = None
    was_unreadable: bool = False


FRESH: Final = Condition()
SOME_LIMIT: Final = Limit()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """The condition after something happened, and what has to be done about it."""

    condition: Condition
    effects: tuple[Effect, ...] = ()


def happened(
    condition: Condition,
    occurrence: Occurrence,
    *,
    now: float,
    limit: Limit = SOME_LIMIT,
    evidence: Evidence = NOTHING_SEEN,
) -> Condition:
    """The condition after ``occurrence``; see ``step``."""
    return step(condition, occurrence, now=now, limit=limit, evidence=evidence).condition


def step(
    condition: Condition,
    occurrence: Occurrence,
    *,
    now: float,
    limit: Limit = SOME_LIMIT,
    evidence: Evidence = NOTHING_SEEN,
) -> Step:
    """What follows from ``occurrence``.

    ``limit`` is the one that the request drew on; a lost canary is one of every bucket.
    """
    if occurrence is Occurrence.SUCCEEDED and not condition.hindrances and not condition.locks:
        return Step(condition=condition)  # most requests: nothing to take away
    meant = _meant(condition, occurrence, now)
    if occurrence is Occurrence.PROBE_FORBIDDEN and meant is not occurrence:
        condition = happened(condition, Occurrence.PROBE_FAILED, now=now)
    following = msgspec.structs.replace(
        condition,
        hindrances=_hindrances_after(condition.hindrances, meant, now, evidence),
        locks=_locks_after(condition.locks, meant, limit, now=now, evidence=evidence),
        breaker=_breaker_after(condition, meant, now),
    )
    following = _without_flags(following, meant)
    return Step(condition=following, effects=tuple(_effects(condition, following, meant, now)))


def observed(condition: Condition, snapshot: RateLimitSnapshot, *, now: float) -> Condition:
    """The condition after an upstream told its counters.

    An answer to a usage query is also the answer to whatever waited for one.
    """
    if snapshot.source == "usage":
        condition = happened(condition, Occurrence.PROBE_ANSWERED, now=now)
    for told in (snapshot, *snapshot.also):
        condition = _with_counters(condition, told, now)
    count = snapshot.reset_credits_available
    return msgspec.structs.replace(
        condition,
        plan=snapshot.plan_type or condition.plan,
        credits=snapshot.credits or condition.credits,
        reset_credits_available=condition.reset_credits_available if count is None else count,
    )


def cleared(condition: Condition, *, bucket: str | None) -> Condition:
    """The condition after its owner took everything out of the way, or one bucket's locks only."""
    if bucket is not None:
        return msgspec.structs.replace(
            condition,
            locks=tuple(lock for lock in condition.locks if lock.bucket != bucket),
            buckets=tuple(quota.unflagged(one) if one.limit_id == bucket else one for one in condition.buckets),
        )
    return msgspec.structs.replace(
        condition,
        hindrances=(),
        locks=(),
        breaker=(),
        buckets=tuple(quota.unflagged(one) for one in condition.buckets),
    )


def is_otherwise_the_same(one: Condition, other: Condition) -> bool:
    """Whether two conditions of an account differ in its counters alone, so that the same stands in its way, if any."""
    return (one.hindrances, one.locks, one.plan) == (other.hindrances, other.locks, other.plan)


def standing(condition: Condition, kind: HindranceKind, now: float) -> Hindrance | None:
    """The hindrance of this kind, while it is in the way."""
    return next((one for one in condition.hindrances if one.kind is kind and hindrances.is_standing(one, now)), None)


def probe_at(condition: Condition) -> float | None:
    """When a usage query is due, for whatever waits for one; None where nothing does."""
    held = [hindrance.gate for hindrance in condition.hindrances] + [lock.gate for lock in condition.locks]
    return min((gate.probe_at for gate in held if gate.probe_at is not None), default=None)


def _meant(condition: Condition, occurrence: Occurrence, now: float) -> Occurrence:
    """The occurrence in the light of what happened before."""
    if occurrence is Occurrence.REFUSED_TOKEN:
        if standing(condition, HindranceKind.TOKEN_REFUSED, now) is not None:
            return occurrence
        is_open = standing(condition, HindranceKind.UNAUTHORIZED, now) is not None
        spent = len(_recent(condition.breaker, now)) >= BREAKER_REFRESHES
        return Occurrence.REFUSED_TOO_OFTEN if is_open or spent else occurrence
    if occurrence is Occurrence.PROBE_FORBIDDEN:
        forbidden = standing(condition, HindranceKind.FORBIDDEN, now)
        if forbidden is None or not hindrances.awaits_decision(forbidden):
            return Occurrence.FORBIDDEN
    return occurrence


def _hindrances_after(
    held: tuple[Hindrance, ...], occurrence: Occurrence, now: float, evidence: Evidence
) -> tuple[Hindrance, ...]:
    moves = [(hindrance, _moved(hindrance, occurrence, now, evidence)) for hindrance in held]
    following = {new.kind: new for _, new in moves if new is not None and hindrances.is_remembered(new, now)}
    has_turned = any(new is not None and new.kind is not old.kind for old, new in moves)
    begins = TABLE[State.ACTIVE][occurrence]
    kind = None if begins is None or has_turned else KIND_OF.get(begins)
    if kind is not None:
        previous = following.get(kind)
        if previous is None or not hindrances.is_standing(previous, now):
            following[kind] = hindrances.struck(previous, kind, now=now, evidence=evidence)
    return tuple(following.values())


def _moved(hindrance: Hindrance, occurrence: Occurrence, now: float, evidence: Evidence) -> Hindrance | None:
    if not hindrances.is_standing(hindrance, now):
        return hindrance
    following = TABLE[STATE_OF[hindrance.kind]][occurrence]
    if following is State.ACTIVE and not _is_premature(hindrance, occurrence, now, evidence):
        return hindrances.ended(hindrance, now)
    if following in KIND_OF:
        kind = KIND_OF[following]
        previous = hindrance if kind is hindrance.kind else None
        return hindrances.struck(previous, kind, now=now, evidence=evidence)
    gate = _gate_after(hindrance.gate, occurrence, now)
    return hindrance if gate is hindrance.gate else msgspec.structs.replace(hindrance, gate=gate)


def _is_premature(hindrance: Hindrance, occurrence: Occurrence, now: float, evidence: Evidence) -> bool:
    """Whether this would end the hindrance but tells nothing of it yet."""
    match occurrence:
        case Occurrence.TIME_PASSED:
            return True
        case Occurrence.PROBE_ANSWERED:
            return not gates.is_probe_due(hindrance.gate, now)
        case Occurrence.SUCCEEDED:
            return hindrances.survives_success(hindrance, evidence, now=now)
        case _:
            return False


def _gate_after(gate: gates.Gate, occurrence: Occurrence, now: float) -> gates.Gate:
    match occurrence:
        case Occurrence.PROBE_ANSWERED if gate.half and gates.is_probe_due(gate, now):
            return gates.opened_half(gate, now)
        case Occurrence.PROBE_FAILED | Occurrence.PROBE_FORBIDDEN:
            return gates.probe_failed(gate, now)
        case Occurrence.CANARY_SENT:
            return gates.canary_sent(gate, now)
        case Occurrence.CANARY_LOST:
            return gates.canary_lost(gate)
        case _:
            return gate


def _locks_after(
    held: tuple[Lock, ...], occurrence: Occurrence, limit: Limit, *, now: float, evidence: Evidence
) -> tuple[Lock, ...]:
    following = TABLE[State.LIMITED][occurrence]
    if following is State.LIMITED:
        cause = LockCause(occurrence.value)
        lock = locks.refused(held, cause, limit, now=now, evidence=evidence)
        return locks.with_lock(held, lock)
    if following is State.ACTIVE:
        return tuple(lock for lock in held if _stays(lock, occurrence, limit.bucket, now=now, evidence=evidence))
    return tuple(
        lock if occurrence is Occurrence.CANARY_SENT and lock.bucket != limit.bucket else _tried(lock, occurrence, now)
        for lock in held
    )


def _tried(lock: Lock, occurrence: Occurrence, now: float) -> Lock:
    gate = _gate_after(lock.gate, occurrence, now)
    return lock if gate is lock.gate else msgspec.structs.replace(lock, gate=gate)


def _stays(lock: Lock, occurrence: Occurrence, bucket: str, *, now: float, evidence: Evidence) -> bool:
    if occurrence is Occurrence.OWNER_ENABLED:
        return False
    if lock.bucket != bucket:
        return True
    return occurrence is Occurrence.SUCCEEDED and locks.survives_success(lock, evidence, now=now)


def _locks_told(
    held: tuple[Lock, ...], bucket: Bucket, *, said: bool | None, source: str, now: float
) -> tuple[Lock, ...]:
    if said is None:
        return held
    if said:
        until = quota.limit_ends_at(bucket)
        refusal = locks.of_bucket(held, bucket.limit_id, LockCause.USAGE_LIMIT)
        if refusal is not None and until is not None:
            held = locks.with_lock(held, locks.brought_forward(refusal, until, now=now))
        return locks.with_lock(held, locks.told_limited(held, bucket.limit_id, now=now, until=until, source=source))
    if bucket.limit_reached:
        return held  # there is room in the windows that were told, not in another one
    return tuple(locks.contradicted(lock, now=now) if lock.bucket == bucket.limit_id else lock for lock in held)


def _with_counters(condition: Condition, snapshot: RateLimitSnapshot, now: float) -> Condition:
    name = quota.bucket_of_limit(snapshot.limit_id)
    bucket = quota.merged(quota.find_bucket(condition.buckets, name), snapshot, now=now)
    said = quota.says_limited(snapshot)
    return msgspec.structs.replace(
        condition,
        buckets=quota.with_bucket(condition.buckets, bucket),
        locks=_locks_told(condition.locks, bucket, said=said, source=snapshot.source, now=now),
    )


def _breaker_after(condition: Condition, occurrence: Occurrence, now: float) -> tuple[float, ...]:
    if occurrence in {Occurrence.LOGGED_IN, Occurrence.OWNER_ENABLED}:
        return ()
    recent = _recent(condition.breaker, now)
    asks = occurrence is Occurrence.REFUSED_TOKEN and standing(condition, HindranceKind.TOKEN_REFUSED, now) is None
    return (*recent, now) if asks else recent


def _recent(times: tuple[float, ...], now: float) -> tuple[float, ...]:
    return tuple(at for at in times if now - at < BREAKER_SECONDS)


def _without_flags(condition: Condition, occurrence: Occurrence) -> Condition:
    """Counters forget that a limit was reached when its lock ends for a reason."""
    if TABLE[State.LIMITED][occurrence] is not State.ACTIVE:
        return condition
    locked = {lock.bucket for lock in condition.locks if lock.cause is LockCause.TOLD}
    return msgspec.structs.replace(
        condition,
        buckets=tuple(
            quota.unflagged(one) if one.limit_reached and one.limit_id not in locked else one
            for one in condition.buckets
        ),
    )


def _effects(before: Condition, after: Condition, occurrence: Occurrence, now: float) -> Iterable[Effect]:
    yield from effects.ALWAYS.get(occurrence, ())
    for hindrance in after.hindrances:
        known = next((one for one in before.hindrances if one.kind is hindrance.kind), None)
        if known is None or known.sightings != hindrance.sightings:
            yield from effects.of_hindrance(hindrance)
    for lock in after.locks:
        known_lock = locks.of_bucket(before.locks, lock.bucket, lock.cause)
        if known_lock is None or known_lock.strikes != lock.strikes:
            yield from effects.of_lock(lock)
    if occurrence is Occurrence.CREDIT_REDEEMED:
        yield RequestProbe(at=now)
