"""What follows from an issuer's answer: a table over the refusal and how often the token was sent.

Rules of this file: pure; a refusal never ends an account whose access token still lives, and never ends it twice.  A
token that may have been spent is sent once more and no more.  Durations are seconds.
"""

from typing import Final, TypeAlias

import msgspec

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.record import Death

BACKOFF_SECONDS: Final = (5.0, 15.0, 45.0, 135.0, 300.0)
CHALLENGE_SECONDS: Final = (60.0, 300.0, 900.0)
LATER_SECONDS: Final = 600.0
REGION_SECONDS: Final = 1800.0
UNCLEAR_SECONDS: Final = 60.0


class Dead(msgspec.Struct, frozen=True, kw_only=True):
    """The refresh token will never work again."""

    death: Death


class DeadUnlessNewer(msgspec.Struct, frozen=True, kw_only=True):
    """Another holder spent it: dead, unless a newer pair lies where this one came from."""

    death: Death


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """Try again after so many seconds."""

    seconds: float


AfterRefusal: TypeAlias = Dead | DeadUnlessNewer | Again

_DEATHS: Final = {
    Refusal.REFRESH_TOKEN_EXPIRED: Death.EXPIRED,
    Refusal.REFRESH_TOKEN_REVOKED: Death.REVOKED,
    Refusal.DEACTIVATED: Death.DEACTIVATED,
}
_WAITS: Final[dict[Refusal, tuple[float, ...]]] = {
    Refusal.REGION: (REGION_SECONDS,),
    Refusal.CHALLENGE: CHALLENGE_SECONDS,
    Refusal.RATE_LIMITED: (*BACKOFF_SECONDS, LATER_SECONDS),
    Refusal.UNAVAILABLE: (*BACKOFF_SECONDS, LATER_SECONDS),
    Refusal.UNREACHABLE: (*BACKOFF_SECONDS, LATER_SECONDS),
    Refusal.NO_ANSWER: (UNCLEAR_SECONDS,),
    Refusal.PROTOCOL: (LATER_SECONDS,),
    Refusal.BAD_CODE: (LATER_SECONDS,),
    Refusal.WRONG_ISSUER: (LATER_SECONDS,),
}


def after(error: IssuerError, *, failures: int, earlier_tries: int) -> AfterRefusal:
    """What to do now.

    ``failures`` counts refusals in a row, this one included; ``earlier_tries`` how often the token may have been sent
    before this time without anybody knowing what came of it.
    """
    if error.refusal in _DEATHS:
        return Dead(death=_DEATHS[error.refusal])
    if error.refusal is Refusal.REFRESH_TOKEN_REUSED:
        return DeadUnlessNewer(death=Death.UNKNOWN_AFTER_CRASH if earlier_tries else Death.REUSED)
    if error.maybe_spent and earlier_tries:
        return Dead(death=Death.UNKNOWN_AFTER_CRASH)
    waits = _WAITS[error.refusal]
    seconds = waits[min(failures, len(waits)) - 1]
    return Again(seconds=max(seconds, error.retry_after_seconds or 0.0))
