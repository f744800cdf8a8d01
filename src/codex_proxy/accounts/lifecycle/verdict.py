"""The verdict: whether an account can be used for a bucket now, and if not, why and until when.

Rules of this file: pure.  What the owner wants comes first, then the credential, then what is in the way, then limits;
of several obstacles the weightiest is told.  An access token that is not over serves on whatever becomes of its
refresh token, also while a new one is being fetched.  Times are epoch seconds (UTC).
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from codex_proxy.accounts.lifecycle import gates
from codex_proxy.accounts.lifecycle.condition import Condition
from codex_proxy.accounts.lifecycle.evidence import NOTHING_SEEN, Evidence
from codex_proxy.accounts.lifecycle.gates import Gate, Stage
from codex_proxy.accounts.lifecycle.hindrances import STATE_OF
from codex_proxy.accounts.lifecycle.locks import Lock, LockCause
from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET, REVIEW_BUCKET
from codex_proxy.accounts.record import Death

WEIGHT: Final = {state: place for place, state in enumerate(State)}


class CredentialFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What an account's record says of its credential; ``expires_at`` None where the token does not say."""

    enabled: bool = True
    death: Death | None = None
    died_at: float | None = None
    expires_at: float | None = None
    refreshing: bool = False
    has_access_token: bool = True
    has_refresh_token: bool = False
    generation: int = 0


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """One reason why an account is not free.

    ``closed`` says that it cannot be used at all, otherwise it takes one request at a time; ``until`` is when that
    changes, as far as anybody knows; ``bucket`` is None where it concerns every model.
    """

    state: State
    reason: str
    closed: bool = True
    since: float | None = None
    until: float | None = None
    needs_probe: bool = False
    bucket: str | None = None
    evidence: Evidence = NOTHING_SEEN


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What an account can do for a bucket.

    ``until`` is when an account that cannot be used may be usable again, None where nobody knows.  ``one_at_a_time``
    asks whoever uses it to give it one request, say ``canary_sent``, and wait what comes of it; ``needs_probe`` asks
    for a usage query, before that request if there is time.  ``needs_owner`` says that nothing but its owner brings it
    back: by a login, or by switching it on.  The verdict holds until ``changes_at`` unless something happens to the
    account; None: for ever.
    """

    state: State
    usable: bool
    until: float | None = None
    reason: str | None = None
    needs_probe: bool = False
    one_at_a_time: bool = False
    needs_owner: bool = False
    changes_at: float | None = None


def verdict(
    condition: Condition, credential: CredentialFacts, *, bucket: str, now: float, skip_exhausted: bool
) -> Verdict:
    """What an account in this condition, with this credential, can do for ``bucket``.

    ``skip_exhausted`` leaves out accounts whose counters say that a limit is reached, although nothing was refused.
    """
    concerned = (lock for lock in condition.locks if _concerns(lock, bucket, now, skip_exhausted=skip_exhausted))
    obstacles = [*_of_account(condition, credential, now), *(_of_lock(lock, now) for lock in concerned)]
    closed = [obstacle for obstacle in obstacles if obstacle.closed]
    needs_probe = any(obstacle.needs_probe for obstacle in obstacles)
    changes_at = _changes_at(condition, credential, now)
    if not closed:
        return Verdict(
            state=State.ACTIVE,
            usable=True,
            reason=_reason(obstacles, credential),
            needs_probe=needs_probe,
            one_at_a_time=bool(obstacles),
            changes_at=changes_at,
        )
    weightiest = max(closed, key=lambda obstacle: WEIGHT[obstacle.state])
    return Verdict(
        state=weightiest.state,
        usable=False,
        until=_last_end(closed),
        reason=weightiest.reason,
        needs_probe=needs_probe,
        needs_owner=_needs_owner(weightiest.state, credential),
        changes_at=changes_at,
    )


def obstacles_of(condition: Condition, credential: CredentialFacts, *, now: float) -> list[Obstacle]:
    """Everything in an account's way, in whatever bucket, weightiest first."""
    found = [*_of_account(condition, credential, now), *(_of_lock(lock, now) for lock in condition.locks)]
    return sorted(found, key=lambda obstacle: (not obstacle.closed, -WEIGHT[obstacle.state]))


