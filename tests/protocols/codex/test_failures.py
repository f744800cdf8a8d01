"""Error replies of the backend and of the edge before it."""

import base64
import json

import pytest

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.protocols.codex.failures import is_challenge, parse_failure

K = FailureKind


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            400,
            {"detail": "The 'x' model is not supported when using Codex with a ChatGPT account."},
            K.MODEL_NOT_IN_PLAN,
        ),
        (400, {"detail": "Unsupported parameter: metadata"}, K.UNSUPPORTED_PARAMETER),
        (400, {"detail": "Store must be set to false"}, K.INVALID_REQUEST),
        (400, {"detail": "Unsupported parameter: tools"}, K.FORM_REFUSED),
        (400, {"detail": "Unsupported parameter: instructions"}, K.FORM_REFUSED),
        (400, {"detail": "The 'x' model requires X-OpenAI-Internal-Codex-Responses-Lite"}, K.FORM_REFUSED),
        (
            400,
            {"error": {"code": "unsupported_value", "message": "Only available with responses-lite"}},
            K.FORM_REFUSED,
        ),
        (
            400,
            {"error": {"code": "unsupported_value", "message": "X-OpenAI-Internal-Codex-Responses-Lite only supports"}},
            K.INVALID_REQUEST,
        ),
        (400, {"detail": "x is not supported when using X-OpenAI-Internal-Codex-Responses-Lite."}, K.INVALID_REQUEST),
        (
            404,
            {"error": {"message": "Model not found gpt-5.6-luna", "type": "invalid_request_error"}},
            K.MODEL_NOT_FOUND,
        ),
        (
            401,
            {"error": {"message": "Provided authentication token is expired.", "code": "token_expired"}},
            K.UNAUTHORIZED,
        ),
        (401, {"detail": "Unauthorized"}, K.UNAUTHORIZED),
        (402, {"detail": {"code": "deactivated_workspace"}}, K.DEACTIVATED),
        (403, {"detail": "no"}, K.FORBIDDEN),
        (401, {"error": {"message": "Your workspace was deactivated.", "code": "invalid"}}, K.DEACTIVATED),
        (403, {"detail": {"code": "user_deactivated_by_admin"}}, K.DEACTIVATED),
        (400, {"detail": "the tool was deactivated"}, K.INVALID_REQUEST),
        (429, {"error": {"type": "usage_limit_reached", "message": "The usage limit has been reached"}}, K.USAGE_LIMIT),
        (429, {"error": {"type": "usage_not_included"}}, K.USAGE_NOT_INCLUDED),
        (429, {}, K.RATE_LIMITED),
        (500, {"error": "internal"}, K.UPSTREAM_ERROR),
        (503, {"error": {"code": "server_is_overloaded", "message": "busy"}}, K.OVERLOADED),
    ],
)
def test_replies_are_classified(status: int, body: object, kind: FailureKind) -> None:
    failure = parse_failure(status, {"content-type": "application/json"}, json.dumps(body).encode())
    assert failure.kind is kind
    assert failure.status == status
    assert failure.message


def test_a_browser_challenge_is_never_the_accounts_fault() -> None:
    page = b"<html><title>Just a moment...</title></html>"
    assert parse_failure(403, {"content-type": "text/html"}, page).kind is K.CHALLENGE
    assert parse_failure(200, {"cf-mitigated": "challenge"}, b"").kind is K.CHALLENGE
    assert is_challenge(503, {}, b"x cf_chl_opt x")
    assert not is_challenge(429, {"content-type": "text/html"}, page)


def test_an_empty_404_is_the_edges() -> None:
    assert parse_failure(404, {}, b"  ").kind is K.PATH_BLOCKED
    assert parse_failure(404, {}, b'{"detail":"Not Found"}').kind is K.INVALID_REQUEST


def test_headers_add_delay_id_and_hidden_errors() -> None:
    hidden = base64.b64encode(b'{"error":{"code":"token_revoked","message":"gone"}}').decode()
    failure = parse_failure(401, {"x-error-json": hidden, "retry-after": "3", "cf-ray": "ray"}, b"")
    assert (failure.kind, failure.message) == (K.UNAUTHORIZED, "gone")
    assert (failure.retry_after_seconds, failure.request_id) == (3.0, "ray")


def test_text_that_is_no_json_is_told_and_bounded() -> None:
    assert parse_failure(500, {}, b"oops").message == "oops"
    assert len(parse_failure(500, {}, b"x" * 100_000).message) == 500
    assert parse_failure(500, {}, b"\xff\xfe").kind is K.UPSTREAM_ERROR


RESETS_AT = 1_795_336_509
LIMIT_BODY = {"type": "usage_limit_reached", "message": "The usage limit has been reached"}
FULL_WINDOW = {
    "x-codex-primary-used-percent": "40",
    "x-codex-primary-reset-at": str(RESETS_AT - 1000),
    "x-codex-secondary-used-percent": "100",
    "x-codex-secondary-reset-at": str(RESETS_AT),
}
DATE = "Sun, 22 Nov 2026 08:35:09 GMT"


@pytest.mark.parametrize(
    ("members", "headers", "resets_at", "wait"),
    [
        ({"resets_at": RESETS_AT}, {}, RESETS_AT, None),
        ({"resets_at": RESETS_AT * 1000}, {}, RESETS_AT, None),
        ({"resets_in_seconds": 13_872}, {}, None, 13_872),
        ({"resets_in_seconds": 13_872_000}, {}, None, 13_872),
        ({"resets_at": RESETS_AT, "resets_in_seconds": 13_872}, {"retry-after": "5"}, RESETS_AT, 13_872),
        ({}, {"retry-after": "5"}, None, 5),
        ({}, {"retry-after": DATE}, RESETS_AT, None),
        ({}, FULL_WINDOW, RESETS_AT, None),
        ({}, {name: value for name, value in FULL_WINDOW.items() if "primary" in name}, None, None),
        ({"resets_in_seconds": 60}, FULL_WINDOW, None, 60),
        ({"resets_in_seconds": 0, "resets_at": -1}, {}, None, None),
        ({}, {}, None, None),
    ],
)
def test_q_06_the_end_of_a_limit_is_read_from_wherever_it_is_told(
    members: dict[str, float], headers: dict[str, str], resets_at: float | None, wait: float | None
) -> None:
    failure = parse_failure(429, headers, json.dumps({"error": LIMIT_BODY | members}).encode())
    assert (failure.kind, failure.resets_at, failure.retry_after_seconds) == (K.USAGE_LIMIT, resets_at, wait)


def test_q_06_of_too_many_requests_the_header_knows_best() -> None:
    body = json.dumps({"error": {"code": "rate_limit_exceeded", "message": "try again in 20s"}}).encode()
    failure = parse_failure(429, {"retry-after": "5"}, body)
    assert (failure.kind, failure.retry_after_seconds) == (K.RATE_LIMITED, 5)
    assert parse_failure(429, {}, body).retry_after_seconds == 20
