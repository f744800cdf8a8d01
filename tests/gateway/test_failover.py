"""The table of what follows a failure."""

from typing import Any

import pytest

from codex_proxy.canonical.failure import RULES, Failure, FailureKind, Sent
from codex_proxy.gateway.failover import FailoverPolicy, NextStep, decide, one_to_tell
from codex_proxy.gateway.progress import Progress

POLICY = FailoverPolicy(max_attempts=5, budget_seconds=30.0)


def step(
    kind: FailureKind, *, now: float = 0.0, sent: Sent = Sent.MAYBE_SENT, param: str | None = None, **made: Any
) -> NextStep:
    progress = Progress(started_at=0.0, attempts=1)
    for name, value in made.items():
        setattr(progress, name, value)
    return decide(Failure(kind=kind, message="m", sent=sent, param=param), progress, policy=POLICY, now=now)


@pytest.mark.parametrize("kind", list(FailureKind))
def test_after_content_caps_and_budget_nothing_else_is_tried(kind: FailureKind) -> None:
    assert step(kind, committed=True) is NextStep.GIVE_UP
    assert step(kind, attempts=5) is NextStep.GIVE_UP
    assert step(kind, now=31.0) is NextStep.GIVE_UP


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if not RULES[kind].other_account_helps])
def test_what_no_account_can_mend_is_never_tried_on_another(kind: FailureKind) -> None:
    assert step(kind) is not NextStep.OTHER_ACCOUNT


@pytest.mark.parametrize(
    ("kind", "made", "expected"),
    [
        (FailureKind.USAGE_LIMIT, {}, NextStep.OTHER_ACCOUNT),
        (FailureKind.UNAUTHORIZED, {"last_tried": "a"}, NextStep.RENEWED_CREDENTIAL),
        (FailureKind.UNAUTHORIZED, {"last_tried": "b", "renewed": {"a"}}, NextStep.RENEWED_CREDENTIAL),
        (FailureKind.UNAUTHORIZED, {"last_tried": "a", "renewed": {"a"}}, NextStep.OTHER_ACCOUNT),
        (FailureKind.UPSTREAM_ERROR, {}, NextStep.SAME_ACCOUNT),
        (FailureKind.UPSTREAM_ERROR, {"same_account_tries": 2}, NextStep.OTHER_ACCOUNT),
        (FailureKind.UNREACHABLE, {}, NextStep.OTHER_ACCOUNT),
        (FailureKind.UNREACHABLE, {"sent": Sent.NOTHING_SENT}, NextStep.SAME_ACCOUNT),
        (FailureKind.STALE_REASONING, {}, NextStep.WITHOUT_REASONING),
        (FailureKind.STALE_REASONING, {"reasoning_dropped": True}, NextStep.GIVE_UP),
        (FailureKind.UNSUPPORTED_PARAMETER, {"param": "x"}, NextStep.WITHOUT_FIELD),
        (FailureKind.UNSUPPORTED_PARAMETER, {"param": "x", "fields_dropped": {"x"}}, NextStep.GIVE_UP),
        (FailureKind.UNSUPPORTED_PARAMETER, {}, NextStep.GIVE_UP),
        (FailureKind.FORM_REFUSED, {"has_lite_form": True}, NextStep.IN_LITE_FORM),
        (FailureKind.FORM_REFUSED, {"has_lite_form": True, "lite_forced": True}, NextStep.GIVE_UP),
        (FailureKind.FORM_REFUSED, {}, NextStep.GIVE_UP),
        (FailureKind.MODEL_NOT_FOUND, {"has_lite_form": True}, NextStep.IN_LITE_FORM),
        (FailureKind.MODEL_NOT_FOUND, {}, NextStep.GIVE_UP),
        (FailureKind.EMPTY_ANSWER, {"empty_answers": 1}, NextStep.OTHER_ACCOUNT),
        (FailureKind.EMPTY_ANSWER, {"empty_answers": 3}, NextStep.GIVE_UP),
        (FailureKind.IMAGE_UNAVAILABLE, {"empty_answers": 1}, NextStep.OTHER_ACCOUNT),
        (FailureKind.IMAGE_UNAVAILABLE, {"empty_answers": 3}, NextStep.GIVE_UP),
        (FailureKind.MODEL_NOT_IN_PLAN, {"plan_misses": 1}, NextStep.OTHER_ACCOUNT),
        (FailureKind.MODEL_NOT_IN_PLAN, {"plan_misses": 2}, NextStep.GIVE_UP),
        (FailureKind.CONTEXT_TOO_LONG, {}, NextStep.GIVE_UP),
    ],
)
def test_the_table(kind: FailureKind, made: dict[str, Any], expected: NextStep) -> None:
    assert step(kind, **made) is expected


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ([FailureKind.USAGE_LIMIT, FailureKind.DEACTIVATED], FailureKind.USAGE_LIMIT),
        ([FailureKind.RATE_LIMITED, FailureKind.IMAGE_UNAVAILABLE, FailureKind.FORBIDDEN], FailureKind.RATE_LIMITED),
        ([FailureKind.USAGE_LIMIT, FailureKind.MODEL_NOT_IN_PLAN], FailureKind.USAGE_LIMIT),
        ([FailureKind.UNAUTHORIZED, FailureKind.DEACTIVATED], FailureKind.DEACTIVATED),
        ([FailureKind.USAGE_LIMIT, FailureKind.INVALID_REQUEST], FailureKind.INVALID_REQUEST),
        ([FailureKind.USAGE_LIMIT, FailureKind.UPSTREAM_ERROR], FailureKind.UPSTREAM_ERROR),
        ([FailureKind.OVERLOADED, FailureKind.DEACTIVATED], FailureKind.DEACTIVATED),
    ],
)
def test_the_last_failure_is_told_unless_an_earlier_account_comes_back(
    kinds: list[FailureKind], told: FailureKind
) -> None:
    assert one_to_tell([Failure(kind=kind, message="m") for kind in kinds]).kind is told
