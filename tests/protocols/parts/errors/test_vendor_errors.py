"""Errors of vendors that speak chat completions or Responses, in our words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.failure import FailureKind
from codex_proxy.protocols.parts.errors.vendor_errors import parse_vendor_failure, read_vendor_error
from tests.protocols.openai_chat.recordings import CORPUS, load, recordings, require

# What the recorded HTTP errors mean.
RECORDED = {
    "ai-gateway--internal-testopenai-chat-no-messages--0": FailureKind.INVALID_REQUEST,
    "mirascope--e2e-input-test-call-with-params-openai-gpt-5-mini-completions--0": FailureKind.UNSUPPORTED_PARAMETER,
    "pydantic-ai--models-test-groq-test-tool-use-failed-error--0": FailureKind.UPSTREAM_ERROR,
    "pydantic-ai--models-test-openrouter-test-openrouter-errors-raised--0": FailureKind.RATE_LIMITED,
    "rig--doubleword-error-matrix-invalid-key-blocking--0": FailureKind.FORBIDDEN,
    "rig--llamacpp-error-matrix-context-overflow-blocking--0": FailureKind.CONTEXT_TOO_LONG,
    "rig--llamacpp-structured-output-matrix-schema-and-grammar-conflict--0": FailureKind.UPSTREAM_ERROR,
    "rig--openrouter-response-identity-edge-routed-failure-error-shape--0": FailureKind.MODEL_NOT_FOUND,
    "rig--venice-error-envelope-nonexistent-model-error--a78969s-status-and-body--0": FailureKind.MODEL_NOT_FOUND,
    "ruby_llm--chat-error-handling-with-azure-grok-4-1-fast-n-f8153cpriate-auth-error--0": FailureKind.UNAUTHORIZED,
    "ruby_llm--chat-error-handling-with-ollama-cloud-gpt-oss--48928epriate-auth-error--0": FailureKind.UNAUTHORIZED,
    "ruby_llm--chat-real-error-scenarios-azure-grok-4-1-fast--106b86h-exceeded-errors--0": FailureKind.RATE_LIMITED,
}


@pytest.mark.recordings
def test_the_recorded_errors_are_there() -> None:
    require(CORPUS)
    assert RECORDED.keys() <= {path.stem for path in recordings(failed=True)}


@pytest.mark.recordings
@pytest.mark.parametrize("path", recordings(failed=True), ids=lambda path: path.stem)
def test_a_recorded_error_is_classified_and_told(path: Path) -> None:
    response = load(path)["response"]
    failure = parse_vendor_failure(response["status"], {}, json.dumps(response["body"]).encode())
    assert failure.kind is RECORDED.get(path.stem, FailureKind.INVALID_REQUEST)
    assert failure.status == response["status"]
    assert not failure.message.startswith("the vendor answered")


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (400, {"error": {"message": "maximum context length is 8", "code": 400}}, FailureKind.CONTEXT_TOO_LONG, None),
        (404, {"error": {"message": "The model `x` does not exist"}}, FailureKind.MODEL_NOT_FOUND, None),
        (404, {"detail": "Not Found"}, FailureKind.UPSTREAM_ERROR, "Not Found"),
        (401, {"error": {"message": "m", "code": "invalid_api_key"}}, FailureKind.UNAUTHORIZED, "m"),
        (400, {"error": {"message": "m", "code": "unsupported_parameter"}}, FailureKind.UNSUPPORTED_PARAMETER, "m"),
        (400, {"error": {"message": "Unsupported parameter: 'seed'"}}, FailureKind.UNSUPPORTED_PARAMETER, None),
        (400, {"code": "Client specified an invalid argument", "error": "b"}, FailureKind.INVALID_REQUEST, "b"),
        (429, {"code": "insufficient_quota", "error": "b"}, FailureKind.PAYMENT_REQUIRED, "b"),
        (422, {"detail": "flat"}, FailureKind.INVALID_REQUEST, "flat"),
        (500, {"error": 7}, FailureKind.UPSTREAM_ERROR, "the vendor answered with HTTP status 500"),
        (402, {"error": {"message": "Insufficient Balance"}}, FailureKind.PAYMENT_REQUIRED, None),
        (429, {"error": {"message": "m", "code": "insufficient_quota"}}, FailureKind.PAYMENT_REQUIRED, None),
        (529, "<html>", FailureKind.OVERLOADED, "the vendor answered with HTTP status 529"),
        (502, "", FailureKind.UPSTREAM_ERROR, "the vendor answered with HTTP status 502"),
        (504, [], FailureKind.TIMEOUT, None),
        (400, [{"error": {"message": "in a list"}}], FailureKind.INVALID_REQUEST, "in a list"),
        (422, {"object": "error", "message": "flat"}, FailureKind.INVALID_REQUEST, "flat"),
        (403, {"error": {"code": "unsupported_country_region_territory"}}, FailureKind.REGION_BLOCKED, None),
    ],
)
def test_status_code_and_words_decide(status: int, body: Any, kind: FailureKind, message: str | None) -> None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    failure = parse_vendor_failure(status, {}, raw)
    assert failure.kind is kind
    assert message is None or failure.message == message


def test_the_refused_field_waits_and_ids_of_the_vendor_are_read() -> None:
    body = b'{"error":{"message":"m","param":"seed","code":"unknown_parameter"}}'
    failure = parse_vendor_failure(429, {"retry-after": "7", "x-request-id": "v1"}, body)
    assert (failure.param, failure.retry_after_seconds, failure.request_id) == ("seed", 7.0, "v1")
    assert parse_vendor_failure(500, {"apim-request-id": "azure"}, b"").request_id == "azure"


def test_keys_in_a_vendors_words_are_masked_and_the_hidden_words_told() -> None:
    wrong = read_vendor_error({"error": {"message": "Incorrect API key provided: sk-abc***wxyz."}}, status=401)
    assert wrong.message == "Incorrect API key provided: [key]"
    hidden = read_vendor_error({"error": {"message": "Provider returned error", "metadata": {"raw": "busy"}}})
    assert hidden.message == "Provider returned error: busy"


@given(st.integers(100, 599), st.binary(max_size=60))
def test_any_error_body_is_a_failure(status: int, body: bytes) -> None:
    assert parse_vendor_failure(status, {}, body).message
