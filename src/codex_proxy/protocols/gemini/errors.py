"""Failures in Gemini's words: told to clients, and read from vendors.

Rules of this file: policy is in tables, one word per kind; reading is total.  What a vendor says is told on, cut to a
bounded length and without anything that looks like a key.  Source: google.rpc.Code; recorded errors of AI Studio,
Vertex and Firebase; what google-genai and Gemini CLI read of them.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind, rule_of
from codex_proxy.protocols.parts.errors.openai_errors import failure_headers
from codex_proxy.protocols.parts.errors.replies import decoded, told_on, wait_seconds
from codex_proxy.protocols.parts.errors.upstream_errors import retry_after_in

_K: Final = FailureKind
_RPC: Final = "type.googleapis.com/google.rpc."
_DOMAIN: Final = "codex-proxy"
_TOO_MANY_TOKENS: Final = "exceeds the maximum number of tokens"

STATUSES: Final[dict[FailureKind, str]] = {
    _K.INVALID_REQUEST: "INVALID_ARGUMENT",
    _K.UNSUPPORTED_PARAMETER: "FAILED_PRECONDITION",
    _K.FORM_REFUSED: "INTERNAL",
    _K.CONTEXT_TOO_LONG: "INVALID_ARGUMENT",
    _K.STALE_REASONING: "INVALID_ARGUMENT",
    _K.PREVIOUS_RESPONSE_NOT_FOUND: "INVALID_ARGUMENT",
    _K.POLICY: "INVALID_ARGUMENT",
    _K.MODEL_NOT_FOUND: "NOT_FOUND",
    _K.MODEL_NOT_IN_PLAN: "NOT_FOUND",
    _K.IMAGE_UNAVAILABLE: "PERMISSION_DENIED",
    _K.UNAUTHORIZED: "UNAVAILABLE",
    _K.DEACTIVATED: "UNAVAILABLE",
    _K.PAYMENT_REQUIRED: "RESOURCE_EXHAUSTED",
    _K.FORBIDDEN: "UNAVAILABLE",
    _K.REGION_BLOCKED: "UNAVAILABLE",
    _K.CHALLENGE: "INTERNAL",
    _K.PATH_BLOCKED: "INTERNAL",
    _K.USAGE_LIMIT: "RESOURCE_EXHAUSTED",
    _K.USAGE_NOT_INCLUDED: "RESOURCE_EXHAUSTED",
    _K.RATE_LIMITED: "RESOURCE_EXHAUSTED",
    _K.OVERLOADED: "UNAVAILABLE",
    _K.UPSTREAM_ERROR: "INTERNAL",
    _K.GARBLED: "INTERNAL",
    _K.UNREACHABLE: "INTERNAL",
    _K.TIMEOUT: "DEADLINE_EXCEEDED",
    _K.DISCONNECTED: "INTERNAL",
    _K.EMPTY_ANSWER: "INTERNAL",
    _K.NO_ACCOUNT: "UNAVAILABLE",
    _K.BUSY: "UNAVAILABLE",
    _K.STOPPING: "UNAVAILABLE",
    _K.BAD_KEY: "UNAUTHENTICATED",
    _K.NOT_PERMITTED: "PERMISSION_DENIED",
    _K.TOO_LARGE: "INVALID_ARGUMENT",
    _K.UNKNOWN_PATH: "NOT_FOUND",
    _K.METHOD_NOT_ALLOWED: "INVALID_ARGUMENT",
    _K.INTERNAL: "INTERNAL",
}

_REASONS: Final[dict[str, FailureKind]] = {
    "API_KEY_INVALID": _K.UNAUTHORIZED,
    "API_KEY_EXPIRED": _K.UNAUTHORIZED,
    "ACCESS_TOKEN_EXPIRED": _K.UNAUTHORIZED,
    "CREDENTIALS_MISSING": _K.UNAUTHORIZED,
    "CONSUMER_SUSPENDED": _K.DEACTIVATED,
    "CONSUMER_INVALID": _K.FORBIDDEN,
    "BILLING_DISABLED": _K.PAYMENT_REQUIRED,
    "SERVICE_DISABLED": _K.FORBIDDEN,
}
_WORDS: Final[tuple[tuple[re.Pattern[str], FailureKind], ...]] = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (r"exceeds the maximum number of (?:input )?tokens|input is too long", _K.CONTEXT_TOO_LONG),
        (r"user location is not supported", _K.REGION_BLOCKED),
        (r"thought.?signature", _K.STALE_REASONING),
        (r"api key (?:not valid|expired|not found)", _K.UNAUTHORIZED),
        (r"credits? (?:is|are) depleted|billing account|enable billing", _K.PAYMENT_REQUIRED),
        (r"unknown name \"", _K.UNSUPPORTED_PARAMETER),
        (r"overloaded|high demand", _K.OVERLOADED),
    )
)
_NAMES: Final[dict[str, FailureKind]] = {
    "INVALID_ARGUMENT": _K.INVALID_REQUEST,
    "FAILED_PRECONDITION": _K.INVALID_REQUEST,
    "OUT_OF_RANGE": _K.INVALID_REQUEST,
    "UNAUTHENTICATED": _K.UNAUTHORIZED,
    "PERMISSION_DENIED": _K.FORBIDDEN,
    "NOT_FOUND": _K.MODEL_NOT_FOUND,
    "RESOURCE_EXHAUSTED": _K.RATE_LIMITED,
    "UNAVAILABLE": _K.OVERLOADED,
    "DEADLINE_EXCEEDED": _K.TIMEOUT,
    "INTERNAL": _K.UPSTREAM_ERROR,
    "UNKNOWN": _K.UPSTREAM_ERROR,
    "ABORTED": _K.UPSTREAM_ERROR,
    "CANCELLED": _K.UPSTREAM_ERROR,
}
_CODES: Final[dict[int, FailureKind]] = {
    401: _K.UNAUTHORIZED,
    402: _K.PAYMENT_REQUIRED,
    403: _K.FORBIDDEN,
    404: _K.MODEL_NOT_FOUND,
    408: _K.TIMEOUT,
    413: _K.TOO_LARGE,
    429: _K.RATE_LIMITED,
    503: _K.OVERLOADED,
    504: _K.TIMEOUT,
}
_DAILY: Final = re.compile(r"per.?day", re.IGNORECASE)
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_UNKNOWN_NAME: Final = re.compile(r"unknown name \"([^\"]{1,80})\"", re.IGNORECASE)


def error_object(failure: Failure) -> JsonObject:
    """The object under ``error``: HTTP code, message, status word and, where they say more, details."""
    told: JsonObject = {
        "code": rule_of(failure).client_status,
        "message": _worded(failure),
        "status": STATUSES[failure.kind],
    }
    details = list(_details(failure))
    return {**told, "details": details} if details else told


def error_headers(failure: Failure) -> tuple[tuple[str, str], ...]:
    """Headers of the HTTP answer to a failure, media type included."""
    return failure_headers(failure)


def parse_vendor_failure(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """A vendor's HTTP error, classified; header names are lower-case."""
    fallback = f"the vendor answered with HTTP status {status}"
    return read_vendor_error(decoded(body), status=status, headers=headers, fallback=fallback)


