"""Failures in OpenAI's words for our clients, and vendors' failures in ours.

Rules of this file: total; policy is in tables.  What a vendor says is told on, cut to a bounded length and without
anything that looks like a key.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind, rule_of
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.protocols.parts.upstream_errors import BY_CODE, retry_after_in

_INVALID: Final = "invalid_request_error"
_SERVER: Final = "server_error"
_LIMIT: Final = "rate_limit_error"

# Type and code of OpenAI's error object where the kind alone decides; None: the failure's own code, if it has one.
_WORDS: Final[dict[FailureKind, tuple[str, str | None]]] = {
    FailureKind.INVALID_REQUEST: (_INVALID, None),
    FailureKind.UNSUPPORTED_PARAMETER: (_INVALID, "unsupported_parameter"),
    FailureKind.CONTEXT_TOO_LONG: (_INVALID, "context_length_exceeded"),
    FailureKind.STALE_REASONING: (_INVALID, "invalid_encrypted_content"),
    FailureKind.PREVIOUS_RESPONSE_NOT_FOUND: (_INVALID, "previous_response_not_found"),
    FailureKind.POLICY: (_INVALID, "content_policy_violation"),
    FailureKind.MODEL_NOT_FOUND: (_INVALID, "model_not_found"),
    FailureKind.MODEL_NOT_IN_PLAN: (_INVALID, "model_not_found"),
    FailureKind.UNAUTHORIZED: (_SERVER, "upstream_unauthorized"),
    FailureKind.DEACTIVATED: (_SERVER, "upstream_unauthorized"),
    FailureKind.PAYMENT_REQUIRED: ("insufficient_quota", "insufficient_quota"),
    FailureKind.FORBIDDEN: (_SERVER, "upstream_forbidden"),
    FailureKind.REGION_BLOCKED: (_SERVER, "upstream_forbidden"),
    FailureKind.CHALLENGE: (_SERVER, "upstream_error"),
    FailureKind.PATH_BLOCKED: (_SERVER, "upstream_error"),
    FailureKind.USAGE_LIMIT: (_LIMIT, "rate_limit_exceeded"),
    FailureKind.USAGE_NOT_INCLUDED: ("insufficient_quota", "insufficient_quota"),
    FailureKind.RATE_LIMITED: (_LIMIT, "rate_limit_exceeded"),
    FailureKind.OVERLOADED: (_SERVER, "overloaded"),
    FailureKind.UPSTREAM_ERROR: (_SERVER, "upstream_error"),
    FailureKind.GARBLED: (_SERVER, "upstream_error"),
    FailureKind.UNREACHABLE: (_SERVER, "upstream_unreachable"),
    FailureKind.TIMEOUT: (_SERVER, "timeout"),
    FailureKind.DISCONNECTED: (_SERVER, "stream_disconnected"),
    FailureKind.EMPTY_ANSWER: (_SERVER, "empty_answer"),
    FailureKind.NO_ACCOUNT: (_SERVER, "no_account"),
    FailureKind.BUSY: (_SERVER, "overloaded"),
    FailureKind.STOPPING: (_SERVER, "overloaded"),
    FailureKind.BAD_KEY: (_INVALID, "invalid_api_key"),
    FailureKind.NOT_PERMITTED: ("permission_error", "forbidden"),
    FailureKind.TOO_LARGE: (_INVALID, "request_too_large"),
    FailureKind.UNKNOWN_PATH: (_INVALID, "unknown_url"),
    FailureKind.METHOD_NOT_ALLOWED: (_INVALID, "method_not_supported"),
    FailureKind.INTERNAL: (_SERVER, "internal_error"),
}

# Codes and types that only vendors use. Source: recorded errors of Azure, Groq, llama.cpp, Moonshot and OpenRouter.
_CODES: Final[dict[str, FailureKind]] = {
    "exceed_context_size_error": FailureKind.CONTEXT_TOO_LONG,
    "model_not_available": FailureKind.MODEL_NOT_FOUND,
    "invalid_model": FailureKind.MODEL_NOT_FOUND,
    "deploymentnotfound": FailureKind.MODEL_NOT_FOUND,
    "authentication_error": FailureKind.UNAUTHORIZED,
    "permission_denied": FailureKind.FORBIDDEN,
    "permission_error": FailureKind.FORBIDDEN,
    "insufficient_balance": FailureKind.PAYMENT_REQUIRED,
    "billing_hard_limit_reached": FailureKind.PAYMENT_REQUIRED,
    "rate_limit_error": FailureKind.RATE_LIMITED,
    "ratelimitreached": FailureKind.RATE_LIMITED,
    "too_many_requests": FailureKind.RATE_LIMITED,
    "engine_overloaded_error": FailureKind.OVERLOADED,
    "tool_use_failed": FailureKind.UPSTREAM_ERROR,
}
_STATUSES: Final[dict[int, FailureKind]] = {
    401: FailureKind.UNAUTHORIZED,
    402: FailureKind.PAYMENT_REQUIRED,
    403: FailureKind.FORBIDDEN,
    408: FailureKind.TIMEOUT,
    413: FailureKind.TOO_LARGE,
    429: FailureKind.RATE_LIMITED,
    498: FailureKind.OVERLOADED,
    503: FailureKind.OVERLOADED,
    504: FailureKind.TIMEOUT,
    524: FailureKind.TIMEOUT,
    529: FailureKind.OVERLOADED,
}
_TOO_LONG: Final = re.compile(
    r"context (?:length|size|window)|maximum context|prompt is too long|too many tokens", re.IGNORECASE
)
_NO_MODEL: Final = re.compile(
    r"model\b.*\b(?:not found|does not exist|not exist|not a valid|unknown)|not a valid model|unknown model"
    r"|no such model",
    re.IGNORECASE,
)
_KEY: Final = re.compile(r"\b(?:sk|gsk|xai|csk|pplx)-[\w*.-]{6,}")
_MAX_MESSAGE_CHARACTERS: Final = 2000


def error_object(failure: Failure) -> JsonObject:
    """OpenAI's ``error`` object for this failure."""
    kind, code = _WORDS[failure.kind]
    return {"message": failure.message, "type": kind, "param": failure.param, "code": code or failure.code}


