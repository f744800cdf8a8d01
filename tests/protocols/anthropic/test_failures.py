import json

import pytest

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.protocols.anthropic.failures import parse_reply_headers, parse_vendor_failure, read_error


def classified(type_: str, message: str, status: int = 400) -> FailureKind:
    body = json.dumps({"type": "error", "error": {"type": type_, "message": message}}).encode()
    return parse_vendor_failure(status, {}, body).kind


@pytest.mark.parametrize(
    ("type_", "message", "status", "kind"),
    [
        ("invalid_request_error", "messages.0: Field required", 400, FailureKind.INVALID_REQUEST),
        ("invalid_request_error", "prompt is too long: 5 tokens > 4 maximum", 400, FailureKind.CONTEXT_TOO_LONG),
        (
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit",
            400,
            FailureKind.CONTEXT_TOO_LONG,
        ),
        ("invalid_request_error", "Invalid `signature` in `thinking` block", 400, FailureKind.STALE_REASONING),
        ("invalid_request_error", "Your credit balance is too low", 400, FailureKind.PAYMENT_REQUIRED),
        ("invalid_request_error", "speed: Extra inputs are not permitted", 400, FailureKind.UNSUPPORTED_PARAMETER),
        ("authentication_error", "invalid x-api-key", 401, FailureKind.UNAUTHORIZED),
        ("billing_error", "pay", 402, FailureKind.PAYMENT_REQUIRED),
        ("permission_error", "no", 403, FailureKind.FORBIDDEN),
        ("not_found_error", "model: claude-nobody", 404, FailureKind.MODEL_NOT_FOUND),
        ("request_too_large", "big", 413, FailureKind.TOO_LARGE),
        ("rate_limit_error", "This request would exceed the context of your limit", 429, FailureKind.RATE_LIMITED),
        ("api_error", "Internal server error", 500, FailureKind.UPSTREAM_ERROR),
        ("api_error", "Output blocked by content filtering policy", 500, FailureKind.POLICY),
        ("timeout_error", "slow", 504, FailureKind.TIMEOUT),
        ("overloaded_error", "Overloaded", 529, FailureKind.OVERLOADED),
        ("brand_new_error", "hm", 429, FailureKind.RATE_LIMITED),
        ("brand_new_error", "hm", 500, FailureKind.UPSTREAM_ERROR),
    ],
)
def test_kinds(type_: str, message: str, status: int, kind: FailureKind) -> None:
    assert classified(type_, message, status) is kind


def test_everything_else_that_an_error_tells() -> None:
    body = (
        b'{"type":"error","error":{"type":"invalid_request_error","message":"speed: Extra inputs are not permitted"}}'
    )
    failure = parse_vendor_failure(400, {"request-id": "req_9", "retry-after": "7"}, body)
    assert (failure.param, failure.code, failure.request_id) == ("speed", "invalid_request_error", "req_9")
    assert (failure.status, failure.retry_after_seconds) == (400, 7.0)


def test_the_id_in_the_body_and_milliseconds() -> None:
    failure = parse_vendor_failure(429, {"retry-after-ms": "1500", "retry-after": "9"}, b'{"request_id":"req_b"}')
    assert (failure.request_id, failure.retry_after_seconds) == ("req_b", 1.5)


@pytest.mark.parametrize("told", ["x", "-1", "nan", "inf", ""])
def test_times_that_are_none(told: str) -> None:
    assert parse_vendor_failure(429, {"retry-after": told}, b"").retry_after_seconds is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'"x"', b'{"error":7}', b"\xff"])
def test_bodies_that_say_nothing(body: bytes) -> None:
    failure = parse_vendor_failure(529, {}, body)
    assert failure.kind is FailureKind.OVERLOADED
    assert "529" in failure.message


def test_plain_words_and_keys() -> None:
    assert parse_vendor_failure(400, {}, b'{"error":"no sk-ant-abcdef123"}').message == "no [key]"
    assert parse_vendor_failure(400, {}, b'{"detail":"no"}').message == "no"


def test_an_error_inside_a_stream() -> None:
    failure = read_error({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    assert (failure.kind, failure.status, failure.message) == (FailureKind.OVERLOADED, None, "Overloaded")
    assert read_error(None).kind is FailureKind.UPSTREAM_ERROR


def test_the_vendors_counters_are_read_and_passed_on() -> None:
    headers = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "10",
        "anthropic-ratelimit-tokens-limit": "0",
        "anthropic-ratelimit-tokens-remaining": "0",
        "request-id": "req_9",
        "server": "x",
    }
    facts = parse_reply_headers(headers)
    assert facts.request_id == "req_9"
    (snapshot,) = facts.rate_limits
    assert snapshot.limit_id == "requests"
    assert snapshot.primary is not None
    assert snapshot.primary.used_percent == 80.0
    assert {name for name, _ in facts.relay} == set(headers) - {"request-id", "server"}
