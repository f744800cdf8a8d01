"""Account state machine: (condition, occurrence, now) -> condition.

Rules of this file: no I/O, no clock; every (state, occurrence) pair is decided in ``TABLE`` and nowhere else.  What the
egress or the upstream did wrong never changes an account.  Times are epoch seconds (UTC).
"""

from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind


class State(StrEnum):
    """What an account can do now."""

    ACTIVE = "active"
    LIMITED = "limited"
    COOLING = "cooling"
    UNPAID = "unpaid"
    FORBIDDEN = "forbidden"
    EXPIRED = "expired"
    DEACTIVATED = "deactivated"
    DISABLED = "disabled"


class Occurrence(StrEnum):
    """What happened to it."""

    SUCCEEDED = "succeeded"
    USAGE_LIMIT = "usage_limit"
    RATE_LIMIT = "rate_limit"
    REFUSED_TOKEN = "refused_token"
    CHALLENGE = "challenge"
    PAYMENT = "payment"
    FORBIDDEN = "forbidden"
    DEACTIVATED = "deactivated"
    TOKEN_RENEWED = "token_renewed"
    TIME_PASSED = "time_passed"
    OWNER_ENABLED = "owner_enabled"
    OWNER_DISABLED = "owner_disabled"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """An account's state, why, since when, and until when (None: until something happens)."""

    state: State = State.ACTIVE
    since: float = 0.0
    until: float | None = None
    reason: str | None = None
    strikes: int = 0


_S, _O = State, Occurrence
_KEEP: Final = None

TABLE: Final[dict[State, dict[Occurrence, State | None]]] = {
    _S.ACTIVE: {
        _O.SUCCEEDED: _KEEP, _O.USAGE_LIMIT: _S.LIMITED, _O.RATE_LIMIT: _S.LIMITED, _O.REFUSED_TOKEN: _S.EXPIRED,
        _O.CHALLENGE: _S.COOLING, _O.PAYMENT: _S.UNPAID, _O.FORBIDDEN: _S.FORBIDDEN, _O.DEACTIVATED: _S.DEACTIVATED,
        _O.TOKEN_RENEWED: _KEEP, _O.TIME_PASSED: _KEEP, _O.OWNER_ENABLED: _KEEP, _O.OWNER_DISABLED: _S.DISABLED,
    },
    _S.LIMITED: {
        _O.SUCCEEDED: _S.ACTIVE, _O.USAGE_LIMIT: _S.LIMITED, _O.RATE_LIMIT: _S.LIMITED, _O.REFUSED_TOKEN: _S.EXPIRED,
        _O.CHALLENGE: _KEEP, _O.PAYMENT: _S.UNPAID, _O.FORBIDDEN: _S.FORBIDDEN, _O.DEACTIVATED: _S.DEACTIVATED,
        _O.TOKEN_RENEWED: _KEEP, _O.TIME_PASSED: _S.ACTIVE, _O.OWNER_ENABLED: _S.ACTIVE, _O.OWNER_DISABLED: _S.DISABLED,
    },
    _S.COOLING: {
        _O.SUCCEEDED: _S.ACTIVE, _O.USAGE_LIMIT: _S.LIMITED, _O.RATE_LIMIT: _S.LIMITED, _O.REFUSED_TOKEN: _S.EXPIRED,
        _O.CHALLENGE: _S.COOLING, _O.PAYMENT: _S.UNPAID, _O.FORBIDDEN: _S.FORBIDDEN, _O.DEACTIVATED: _S.DEACTIVATED,
        _O.TOKEN_RENEWED: _KEEP, _O.TIME_PASSED: _S.ACTIVE, _O.OWNER_ENABLED: _S.ACTIVE, _O.OWNER_DISABLED: _S.DISABLED,
    },
    _S.UNPAID: {
        _O.SUCCEEDED: _S.ACTIVE, _O.USAGE_LIMIT: _KEEP, _O.RATE_LIMIT: _KEEP, _O.REFUSED_TOKEN: _S.EXPIRED,
        _O.CHALLENGE: _KEEP, _O.PAYMENT: _S.UNPAID, _O.FORBIDDEN: _S.FORBIDDEN, _O.DEACTIVATED: _S.DEACTIVATED,
        _O.TOKEN_RENEWED: _KEEP, _O.TIME_PASSED: _S.ACTIVE, _O.OWNER_ENABLED: _S.ACTIVE, _O.OWNER_DISABLED: _S.DISABLED,
    },
    _S.FORBIDDEN: {
        _O.SUCCEEDED: _S.ACTIVE, _O.USAGE_LIMIT: _KEEP, _O.RATE_LIMIT: _KEEP, _O.REFUSED_TOKEN: _S.EXPIRED,
        _O.CHALLENGE: _KEEP, _O.PAYMENT: _KEEP, _O.FORBIDDEN: _S.FORBIDDEN, _O.DEACTIVATED: _S.DEACTIVATED,
        _O.TOKEN_RENEWED: _S.ACTIVE, _O.TIME_PASSED: _S.ACTIVE, _O.OWNER_ENABLED: _S.ACTIVE,
        _O.OWNER_DISABLED: _S.DISABLED,
    },
    _S.EXPIRED: {
        _O.SUCCEEDED: _S.ACTIVE, _O.USAGE_LIMIT: _KEEP, _O.RATE_LIMIT: _KEEP, _O.REFUSED_TOKEN: _KEEP,
        _O.CHALLENGE: _KEEP, _O.PAYMENT: _KEEP, _O.FORBIDDEN: _KEEP, _O.DEACTIVATED: _S.DEACTIVATED,
        _O.TOKEN_RENEWED: _S.ACTIVE, _O.TIME_PASSED: _KEEP, _O.OWNER_ENABLED: _KEEP, _O.OWNER_DISABLED: _S.DISABLED,
    },
    _S.DEACTIVATED: {
        _O.SUCCEEDED: _S.ACTIVE, _O.USAGE_LIMIT: _KEEP, _O.RATE_LIMIT: _KEEP, _O.REFUSED_TOKEN: _KEEP,
        _O.CHALLENGE: _KEEP, _O.PAYMENT: _KEEP, _O.FORBIDDEN: _KEEP, _O.DEACTIVATED: _KEEP,
        _O.TOKEN_RENEWED: _KEEP, _O.TIME_PASSED: _KEEP, _O.OWNER_ENABLED: _S.ACTIVE, _O.OWNER_DISABLED: _S.DISABLED,
    },
    _S.DISABLED: {
        _O.SUCCEEDED: _KEEP, _O.USAGE_LIMIT: _KEEP, _O.RATE_LIMIT: _KEEP, _O.REFUSED_TOKEN: _KEEP,
        _O.CHALLENGE: _KEEP, _O.PAYMENT: _KEEP, _O.FORBIDDEN: _KEEP, _O.DEACTIVATED: _KEEP,
        _O.TOKEN_RENEWED: _KEEP, _O.TIME_PASSED: _KEEP, _O.OWNER_ENABLED: _S.ACTIVE, _O.OWNER_DISABLED: _KEEP,
    },
}  # fmt: skip
"""From state and occurrence to the next state; None keeps the condition as it is."""