def failure_reply(failure: Failure, request_id: str) -> WireReply:
    """The HTTP error that tells this failure; SDKs read ``retry-after`` and ``x-should-retry``."""
    rule = rule_of(failure)
    headers: list[tuple[str, str]] = [
        ("content-type", "application/json"),
        ("x-request-id", request_id),
        ("x-should-retry", "true" if rule.client_retries else "false"),
    ]
    wait = failure.retry_after_seconds
    if wait is not None and rule.client_status in {429, 503}:
        headers.append(("retry-after", str(max(1, math.ceil(wait)))))
        headers.append(("retry-after-ms", str(max(1, round(wait * 1000)))))
    return WireReply(status=rule.client_status, body=encode({"error": error_object(failure)}), headers=tuple(headers))


def parse_vendor_failure(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """A vendor's HTTP error, classified; header names are lower-case."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        value = None
    return read_vendor_error(
        value, status=status, headers=headers, fallback=f"the vendor answered with HTTP status {status}"
    )


def read_vendor_error(
    value: object,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    fallback: str = "the vendor reported an error",
) -> Failure:
    """An error body, or an error object inside a stream, in any of the shapes seen.

    Shapes: ``{"error": {...}}``, ``{"error": "text"}``, ``[{"error": ...}]``, Mistral's and others' flat object.
    """
    error = _error_of(value)
    code, words = _code_of(error), _words_of(error)
    inner = error.get("status_code", error.get("code"))
    seen = status if status is not None else inner if isinstance(inner, int) and 400 <= inner < 600 else None
    param = error.get("param")
    told = headers or {}
    return Failure(
        kind=_kind_of(error, seen, words),
        message=_KEY.sub("[key]", words or fallback)[:_MAX_MESSAGE_CHARACTERS],
        code=code,
        status=status,
        param=param if isinstance(param, str) else None,
        retry_after_seconds=_retry_after(told) or retry_after_in(words),
        request_id=told.get("x-request-id"),
    )


def _error_of(value: object) -> JsonObject:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, str):
        return {"message": value}
    if not isinstance(value, dict):
        return {}
    inner = value.get("error")
    if isinstance(inner, dict):
        return inner
    if isinstance(inner, str):
        return {"message": value["message"] if isinstance(value.get("message"), str) else inner}
    return value


def _code_of(error: JsonObject) -> str | None:
    for name in ("code", "type"):
        value = error.get(name)
        if isinstance(value, str) and value and not value.isdigit():
            return value
    return None


def _words_of(error: JsonObject) -> str:
    """The message; OpenRouter hides the vendor's own words in ``metadata.raw``, FastAPI servers use ``detail``."""
    message = _first_text(error, "message", "msg", "detail")
    metadata = error.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    return f"{message}: {raw}" if message and isinstance(raw, str) and raw else message


def _first_text(members: JsonObject, *names: str) -> str:
    found: list[Any] = [members.get(name) for name in names]
    return next((value for value in found if isinstance(value, str) and value), "")


def _kind_of(error: JsonObject, status: int | None, words: str) -> FailureKind:
    for name in ("code", "type"):
        word = str(error.get(name)).lower()
        known = _CODES.get(word) or BY_CODE.get(word)
        if known is not None:
            return known
    if status is None or status in {400, 404, 413, 422}:
        if _TOO_LONG.search(words):
            return FailureKind.CONTEXT_TOO_LONG
        if _NO_MODEL.search(words):
            return FailureKind.MODEL_NOT_FOUND
    if status in _STATUSES:
        return _STATUSES[status]
    if status in {400, 405, 409, 415, 422}:
        return FailureKind.INVALID_REQUEST
    return FailureKind.UPSTREAM_ERROR


def _retry_after(headers: Mapping[str, str]) -> float | None:
    for name, divisor in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) / divisor
        except (KeyError, ValueError):
            continue
        if 0 <= seconds < 1e9:
            return seconds
    return None
