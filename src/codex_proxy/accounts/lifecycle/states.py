"""States of an account, what can happen to it, and the table that decides every pair of the two.

Rules of this file: data only.  An account can be in several states at once (challenged, and used up for one model):
each goes its own way by its own column, and the column ``active`` says what begins.  What the egress or the upstream
did wrong never changes an account.
"""

from enum import StrEnum
from typing import Final, TypeAlias

from codex_proxy.canonical.failure import Failure, FailureKind


class State(StrEnum):
    """What an account can be, the weightier the later."""

    ACTIVE = "active"
    LIMITED = "limited"
    COOLING = "cooling"
    BLOCKED = "blocked"
    UNPAID = "unpaid"
    FORBIDDEN = "forbidden"
    UNAUTHORIZED = "unauthorized"
    EXPIRED = "expired"
    REFRESHING = "refreshing"
    DEACTIVATED = "deactivated"
    DISABLED = "disabled"


MEANINGS: Final[dict[State, str]] = {
    State.ACTIVE: "Nothing stands in its way.",
    State.LIMITED: "A window of this bucket is used up, or requests came too fast; other buckets go on.",
    State.COOLING: "A browser challenge stood before the upstream; longer with each within an hour.",
    State.BLOCKED: "The upstream's edge answered an empty 404; the third within an hour lasts longer.",
    State.UNPAID: "There is nothing to pay with; a usage query is due when its hour is over.",
    State.FORBIDDEN: "The upstream forbade the call without saying why; the third time a usage query decides.",
    State.UNAUTHORIZED: "Fresh tokens were refused again and again; no more refreshes for a while.",
    State.EXPIRED: "Its access token is over or refused.",
    State.REFRESHING: "Its access token is over or refused, and a new one is being fetched.",
    State.DEACTIVATED: "The upstream closed the account.",
    State.DISABLED: "Its owner switched it off.",
}


class Occurrence(StrEnum):
    """What can happen to an account."""

    SUCCEEDED = "succeeded"
    USAGE_LIMIT = "usage_limit"
    RATE_LIMIT = "rate_limit"
    REFUSED_TOKEN = "refused_token"
    REFUSED_TOO_OFTEN = "refused_too_often"
    CHALLENGE = "challenge"
    PATH_BLOCK = "path_block"
    PAYMENT = "payment"
    FORBIDDEN = "forbidden"
    DEACTIVATED = "deactivated"
    REGION = "region"
    PROBE_ANSWERED = "probe_answered"
    PROBE_FAILED = "probe_failed"
    PROBE_FORBIDDEN = "probe_forbidden"
    CANARY_SENT = "canary_sent"
    CANARY_LOST = "canary_lost"
    CREDIT_REDEEMED = "credit_redeemed"
    REFRESH_STARTED = "refresh_started"
    REFRESH_FAILED = "refresh_failed"
    TOKEN_RENEWED = "token_renewed"
    LOGGED_IN = "logged_in"
    OWNER_ENABLED = "owner_enabled"
    OWNER_DISABLED = "owner_disabled"
    TIME_PASSED = "time_passed"


_O: Final = Occurrence
_Cell: TypeAlias = State | None

_ON: Final = State.ACTIVE
_LIM: Final = State.LIMITED
_COOL: Final = State.COOLING
_BLKD: Final = State.BLOCKED
_PAY: Final = State.UNPAID
_FORB: Final = State.FORBIDDEN
_AUTH: Final = State.UNAUTHORIZED
_EXPD: Final = State.EXPIRED
_RFSH: Final = State.REFRESHING
_DEAD: Final = State.DEACTIVATED
_OFF: Final = State.DISABLED
_: Final = None

