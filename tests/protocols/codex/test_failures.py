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
