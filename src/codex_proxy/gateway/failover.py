"""What to do after a failed attempt: a table over the failure and how far the exchange has come.

Rules of this file: pure; after the commit point the answer is always to give up.  A request that may have been sent is
repeated on the same account only where the failure's rule allows it.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final

import msgspec

from codex_proxy.canonical.failure import Failure, FailureKind, Fault, Sent, rule_of
from codex_proxy.gateway.progress import Progress

MAX_EMPTY_ANSWERS: Final = 2
MAX_PLAN_MISSES: Final = 1
RETRY_DELAYS_SECONDS: Final = (1.0, 2.0)
_NOBODY_CAN: Final = frozenset({FailureKind.NO_ACCOUNT, FailureKind.BUSY, FailureKind.MODEL_NOT_FOUND})


class NextStep(Enum):
    """What follows."""

    SAME_ACCOUNT = "same_account"
    RENEWED_CREDENTIAL = "renewed_credential"
    OTHER_ACCOUNT = "other_account"
    WITHOUT_REASONING = "without_reasoning"
    WITHOUT_FIELD = "without_field"
    IN_LITE_FORM = "in_lite_form"
    GIVE_UP = "give_up"


class FailoverPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Caps.  ``budget_seconds`` bounds the time until the first content."""

    max_attempts: int = 5
    budget_seconds: float = 30.0


def decide(failure: Failure, progress: Progress, *, policy: FailoverPolicy, now: float) -> NextStep:
    """The step after ``failure``; ``now`` is a monotonic second."""
    if progress.committed or progress.attempts >= policy.max_attempts:
        return NextStep.GIVE_UP
    if now - progress.started_at > policy.budget_seconds:
        return NextStep.GIVE_UP
    match failure.kind:
        case FailureKind.STALE_REASONING:
            return NextStep.GIVE_UP if progress.reasoning_dropped else NextStep.WITHOUT_REASONING
        case FailureKind.UNSUPPORTED_PARAMETER:
            known = failure.param is None or failure.param in progress.fields_dropped
            return NextStep.GIVE_UP if known else NextStep.WITHOUT_FIELD
        case FailureKind.FORM_REFUSED | FailureKind.MODEL_NOT_FOUND:  # some models deny themselves to the classic form
            open_ = progress.has_lite_form and not progress.lite_forced
            return NextStep.IN_LITE_FORM if open_ else NextStep.GIVE_UP
        case FailureKind.UNAUTHORIZED if progress.last_tried not in progress.renewed:
            return NextStep.RENEWED_CREDENTIAL
        case FailureKind.EMPTY_ANSWER | FailureKind.IMAGE_UNAVAILABLE:
            return _unless(exhausted=progress.empty_answers > MAX_EMPTY_ANSWERS)
        case FailureKind.MODEL_NOT_IN_PLAN:
            return _unless(exhausted=progress.plan_misses > MAX_PLAN_MISSES)
    return _by_rule(failure, progress)


def _by_rule(failure: Failure, progress: Progress) -> NextStep:
    rule = rule_of(failure)
    repeatable = failure.kind is not FailureKind.UNREACHABLE or failure.sent is Sent.NOTHING_SENT
    if repeatable and progress.keeps_to_one and progress.same_account_tries < rule.same_account_tries:
        return NextStep.SAME_ACCOUNT
    return NextStep.OTHER_ACCOUNT if rule.other_account_helps else NextStep.GIVE_UP


def one_to_tell(failures: Sequence[Failure]) -> Failure:
    """Which of the failures of several attempts the client is told of: the last.

    Unless that one is a candidate's own and for good, while an earlier candidate comes back by itself: waiting helps.
    """
    last = failures[-1]
    if _is_own(last) and not rule_of(last).client_retries:
        return next((one for one in reversed(failures) if _is_own(one) and rule_of(one).client_retries), last)
    return last


def counted(failures: Sequence[Failure]) -> str:
    """How often each kind of failure happened, in words."""
    kinds = [failure.kind.value.replace("_", " ") for failure in failures]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))


def _is_own(failure: Failure) -> bool:
    return rule_of(failure).fault is Fault.ACCOUNT


def other_route_helps(failure: Failure) -> bool:
    """Whether another model, which the owner named for the case, may answer where nobody of this one's can."""
    return failure.kind in _NOBODY_CAN or rule_of(failure).other_account_helps


def _unless(*, exhausted: bool) -> NextStep:
    return NextStep.GIVE_UP if exhausted else NextStep.OTHER_ACCOUNT
