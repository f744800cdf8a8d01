"""What is told where nobody can serve: a failure with the counts, what helps, and when to ask again.

Rules of this file: pure.  A login is asked for only where a login helps; a wait only where somebody comes back by
himself.  Times are epoch seconds.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from codex_proxy.accounts.choice.member import EGRESS_DOWN, NEEDS_LOGIN, EgressFault
from codex_proxy.accounts.choice.need import Need
from codex_proxy.accounts.choice.reasons import FOR_THE_OWNER, PLAN_LACKS_MODEL, TRIED, NoAccount
from codex_proxy.accounts.lifecycle.states import State
from codex_proxy.canonical.failure import Failure, FailureKind

BOUND: Final = "the account that this key belongs to"
SHORTEST_WAIT_SECONDS: Final = 1.0
REFRESH_SECONDS: Final = 5.0  # a refresh that succeeds takes no longer


def refusal(nobody: NoAccount, need: Need, *, now: float, login: str) -> Failure:
    """The failure for a pool in which nobody can serve; ``login`` says how and where to log in."""
    reasons = nobody.reasons
    if not reasons:
        return Failure(kind=FailureKind.NO_ACCOUNT, message=_nobody_logged_in(need, login))
    able = reasons.keys() - FOR_THE_OWNER - {PLAN_LACKS_MODEL, TRIED}
    retry_after = None if nobody.retry_at is None else max(SHORTEST_WAIT_SECONDS, nobody.retry_at - now)
    told = told_counts(reasons)
    nobody_can = "no account can" if need.bound_to is None else f"{BOUND} cannot"
    message = f"{nobody_can} serve this now ({told})"
    if not able and PLAN_LACKS_MODEL in reasons:
        no_plan = "no account's plan has" if need.bound_to is None else f"the plan of {BOUND} lacks"
        lacking = f"{no_plan} the model {need.model!r} ({told})"
        return Failure(kind=FailureKind.MODEL_NOT_IN_PLAN, message=lacking, param="model")
    if able == {EGRESS_DOWN}:
        return _egress(nobody.egress, told, retry_after)
    if State.LIMITED.value in able:
        return Failure(
            kind=FailureKind.USAGE_LIMIT,
            message=message,
            retry_after_seconds=retry_after,
            resets_at=nobody.retry_at,
        )
    if State.REFRESHING.value in able:
        retry_after = min(retry_after or REFRESH_SECONDS, REFRESH_SECONDS)
    if retry_after is not None:
        return Failure(kind=FailureKind.BUSY, message=message, retry_after_seconds=retry_after)
    helps = f"; {login}" if NEEDS_LOGIN in reasons else ""
    return Failure(kind=FailureKind.NO_ACCOUNT, message=message + helps)


def busy(nobody: NoAccount | None, need: Need, *, retry_after_seconds: float) -> Failure:
    """The failure for a pool whose slots stayed taken for the bounded wait."""
    slots = "every account's slots" if need.bound_to is None else f"the slots of {BOUND}"
    told = f" ({told_counts(nobody.reasons)})" if nobody is not None and len(nobody.reasons) > 1 else ""
    return Failure(
        kind=FailureKind.BUSY,
        message=f"{slots} are taken; try again shortly{told}",
        retry_after_seconds=max(SHORTEST_WAIT_SECONDS, retry_after_seconds),
    )


def told_counts(reasons: Mapping[str, int]) -> str:
    """The counts as words, most frequent first."""
    ranked = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in ranked)


def _nobody_logged_in(need: Need, login: str) -> str:
    if need.bound_to is not None:
        return f"{BOUND} is not here any more"
    return f"no account is logged in; {login}"


def _egress(faults: Sequence[EgressFault], told: str, retry_after: float | None) -> Failure:
    names = ", ".join(sorted(fault.name for fault in faults))
    refused = all(fault.kind is FailureKind.REGION_BLOCKED for fault in faults)
    return Failure(
        kind=FailureKind.REGION_BLOCKED if refused else FailureKind.UNREACHABLE,
        message=f"the way out is shut: {names} ({told})",
        retry_after_seconds=retry_after,
    )
