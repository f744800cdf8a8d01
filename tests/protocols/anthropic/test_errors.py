import json

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.anthropic.errors import TYPES, error_body, error_reply, request_id_header, status_of
from codex_proxy.protocols.anthropic.request.body import THREAD_CODE
from tests.protocols.anthropic.wire import request

_KNOWN_TYPES = {
    "invalid_request_error",
    "authentication_error",
    "billing_error",
    "permission_error",
    "not_found_error",
    "request_too_large",
    "rate_limit_error",
    "timeout_error",
    "api_error",
    "overloaded_error",
}


def failure(kind: FailureKind, message: str = "words", **more: object) -> Failure:
    return Failure(kind=kind, message=message, **more)  # type: ignore[arg-type]


def test_every_kind_has_a_type_that_clients_know() -> None:
    assert set(TYPES) == set(FailureKind)
    assert set(TYPES.values()) == _KNOWN_TYPES


@pytest.mark.parametrize(
    ("kind", "status", "type_"),
    [
        (FailureKind.INVALID_REQUEST, 400, "invalid_request_error"),
        (FailureKind.BAD_KEY, 401, "authentication_error"),
        (FailureKind.NOT_PERMITTED, 403, "permission_error"),
        (FailureKind.MODEL_NOT_FOUND, 404, "not_found_error"),
        (FailureKind.TOO_LARGE, 413, "request_too_large"),
        (FailureKind.USAGE_LIMIT, 429, "rate_limit_error"),
        (FailureKind.OVERLOADED, 529, "overloaded_error"),
        (FailureKind.BUSY, 529, "overloaded_error"),
        (FailureKind.NO_ACCOUNT, 503, "api_error"),
        (FailureKind.DISCONNECTED, 502, "api_error"),
        (FailureKind.TIMEOUT, 504, "timeout_error"),
        (FailureKind.INTERNAL, 500, "api_error"),
    ],
)
def test_statuses_and_types(kind: FailureKind, status: int, type_: str) -> None:
    reply = error_reply(failure(kind), "req_1")
    told = json.loads(reply.body)
    assert (reply.status, told["error"]["type"]) == (status, type_)
    assert (told["type"], told["request_id"], told["error"]["message"]) == ("error", "req_1", "words")
    assert dict(reply.headers)["request-id"] == "req_1"


def test_a_limit_says_when_to_come_back() -> None:
    headers = dict(error_reply(failure(FailureKind.USAGE_LIMIT, retry_after_seconds=1800.0), "req_1").headers)
    assert headers["retry-after"] == "1800"
    assert dict(error_reply(failure(FailureKind.NO_ACCOUNT), "req_1").headers)["x-should-retry"] == "false"


def test_nobody_logged_in_is_told_to_machines_too() -> None:
    assert error_body(failure(FailureKind.NO_ACCOUNT), "r")["error"]["details"] == {"error_code": "no_account"}
    assert "details" not in error_body(failure(FailureKind.INTERNAL), "r")["error"]


def test_a_thread_is_refused_in_the_words_that_make_the_sdk_go_on_without() -> None:
    told = error_body(failure(FailureKind.INVALID_REQUEST, code=THREAD_CODE), "r")
    assert told["error"]["details"] == {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}
    assert status_of(failure(FailureKind.INVALID_REQUEST, code=THREAD_CODE)) == 400


def too_long(message: str, window: int | None = None) -> str:
    asked = request(messages=[{"role": "user", "content": "x" * 3600}])
    told = error_body(failure(FailureKind.CONTEXT_TOO_LONG, message), "r", asked, lambda _: window)["error"]
    assert told["type"] == "invalid_request_error"
    return str(told["message"])


def test_a_prompt_too_long_is_told_so_that_clients_compact() -> None:
    known = "maximum context length is 128,000 tokens, your messages resulted in 130001 tokens"
    assert too_long(known) == f"prompt is too long: 130001 tokens > 128000 maximum ({known})"
    vague = "Your input exceeds the context window of this model."
    assert too_long(vague, 900) == f"prompt is too long: 1000 tokens > 900 maximum ({vague})"
    assert too_long(vague, 272_000) == f"prompt is too long: 272001 tokens > 272000 maximum ({vague})"
    assert too_long("the limit is 200000 tokens") == (
        "prompt is too long: 200001 tokens > 200000 maximum (the limit is 200000 tokens)"
    )
    assert too_long(vague) == f"prompt is too long: {vague}"
    assert too_long("prompt is too long: 5 tokens > 4 maximum") == "prompt is too long: 5 tokens > 4 maximum"


def test_a_prompt_too_long_without_its_request() -> None:
    told = error_body(failure(FailureKind.CONTEXT_TOO_LONG, "too much"), "r")
    assert told["error"]["message"] == "prompt is too long: too much"


def test_no_header_without_an_id() -> None:
    assert request_id_header("") == ()