def read_vendor_error(
    value: object,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    fallback: str = "the vendor reported an error",
) -> Failure:
    """An error body or an error in a stream; ``status`` is None inside a 200 stream.

    Shapes: ``{"error": {...}}``, a list of one such object, the inner object alone, a string.
    """
    error = _error_of(value)
    words = _text(error, "message")
    details = [detail for detail in _list(error.get("details")) if isinstance(detail, dict)]
    code = error.get("code")
    seen = status if status is not None else code if isinstance(code, int) else None
    told = headers or {}
    unknown = _UNKNOWN_NAME.search(words)
    return Failure(
        kind=_kind_of(error, details, words, seen),
        message=told_on(words or fallback),
        code=_text(error, "status") or None,
        status=status,
        param=unknown.group(1) if unknown else None,
        retry_after_seconds=_retry_after(details, told) or retry_after_in(words),
        request_id=told.get("x-request-id"),
    )


def _worded(failure: Failure) -> str:
    """Gemini clients know a conversation that grew too long by these words."""
    if failure.kind is not _K.CONTEXT_TOO_LONG or _TOO_MANY_TOKENS in failure.message:
        return failure.message
    return f"The input token count {_TOO_MANY_TOKENS} allowed: {failure.message}"


def _details(failure: Failure) -> Iterator[JsonObject]:
    if failure.code is not None:
        yield {"@type": f"{_RPC}ErrorInfo", "reason": failure.code.upper(), "domain": _DOMAIN}
    if failure.param is not None:
        violation = {"field": failure.param, "description": failure.message}
        yield {"@type": f"{_RPC}BadRequest", "fieldViolations": [violation]}
    seconds = failure.retry_after_seconds
    if seconds is not None:
        yield {"@type": f"{_RPC}RetryInfo", "retryDelay": f"{max(1, math.ceil(seconds))}s"}


def _error_of(value: object) -> JsonObject:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, str):
        return {"message": value}
    if not isinstance(value, dict):
        return {}
    inner = value.get("error")
    if isinstance(inner, str):
        return {"message": inner}
    return inner if isinstance(inner, dict) else value


def _kind_of(error: JsonObject, details: list[JsonObject], words: str, status: int | None) -> FailureKind:
    for detail in details:
        known = _REASONS.get(_text(detail, "reason"))
        if known is not None:
            return known
    for pattern, kind in _WORDS:
        if pattern.search(words):
            return kind
    kind = _NAMES.get(_text(error, "status")) or _CODES.get(status or 0) or _by_class(status)
    return _K.USAGE_LIMIT if kind is _K.RATE_LIMITED and _is_daily(details) else kind


def _by_class(status: int | None) -> FailureKind:
    return _K.INVALID_REQUEST if status is not None and 400 <= status < 500 else _K.UPSTREAM_ERROR


def _is_daily(details: list[JsonObject]) -> bool:
    violations = (violation for detail in details for violation in _list(detail.get("violations")))
    return any(isinstance(violation, dict) and _DAILY.search(_text(violation, "quotaId")) for violation in violations)


def _retry_after(details: list[JsonObject], headers: Mapping[str, str]) -> float | None:
    for detail in details:
        found = _DURATION.fullmatch(_text(detail, "retryDelay"))
        if found is not None:
            return float(found.group(1))
    return wait_seconds(headers)


def _text(members: JsonObject, name: str) -> str:
    value: Any = members.get(name)
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
