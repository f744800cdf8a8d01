"""An upstream's error object, classified."""

import pytest

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.protocols.parts.errors.upstream_errors import (
    BROKEN_OFF,
    BY_CODE,
    classify_error,
    kind_of_status,
    retry_after_in,
)


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_a_known_code_decides_whatever_the_status_says(code: str) -> None:
    assert classify_error({"code": code, "message": "m"}, status=418).kind is BY_CODE[code]
    assert classify_error({"type": code, "message": "m"}).kind is BY_CODE[code]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Your input exceeds the context window of this model", FailureKind.CONTEXT_TOO_LONG),
        ("This model's maximum context length is 8192 tokens", FailureKind.CONTEXT_TOO_LONG),
        ("The encrypted content gAAA... could not be verified.", FailureKind.STALE_REASONING),
        ("Unsupported parameter: metadata", FailureKind.UNSUPPORTED_PARAMETER),
        ("The 'x' model is not supported when using Codex with a ChatGPT account.", FailureKind.MODEL_NOT_IN_PLAN),
        ("The model `x` does not exist", FailureKind.MODEL_NOT_FOUND),
        ("Selected model is at capacity", FailureKind.OVERLOADED),
        ("Country, region, or territory not supported", FailureKind.REGION_BLOCKED),
        ("something else", FailureKind.INVALID_REQUEST),
    ],
)
def test_without_a_known_code_the_words_decide(message: str, kind: FailureKind) -> None:
    assert classify_error({"message": message}, status=400).kind is kind


def test_a_usage_limit_says_until_when_and_for_which_plan() -> None:
    error = {
        "type": "usage_limit_reached",
        "message": "The usage limit has been reached",
        "plan_type": "plus",
        "resets_at": 1777936568,
        "resets_in_seconds": 13872,
    }
    failure = classify_error(error, status=429)
    assert failure.kind is FailureKind.USAGE_LIMIT
    assert (failure.resets_at, failure.retry_after_seconds, failure.plan_type) == (1777936568.0, 13872.0, "plus")


def test_the_refused_field_is_read_from_the_words() -> None:
    assert classify_error({"message": "Unsupported parameter: stream_options"}, status=400).param == "stream_options"
    assert classify_error({"message": "m", "param": "input"}, status=400).param == "input"


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("Please try again in 12s.", 12.0),
        ("try again in 250ms", 0.25),
        ("Try again in 1.5 seconds", 1.5),
        ("try again in 2 minutes", 120.0),
        ("try later", None),
    ],
)
def test_a_delay_is_read_from_the_words(words: str, seconds: float | None) -> None:
    assert retry_after_in(words) == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FailureKind.INVALID_REQUEST),
        (401, FailureKind.UNAUTHORIZED),
        (418, FailureKind.INVALID_REQUEST),
        (429, FailureKind.RATE_LIMITED),
        (500, FailureKind.UPSTREAM_ERROR),
        (503, FailureKind.OVERLOADED),
        (529, FailureKind.OVERLOADED),
        (599, FailureKind.UPSTREAM_ERROR),
        (None, FailureKind.UPSTREAM_ERROR),
    ],
)
def test_a_bare_status_decides_where_nothing_else_is_known(status: int | None, kind: FailureKind) -> None:
    assert kind_of_status(status) is kind


def test_members_of_the_wrong_type_count_as_absent() -> None:
    failure = classify_error({"message": 7, "code": [], "resets_at": True}, status=500)
    assert failure.message == "the upstream failed without saying why"
    assert (failure.code, failure.resets_at) == (None, None)


def test_an_answer_without_an_end_is_told_in_words_that_clients_try_again_after() -> None:
    assert BROKEN_OFF.message.startswith("connection lost: ")