def _of_account(condition: Condition, credential: CredentialFacts, now: float) -> Iterator[Obstacle]:
    if not credential.enabled:
        yield Obstacle(state=State.DISABLED, reason="disabled")
    if credential.death is Death.DEACTIVATED:
        yield Obstacle(state=State.DEACTIVATED, reason=Death.DEACTIVATED.value, since=credential.died_at)
    is_over = credential.expires_at is not None and credential.expires_at <= now
    if is_over or not credential.has_access_token:
        told = "token_expired" if is_over else "no_access_token"
        reason = told if credential.death is None else credential.death.value
        yield Obstacle(state=_expired(credential), reason=reason, since=credential.expires_at if is_over else None)
    for hindrance in condition.hindrances:
        reached = gates.stage(hindrance.gate, now)
        if reached is not Stage.OPEN:
            state = STATE_OF[hindrance.kind]
            state = _expired(credential) if state is State.EXPIRED else state
            yield Obstacle(
                state=state,
                reason=hindrance.kind.value,
                closed=reached is not Stage.HALF_OPEN,
                since=hindrance.since,
                until=None if state is State.REFRESHING else _changes(hindrance.gate, reached),
                needs_probe=gates.is_probe_due(hindrance.gate, now),
                evidence=hindrance.evidence,
            )


def _of_lock(lock: Lock, now: float) -> Obstacle:
    reached = gates.stage(lock.gate, now)
    return Obstacle(
        state=State.LIMITED,
        reason=lock.cause.value,
        closed=reached is not Stage.HALF_OPEN,
        since=lock.since,
        until=_changes(lock.gate, reached),
        needs_probe=gates.is_probe_due(lock.gate, now),
        bucket=lock.bucket,
        evidence=lock.evidence,
    )


def _concerns(lock: Lock, bucket: str, now: float, *, skip_exhausted: bool) -> bool:
    """Whether a lock bars requests that draw on ``bucket``.

    A used-up limit of code reviews keeps an account out of the default bucket too, where counters count at all, but
    no request of that bucket can tell that it is over.
    """
    if lock.cause is LockCause.TOLD and not skip_exhausted:
        return False
    if lock.bucket == bucket:
        return True
    is_review = lock.bucket == REVIEW_BUCKET and lock.cause is LockCause.TOLD and bucket == DEFAULT_BUCKET
    return is_review and gates.stage(lock.gate, now) is Stage.CLOSED


def _reason(half_open: list[Obstacle], credential: CredentialFacts) -> str | None:
    if half_open:
        return max(half_open, key=lambda obstacle: WEIGHT[obstacle.state]).reason
    return None if credential.death is None else credential.death.value


def _needs_owner(state: State, credential: CredentialFacts) -> bool:
    if state is State.EXPIRED:
        return credential.death is not None or not credential.has_refresh_token
    return state in {State.DEACTIVATED, State.DISABLED}


def _expired(credential: CredentialFacts) -> State:
    return State.REFRESHING if credential.refreshing else State.EXPIRED


def _changes(gate: Gate, reached: Stage) -> float | None:
    if reached is Stage.TRYING and gate.canary_at is not None:
        return gate.canary_at + gates.CANARY_SECONDS
    return gate.opens_at if reached is Stage.CLOSED else None


def _last_end(closed: Iterable[Obstacle]) -> float | None:
    ends = [obstacle.until for obstacle in closed]
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def _changes_at(condition: Condition, credential: CredentialFacts, now: float) -> float | None:
    held = [hindrance.gate for hindrance in condition.hindrances] + [lock.gate for lock in condition.locks]
    times = [at for gate in held for at in gates.changes(gate, now)]
    if credential.expires_at is not None and credential.expires_at > now:
        times.append(credential.expires_at)
    return min(times, default=None)
