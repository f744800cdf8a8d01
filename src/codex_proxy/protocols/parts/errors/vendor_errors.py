"""Failures of vendors that speak a dialect of OpenAI's, from HTTP errors and from error objects inside streams.

Rules of this file: total; policy is in tables; codes before types before words before the status.  Source: OpenAI API
reference; recorded errors of Azure, Groq, llama.cpp, Moonshot, OpenAI, OpenRouter and xAI.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.parts.errors.replies import decoded, told_on, wait_seconds
from codex_proxy.protocols.parts.errors.upstream_errors import BY_CODE, BY_WORDS, retry_after_in

# Codes and types that only vendors use.
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
        message=told_on(words or fallback),
        code=code,
        status=status,
        param=param if isinstance(param, str) else None,
        retry_after_seconds=wait_seconds(told) or retry_after_in(words),
        request_id=told.get("x-request-id") or told.get("apim-request-id"),
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
        words = value["message"] if isinstance(value.get("message"), str) else inner
        return {"message": words, "code": value.get("code")}
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
    for pattern, kind in BY_WORDS:
        if pattern.search(words):
            return kind
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
