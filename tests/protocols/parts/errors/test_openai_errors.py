"""Failures in OpenAI's words."""

import json

import pytest

from codex_proxy.canonical.failure import RULES, Failure, FailureKind
from codex_proxy.protocols.parts.errors.openai_errors import (
    TYPE_AND_CODE,
    error_code,
    error_object,
    error_reply,
    failure_headers,
)


def test_every_kind_has_its_type_and_code() -> None:
    assert set(TYPE_AND_CODE) == set(FailureKind)


def test_a_failure_becomes_an_error_body_with_its_status() -> None:
    reply = error_reply(Failure(kind=FailureKind.RATE_LIMITED, message="slower", retry_after_seconds=1.2))
    assert reply.status == 429
    assert json.loads(reply.body) == {
        "error": {"message": "slower", "type": "rate_limit_error", "code": "rate_limit_exceeded", "param": None}
    }
    assert dict(reply.headers) == {
        "content-type": "application/json",
        "retry-after": "2",
        "retry-after-ms": "1200",
    }


def test_a_body_of_another_form_may_take_its_place() -> None:
    reply = error_reply(Failure(kind=FailureKind.BAD_KEY, message="no"), {"detail": "no"})
    assert (reply.status, json.loads(reply.body)) == (401, {"detail": "no"})


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Failure(kind=FailureKind.INVALID_REQUEST, message="m", code="unsupported_item"), "unsupported_item"),
        (Failure(kind=FailureKind.INVALID_REQUEST, message="m"), None),
        (Failure(kind=FailureKind.UNAUTHORIZED, message="m", code="token_expired"), "no_account"),
        (
            Failure(kind=FailureKind.PREVIOUS_RESPONSE_NOT_FOUND, message="m", code="response_not_found"),
            "response_not_found",
        ),
    ],
)
def test_the_upstreams_code_survives_only_where_it_means_something_to_the_client(
    failure: Failure, code: str | None
) -> None:
    assert error_code(failure) == code


def test_the_field_at_fault_is_named() -> None:
    assert error_object(Failure(kind=FailureKind.INVALID_REQUEST, message="m", param="input[0]"))["param"] == "input[0]"


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if RULES[kind].client_status >= 500])
def test_sdks_are_told_not_to_retry_what_will_not_get_better(kind: FailureKind) -> None:
    told = dict(failure_headers(Failure(kind=kind, message="m"))).get("x-should-retry")
    assert told == (None if RULES[kind].client_retries else "false")
