"""How a vendor key stands after an attempt: (key, failure, now) -> key.

Rules of this file: pure; every kind of failure is decided in ``EFFECTS`` (a test asserts it).  What the owner disabled
and what the vendor refused changes by nobody but the owner.  A key rests no longer than what was seen says: the
vendor's own time, or the step that its strikes have reached.  Failures of requests that were under way when a rest
began say nothing new.  Times are epoch seconds (UTC).
Source: spec, accounts, 6.5.
"""

from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.vendors.key import KeyStatus, VendorKey

COOLING_SECONDS: Final = (5.0, 30.0, 120.0)
"""How long a key rests where the vendor does not say, by strike."""
PAYMENT_SECONDS: Final = 300.0
LONGEST_SECONDS: Final = 21_600.0  # a vendor that names a later time is asked again after six hours
MEMORY_SECONDS: Final = 3600.0  # strikes count on if the last rest ended less than an hour ago
_REASON_CHARACTERS: Final = 300
_REDACTED: Final = "[redacted]"


class Effect(StrEnum):
    """What a failure does to the key it happened with."""

    NONE = "none"
    COOL = "cool"
    COOL_UNPAID = "cool_unpaid"
    REFUSE = "refuse"


EFFECTS: Final[dict[FailureKind, Effect]] = {
    FailureKind.INVALID_REQUEST: Effect.NONE,
    FailureKind.UNSUPPORTED_PARAMETER: Effect.NONE,
    FailureKind.FORM_REFUSED: Effect.NONE,
    FailureKind.CONTEXT_TOO_LONG: Effect.NONE,
    FailureKind.STALE_REASONING: Effect.NONE,
    FailureKind.PREVIOUS_RESPONSE_NOT_FOUND: Effect.NONE,
    FailureKind.POLICY: Effect.NONE,
    FailureKind.MODEL_NOT_FOUND: Effect.NONE,
    FailureKind.MODEL_NOT_IN_PLAN: Effect.NONE,
    FailureKind.IMAGE_UNAVAILABLE: Effect.NONE,
    FailureKind.UNAUTHORIZED: Effect.REFUSE,
    FailureKind.DEACTIVATED: Effect.REFUSE,
    FailureKind.PAYMENT_REQUIRED: Effect.COOL_UNPAID,
    FailureKind.FORBIDDEN: Effect.REFUSE,
    FailureKind.REGION_BLOCKED: Effect.COOL,  # the way out is at fault, not the key
    FailureKind.CHALLENGE: Effect.COOL,
    FailureKind.PATH_BLOCKED: Effect.NONE,  # with a vendor an empty 404 is a wrong base URL
    FailureKind.USAGE_LIMIT: Effect.COOL,
    FailureKind.USAGE_NOT_INCLUDED: Effect.COOL_UNPAID,
    FailureKind.RATE_LIMITED: Effect.COOL,
    FailureKind.OVERLOADED: Effect.COOL,
    FailureKind.UPSTREAM_ERROR: Effect.COOL,
    FailureKind.GARBLED: Effect.NONE,
    FailureKind.UNREACHABLE: Effect.COOL,
    FailureKind.TIMEOUT: Effect.COOL,
    FailureKind.DISCONNECTED: Effect.NONE,  # the next request may well get its whole answer
    FailureKind.EMPTY_ANSWER: Effect.NONE,
    FailureKind.NO_ACCOUNT: Effect.NONE,
    FailureKind.BUSY: Effect.NONE,
    FailureKind.STOPPING: Effect.NONE,
    FailureKind.BAD_KEY: Effect.NONE,
    FailureKind.NOT_PERMITTED: Effect.NONE,
    FailureKind.KEY_LIMITED: Effect.NONE,
    FailureKind.BUDGET_SPENT: Effect.NONE,
    FailureKind.TOO_LARGE: Effect.NONE,
    FailureKind.UNKNOWN_PATH: Effect.NONE,
    FailureKind.METHOD_NOT_ALLOWED: Effect.NONE,
    FailureKind.MISDIRECTED: Effect.NONE,
    FailureKind.INTERNAL: Effect.NONE,
}


def settled(key: VendorKey, failure: Failure | None, now: float) -> VendorKey:
    """The key after an attempt that ended ``now``; ``failure`` is None where it succeeded."""
    if key.status is not KeyStatus.ACTIVE:
        return key
    if failure is None:
        return _succeeded(key, now)
    match EFFECTS[failure.kind]:
        case Effect.NONE:
            return key
        case Effect.COOL:
            return _cooled(key, failure, now, step_seconds=COOLING_SECONDS[_strike(key, now) - 1])
        case Effect.COOL_UNPAID:
            return _cooled(key, failure, now, step_seconds=PAYMENT_SECONDS)
        case Effect.REFUSE:
            refused = replace(key, status=KeyStatus.ERROR, cooling_until=None, strikes=0)
            return replace(refused, reason=_told(key, failure))


def switched(key: VendorKey, *, enabled: bool) -> VendorKey:
    """The key as its owner wants it: whoever switches it on wants it tried, whatever was seen before."""
    if not enabled:
        return replace(key, status=KeyStatus.DISABLED)
    return replace(key, status=KeyStatus.ACTIVE, reason=None, cooling_until=None, strikes=0)


def _succeeded(key: VendorKey, now: float) -> VendorKey:
    # Who succeeds while the key rests had begun before; what the vendor said since then stands.
    if key.is_cooling(now) or (key.strikes == 0 and key.cooling_until is None and key.reason is None):
        return key
    return replace(key, strikes=0, cooling_until=None, reason=None)


def _cooled(key: VendorKey, failure: Failure, now: float, *, step_seconds: float) -> VendorKey:
    told_seconds = _told_seconds(failure, now)
    if key.is_cooling(now):
        until = max(key.cooling_until or now, now + (told_seconds or 0.0))
        return key if until == key.cooling_until else replace(key, cooling_until=until, reason=_told(key, failure))
    return replace(
        key,
        cooling_until=now + (told_seconds or step_seconds),
        strikes=_strike(key, now),
        reason=_told(key, failure),
    )


def _strike(key: VendorKey, now: float) -> int:
    """Which strike a rest that begins now is; as many are counted as there are steps."""
    is_remembered = key.cooling_until is not None and now - key.cooling_until < MEMORY_SECONDS
    return min(key.strikes + 1, len(COOLING_SECONDS)) if is_remembered else 1


def _told_seconds(failure: Failure, now: float) -> float | None:
    """How long the vendor asks to wait; None where it does not say, or nothing that makes sense."""
    told = failure.retry_after_seconds
    if told is None and failure.resets_at is not None:
        told = failure.resets_at - now
    return min(told, LONGEST_SECONDS) if told is not None and told > 0 else None


def _told(key: VendorKey, failure: Failure) -> str:
    status = f" ({failure.status})" if failure.status is not None else ""
    text = f"{failure.kind.value}{status}: {failure.message}"
    return text.replace(key.secret, _REDACTED)[:_REASON_CHARACTERS] if key.secret else text[:_REASON_CHARACTERS]