OCCURRENCE_OF: Final[dict[FailureKind, Occurrence | None]] = {
    **dict.fromkeys(FailureKind, None),
    FailureKind.USAGE_LIMIT: Occurrence.USAGE_LIMIT,
    FailureKind.USAGE_NOT_INCLUDED: Occurrence.PAYMENT,
    FailureKind.RATE_LIMITED: Occurrence.RATE_LIMIT,
    FailureKind.UNAUTHORIZED: Occurrence.REFUSED_TOKEN,
    FailureKind.CHALLENGE: Occurrence.CHALLENGE,
    FailureKind.PATH_BLOCKED: Occurrence.CHALLENGE,
    FailureKind.PAYMENT_REQUIRED: Occurrence.PAYMENT,
    FailureKind.FORBIDDEN: Occurrence.FORBIDDEN,
    FailureKind.DEACTIVATED: Occurrence.DEACTIVATED,
}
"""What a failure means for the account it happened on; None means nothing."""

REST_SECONDS: Final[dict[Occurrence, tuple[float, ...]]] = {
    Occurrence.USAGE_LIMIT: (60.0,),
    Occurrence.RATE_LIMIT: (60.0,),
    Occurrence.CHALLENGE: (10.0, 30.0, 90.0, 120.0),
    Occurrence.PAYMENT: (3600.0,),
    Occurrence.FORBIDDEN: (900.0,),
}
"""How long an account rests where the upstream does not say, by strike."""


def step(condition: Condition, occurrence: Occurrence, now: float, *, until: float | None = None) -> Condition:
    """The condition after ``occurrence``.  ``until`` is when the upstream said that it ends; a rest never shortens."""
    following = TABLE[condition.state][occurrence]
    if following is None:
        return condition
    if following is State.ACTIVE:
        return Condition(state=State.ACTIVE, since=now)
    strikes = condition.strikes + 1 if condition.state is following else 1
    ends = _ends(occurrence, now, until, strikes)
    if condition.state is following and condition.until is not None and ends is not None:
        ends = max(ends, condition.until)
    return Condition(state=following, since=now, until=ends, reason=occurrence.value, strikes=strikes)


def current(condition: Condition, now: float) -> Condition:
    """The condition as of ``now``: a rest that is over is over."""
    if condition.until is not None and condition.until <= now:
        return step(condition, Occurrence.TIME_PASSED, now)
    return condition


def occurrence_of(failure: Failure) -> Occurrence | None:
    """What a failure means for the account it happened on."""
    return OCCURRENCE_OF[failure.kind]


def _ends(occurrence: Occurrence, now: float, until: float | None, strikes: int) -> float | None:
    if until is not None:
        return until
    rests = REST_SECONDS.get(occurrence)
    return None if rests is None else now + rests[min(strikes, len(rests)) - 1]
