"""Failures in Gemini's words, told and read."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.failure import RULES, Failure, FailureKind
from codex_proxy.protocols.gemini.errors import STATUSES, WORDS, error_headers, error_object
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure, read_vendor_error

K = FailureKind
RPC_STATUSES = {
    400: {"INVALID_ARGUMENT", "FAILED_PRECONDITION"},
    401: {"UNAUTHENTICATED"},
    403: {"PERMISSION_DENIED"},
    404: {"NOT_FOUND"},
    405: {"INVALID_ARGUMENT"},
    413: {"INVALID_ARGUMENT"},
    421: {"FAILED_PRECONDITION"},
    429: {"RESOURCE_EXHAUSTED"},
    500: {"INTERNAL"},
    502: {"INTERNAL"},
    503: {"UNAVAILABLE"},
    504: {"DEADLINE_EXCEEDED"},
}


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_kind_has_its_word(kind: FailureKind) -> None:
    assert STATUSES[kind] in RPC_STATUSES[RULES[kind].client_status]


def test_a_limit_says_when_to_come_back() -> None:
    failure = Failure(kind=K.RATE_LIMITED, message="too many", retry_after_seconds=1799.2)
    assert error_object(failure) == {
        "code": 429,
        "message": "too many",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1800s"}],
    }
    assert dict(error_headers(failure))["retry-after"] == "1800"


def test_the_field_at_fault_and_the_code_are_details() -> None:
    told = error_object(Failure(kind=K.INVALID_REQUEST, message="no", param="contents", code="empty_array"))
    assert told["details"] == [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "EMPTY_ARRAY", "domain": "codex-proxy"},
        {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": "contents", "description": "no"}],
        },
    ]


def test_a_plain_failure_has_no_details() -> None:
    told = error_object(Failure(kind=K.OVERLOADED, message="full"))
    assert told == {"code": 503, "message": "full", "status": "UNAVAILABLE"}


def test_a_conversation_that_is_too_long_is_told_in_the_words_clients_know() -> None:
    words = "exceeds the maximum number of tokens"
    told = error_object(Failure(kind=K.CONTEXT_TOO_LONG, message="your input exceeds the context window"))
    assert (told["code"], told["status"]) == (400, "INVALID_ARGUMENT")
    assert words in told["message"]
    assert "context window" in told["message"]
    own = f"The input token count (9) {words} allowed (8)."
    assert error_object(Failure(kind=K.CONTEXT_TOO_LONG, message=own))["message"] == own


def test_nothing_to_log_in_with_is_not_to_be_retried() -> None:
    assert dict(error_headers(Failure(kind=K.NO_ACCOUNT, message="log in")))["x-should-retry"] == "false"


def error(message: str, status: str = "", **members: Any) -> dict[str, Any]:
    return {"error": {"message": message, "status": status, **members}}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error("bad", "INVALID_ARGUMENT"), K.INVALID_REQUEST),
        (400, error("API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"), K.UNAUTHORIZED),
        (400, error("no", "INVALID_ARGUMENT", details=[{"reason": "API_KEY_INVALID"}]), K.UNAUTHORIZED),
        (400, error("The input token count (9) exceeds the maximum number of tokens allowed (8)"), K.CONTEXT_TOO_LONG),
        (400, error("User location is not supported for the API use.", "FAILED_PRECONDITION"), K.REGION_BLOCKED),
        (400, error("Function call is missing a thought_signature in functionCall parts."), K.STALE_REASONING),
        (400, error('Invalid JSON payload received. Unknown name "id" at x'), K.UNSUPPORTED_PARAMETER),
        (403, error("x", "PERMISSION_DENIED", details=[{"reason": "CONSUMER_SUSPENDED"}]), K.DEACTIVATED),
        (403, error("x", "PERMISSION_DENIED"), K.FORBIDDEN),
        (404, error("models/x is not found", "NOT_FOUND"), K.MODEL_NOT_FOUND),
        (429, error("quota", "RESOURCE_EXHAUSTED"), K.RATE_LIMITED),
        (429, error("Your prepayment credits are depleted."), K.PAYMENT_REQUIRED),
        (500, error("oops", "INTERNAL"), K.UPSTREAM_ERROR),
        (503, error("The model is overloaded.", "UNAVAILABLE"), K.OVERLOADED),
        (504, error("slow", "DEADLINE_EXCEEDED"), K.TIMEOUT),
        (503, "<html>", K.OVERLOADED),
        (418, {}, K.INVALID_REQUEST),
        (599, [], K.UPSTREAM_ERROR),
    ],
)
def test_errors_of_vendors(status: int, body: Any, kind: FailureKind) -> None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    assert parse_vendor_failure(status, {}, raw, WORDS).kind is kind
    if isinstance(body, dict):
        assert parse_vendor_failure(status, {}, b"[" + raw + b"]", WORDS).kind is kind


def test_a_daily_quota_is_a_limit_of_the_key() -> None:
    details = [
        {"@type": "…QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
        {"@type": "…RetryInfo", "retryDelay": "34.4s"},
    ]
    failure = read_vendor_error(error("quota", "RESOURCE_EXHAUSTED", details=details), status=429, words=WORDS)
    assert (failure.kind, failure.retry_after_seconds) == (K.USAGE_LIMIT, 34.4)


def test_the_refused_member_is_named() -> None:
    body = error("Unknown name \"id\" at 'contents[1]': Cannot find field.")
    failure = read_vendor_error(body, status=400, words=WORDS)
    assert failure.param == "id"


def test_headers_tell_when_no_detail_does() -> None:
    failure = parse_vendor_failure(429, {"retry-after": "12", "x-request-id": "r"}, b"", WORDS)
    assert (failure.retry_after_seconds, failure.request_id) == (12.0, "r")
    assert failure.message == "the vendor answered with HTTP status 429"
    assert parse_vendor_failure(429, {"retry-after": "soon"}, b"", WORDS).retry_after_seconds is None


def test_an_error_inside_a_stream_has_no_status() -> None:
    failure = read_vendor_error({"error": {"code": 503, "message": "m", "status": "UNAVAILABLE"}}, words=WORDS)
    assert (failure.kind, failure.status, failure.code) == (K.OVERLOADED, None, "UNAVAILABLE")
    assert read_vendor_error({"error": {"code": 429}}, words=WORDS).kind is K.RATE_LIMITED
    assert read_vendor_error({"error": "plain words"}, words=WORDS).message == "plain words"


def test_keys_are_not_told_on() -> None:
    key = "AIza" + "x" * 35
    assert read_vendor_error(error(f"key {key} is bad"), words=WORDS).message == "key [key] is bad"
