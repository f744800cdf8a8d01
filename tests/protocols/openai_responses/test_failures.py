"""Failures inside a Responses stream."""

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.openai_responses.failures import codex_error, codex_limit_body, sdk_error

LIMIT = Failure(
    kind=FailureKind.USAGE_LIMIT, message="used up", plan_type="plus", resets_at=100.7, retry_after_seconds=12.2
)


def test_an_sdk_gets_flat_members_and_the_nested_object_it_raises_from() -> None:
    told = sdk_error(Failure(kind=FailureKind.OVERLOADED, message="busy"))
    assert told == {
        "code": "overloaded",
        "message": "busy",
        "param": None,
        "error": {"message": "busy", "type": "server_error", "code": "overloaded", "param": None},
    }


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (FailureKind.CONTEXT_TOO_LONG, "context_length_exceeded"),
        (FailureKind.OVERLOADED, "server_is_overloaded"),
        (FailureKind.PAYMENT_REQUIRED, "insufficient_quota"),
        (FailureKind.POLICY, "invalid_prompt"),
        (FailureKind.DISCONNECTED, "stream_disconnected"),
    ],
)
def test_a_codex_client_gets_a_code_it_acts_on(kind: FailureKind, code: str) -> None:
    assert codex_error(Failure(kind=kind, message="m")) == {"code": code, "message": "m"}


def test_a_limit_says_the_delay_in_the_words_that_a_codex_client_reads() -> None:
    assert codex_error(LIMIT) == {"code": "rate_limit_exceeded", "message": "used up Please try again in 13s."}


def test_a_usage_limit_has_a_body_that_shows_the_limit_screen() -> None:
    assert codex_limit_body(LIMIT) == {
        "error": {
            "type": "usage_limit_reached",
            "message": "used up",
            "plan_type": "plus",
            "resets_at": 100,
            "resets_in_seconds": 13,
        }
    }
    assert codex_limit_body(Failure(kind=FailureKind.RATE_LIMITED, message="m")) is None