_ROWS: Final[dict[Occurrence, tuple[_Cell, ...]]] = {
    # from:                 ON     LIM    COOL   BLKD   PAY    FORB   AUTH   EXPD   RFSH   DEAD   OFF
    _O.SUCCEEDED:          (_,     _ON,   _ON,   _ON,   _ON,   _ON,   _ON,   _ON,   _ON,   _ON,   _),
    _O.USAGE_LIMIT:        (_LIM,  _LIM,  _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.RATE_LIMIT:         (_LIM,  _LIM,  _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.REFUSED_TOKEN:      (_EXPD, _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.REFUSED_TOO_OFTEN:  (_AUTH, _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.CHALLENGE:          (_COOL, _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.PATH_BLOCK:         (_BLKD, _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.PAYMENT:            (_PAY,  _,     _,     _,     _PAY,  _,     _,     _,     _,     _,     _),
    _O.FORBIDDEN:          (_FORB, _,     _,     _,     _,     _FORB, _,     _,     _,     _,     _),
    _O.DEACTIVATED:        (_DEAD, _,     _,     _,     _,     _,     _,     _,     _DEAD, _,     _),
    _O.REGION:             (_,     _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.PROBE_ANSWERED:     (_,     _,     _,     _,     _ON,   _ON,   _,     _,     _,     _,     _),
    _O.PROBE_FAILED:       (_,     _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.PROBE_FORBIDDEN:    (_FORB, _,     _,     _,     _,     _DEAD, _,     _,     _,     _,     _),
    _O.CANARY_SENT:        (_,     _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.CANARY_LOST:        (_,     _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.CREDIT_REDEEMED:    (_,     _ON,   _,     _,     _ON,   _,     _,     _,     _,     _,     _),
    _O.REFRESH_STARTED:    (_,     _,     _,     _,     _,     _,     _,     _RFSH, _,     _,     _),
    _O.REFRESH_FAILED:     (_,     _,     _,     _,     _,     _,     _,     _,     _EXPD, _,     _),
    _O.TOKEN_RENEWED:      (_,     _,     _,     _,     _,     _,     _,     _ON,   _ON,   _,     _),
    _O.LOGGED_IN:          (_,     _,     _,     _,     _,     _ON,   _ON,   _ON,   _ON,   _ON,   _),
    _O.OWNER_ENABLED:      (_,     _ON,   _ON,   _ON,   _ON,   _ON,   _ON,   _ON,   _ON,   _ON,   _ON),
    _O.OWNER_DISABLED:     (_OFF,  _,     _,     _,     _,     _,     _,     _,     _,     _,     _),
    _O.TIME_PASSED:        (_,     _,     _ON,   _ON,   _,     _ON,   _ON,   _ON,   _ON,   _,     _),
}  # fmt: skip

TABLE: Final[dict[State, dict[Occurrence, State | None]]] = {
    state: {occurrence: row[place] for occurrence, row in _ROWS.items()} for place, state in enumerate(State)
}
"""What becomes of a state when something happens; None: it stays.  The row ``active`` says what begins.

``time_passed`` ends what has an end once that has come; ``limited`` and ``unpaid`` do not end but open half, for one
request at a time until one succeeds.  ``disabled``, ``refreshing`` and an ``expired`` by date are what the account's
record says; the record's owner makes these moves there.
"""

OCCURRENCE_OF: Final[dict[FailureKind, Occurrence | None]] = {
    **dict.fromkeys(FailureKind, None),
    FailureKind.USAGE_LIMIT: Occurrence.USAGE_LIMIT,
    FailureKind.USAGE_NOT_INCLUDED: Occurrence.PAYMENT,
    FailureKind.RATE_LIMITED: Occurrence.RATE_LIMIT,
    FailureKind.UNAUTHORIZED: Occurrence.REFUSED_TOKEN,
    FailureKind.CHALLENGE: Occurrence.CHALLENGE,
    FailureKind.PATH_BLOCKED: Occurrence.PATH_BLOCK,
    FailureKind.PAYMENT_REQUIRED: Occurrence.PAYMENT,
    FailureKind.FORBIDDEN: Occurrence.FORBIDDEN,
    FailureKind.DEACTIVATED: Occurrence.DEACTIVATED,
    FailureKind.REGION_BLOCKED: Occurrence.REGION,
}
"""What a failure means for the account it happened on; None means nothing."""

ABOUT_CREDENTIAL: Final = frozenset(
    {
        Occurrence.REFUSED_TOKEN,
        Occurrence.REFUSED_TOO_OFTEN,
        Occurrence.FORBIDDEN,
        Occurrence.DEACTIVATED,
        Occurrence.PROBE_FORBIDDEN,
    }
)
"""What is said of the credential that was sent, so that it is no news of a newer one."""


def occurrence_of(failure: Failure) -> Occurrence | None:
    """What a failure of a request means for the account it happened on."""
    return OCCURRENCE_OF[failure.kind]


def occurrences_of_probe(failure: Failure) -> tuple[Occurrence, ...]:
    """What a failed usage query means for the account it was asked for, in order."""
    occurrence = OCCURRENCE_OF[failure.kind]
    if occurrence is None:
        return (Occurrence.PROBE_FAILED,)
    if occurrence is Occurrence.FORBIDDEN:
        return (Occurrence.PROBE_FORBIDDEN,)
    return (Occurrence.PROBE_FAILED, occurrence)


def is_outdated(occurrence: Occurrence, *, generation: int, current: int) -> bool:
    """Whether this is news of an older credential (``generation``) than the ``current`` one: it changes nothing."""
    return occurrence in ABOUT_CREDENTIAL and generation != current
