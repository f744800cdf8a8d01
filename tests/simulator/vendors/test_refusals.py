"""HTTP errors in each service's own words."""

import json
from typing import Any

import pytest

from codex_proxy.simulator.sections.vendors import RefusalSettings, Wire
from codex_proxy.simulator.vendors.refusals import refusal, shown_key


def told(wire: Wire, status: int, **settings: Any) -> tuple[dict[str, str], dict[str, Any]]:
    reply = refusal(wire, RefusalSettings(status=status, **settings), request_id="req_1")
    assert reply.status == status
    return dict(reply.headers), json.loads(reply.body)


@pytest.mark.parametrize(
    ("status", "openai", "anthropic", "gemini"),
    [
        (400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
        (401, "invalid_request_error", "authentication_error", "UNAUTHENTICATED"),
        (402, "insufficient_quota", "billing_error", "INTERNAL"),
        (404, "invalid_request_error", "not_found_error", "NOT_FOUND"),
        (429, "requests", "rate_limit_error", "RESOURCE_EXHAUSTED"),
        (500, "server_error", "api_error", "INTERNAL"),
        (503, "server_error", "api_error", "UNAVAILABLE"),
        (529, "server_error", "overloaded_error", "INTERNAL"),
    ],
)
def test_each_status_has_its_word(status: int, openai: str, anthropic: str, gemini: str) -> None:
    for wire in (Wire.CHAT, Wire.RESPONSES):
        assert told(wire, status)[1]["error"]["type"] == openai
    assert told(Wire.ANTHROPIC, status)[1]["error"]["type"] == anthropic
    error = told(Wire.GEMINI, status)[1]["error"]
    assert (error["status"], error["code"]) == (gemini, status)


def test_the_scripts_own_words_win() -> None:
    said = {"message": "no", "code": "own_code"}
    assert told(Wire.CHAT, 401, **said)[1]["error"] == {
        "message": "no", "type": "invalid_request_error", "param": None, "code": "own_code",
    }  # fmt: skip
    assert told(Wire.ANTHROPIC, 401, **said)[1]["error"] == {"type": "own_code", "message": "no"}
    assert told(Wire.GEMINI, 418, **said)[1]["error"]["status"] == "own_code"
    assert told(Wire.CHAT, 418)[1]["error"]["message"] == "status 418"


def test_the_time_to_come_back_is_told_where_each_tells_it() -> None:
    for wire in (Wire.CHAT, Wire.RESPONSES, Wire.ANTHROPIC):
        assert told(wire, 429, retry_after_seconds=6.5)[0]["retry-after"] == "7"
    headers, body = told(Wire.GEMINI, 429, retry_after_seconds=6.5)
    assert "retry-after" not in headers
    assert body["error"]["details"][0]["retryDelay"] == "6.5s"


def test_request_ids_stand_where_each_has_them() -> None:
    assert told(Wire.CHAT, 500)[0]["x-request-id"] == "req_1"
    headers, body = told(Wire.ANTHROPIC, 500)
    assert headers["request-id"] == body["request_id"] == "req_1"
    assert set(told(Wire.GEMINI, 500)[0]) == {"content-type"}


@pytest.mark.parametrize(
    ("wire", "headers", "key"),
    [
        (Wire.CHAT, {"authorization": "Bearer k"}, "k"),
        (Wire.CHAT, {"api-key": "k"}, "k"),
        (Wire.RESPONSES, {"authorization": "bearer  k "}, "k"),
        (Wire.CHAT, {"authorization": "Basic k"}, ""),
        (Wire.CHAT, {"x-api-key": "k"}, ""),
        (Wire.ANTHROPIC, {"x-api-key": "k", "anthropic-version": "2023-06-01"}, "k"),
        (Wire.ANTHROPIC, {"authorization": "Bearer k", "anthropic-version": "2023-06-01"}, "k"),
        (Wire.ANTHROPIC, {"x-api-key": "k"}, ""),
        (Wire.GEMINI, {"x-goog-api-key": "k"}, "k"),
        (Wire.GEMINI, {"authorization": "Bearer k"}, ""),
    ],
)
def test_a_key_counts_only_where_the_service_looks_for_it(wire: Wire, headers: dict[str, str], key: str) -> None:
    assert shown_key(wire, headers) == key
