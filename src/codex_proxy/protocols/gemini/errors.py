"""Failures in Gemini's words: those told to clients, and those that vendors say.

Rules of this file: policy is in tables, one word per kind.  Source: google.rpc.Code; recorded errors of AI Studio,
Vertex and Firebase; what google-genai and Gemini CLI read of them.
"""

import math
import re
from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind, client_status
from codex_proxy.protocols.parts.errors.openai_errors import failure_headers
from codex_proxy.protocols.parts.errors.vendor_errors import Words

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
    _K.KEY_LIMITED: "RESOURCE_EXHAUSTED",
    _K.BUDGET_SPENT: "RESOURCE_EXHAUSTED",
    _K.TOO_LARGE: "INVALID_ARGUMENT",
    _K.UNKNOWN_PATH: "NOT_FOUND",
    _K.METHOD_NOT_ALLOWED: "INVALID_ARGUMENT",
    _K.MISDIRECTED: "FAILED_PRECONDITION",
    _K.INTERNAL: "INTERNAL",
}

_PER_DAY: Final = "per_day"
_DAILY: Final = re.compile(r"per.?day", re.IGNORECASE)
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_LIMITED: Final = frozenset({"", "RESOURCE_EXHAUSTED"})


def error_object(failure: Failure) -> JsonObject:
    """The object under ``error``: HTTP code, message, status word and, where they say more, details."""
    told: JsonObject = {
        "code": client_status(failure),
        "message": _worded(failure),
        "status": STATUSES[failure.kind],
    }
    details = list(_details(failure))
    return {**told, "details": details} if details else told


def error_headers(failure: Failure) -> tuple[tuple[str, str], ...]:
    """Headers of the HTTP answer to a failure, media type included."""
    return failure_headers(failure)


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


def _reasons(error: JsonObject) -> Iterator[str]:
    """The reasons in the details, and whether it is a day's quota that is used up."""
    details = _details_of(error)
    for detail in details:
        yield _text(detail, "reason")
    violations = [violation for detail in details for violation in _objects(detail.get("violations"))]
    if _text(error, "status") in _LIMITED and any(_DAILY.search(_text(one, "quotaId")) for one in violations):
        yield _PER_DAY


def _wait(error: JsonObject) -> float | None:
    delays = (_DURATION.fullmatch(_text(detail, "retryDelay")) for detail in _details_of(error))
    return next((float(delay.group(1)) for delay in delays if delay), None)


def _details_of(error: JsonObject) -> list[JsonObject]:
    return _objects(error.get("details"))


def _objects(value: object) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(members: JsonObject, name: str) -> str:
    value: Any = members.get(name)
    return value if isinstance(value, str) else ""


WORDS: Final = Words(
    codes={
        "api_key_invalid": _K.UNAUTHORIZED,
        "api_key_expired": _K.UNAUTHORIZED,
        "access_token_expired": _K.UNAUTHORIZED,
        "credentials_missing": _K.UNAUTHORIZED,
        "consumer_suspended": _K.DEACTIVATED,
        "consumer_invalid": _K.FORBIDDEN,
        "billing_disabled": _K.PAYMENT_REQUIRED,
        "service_disabled": _K.FORBIDDEN,
    },
    phrases=tuple(
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
    ),
    names={
        _PER_DAY: _K.USAGE_LIMIT,
        "invalid_argument": _K.INVALID_REQUEST,
        "failed_precondition": _K.INVALID_REQUEST,
        "out_of_range": _K.INVALID_REQUEST,
        "unauthenticated": _K.UNAUTHORIZED,
        "permission_denied": _K.FORBIDDEN,
        "not_found": _K.MODEL_NOT_FOUND,
        "resource_exhausted": _K.RATE_LIMITED,
        "unavailable": _K.OVERLOADED,
        "deadline_exceeded": _K.TIMEOUT,
        "internal": _K.UPSTREAM_ERROR,
        "unknown": _K.UPSTREAM_ERROR,
        "aborted": _K.UPSTREAM_ERROR,
        "cancelled": _K.UPSTREAM_ERROR,
    },
    statuses={
        401: _K.UNAUTHORIZED,
        402: _K.PAYMENT_REQUIRED,
        403: _K.FORBIDDEN,
        404: _K.MODEL_NOT_FOUND,
        408: _K.TIMEOUT,
        413: _K.TOO_LARGE,
        429: _K.RATE_LIMITED,
        503: _K.OVERLOADED,
        504: _K.TIMEOUT,
    },
    code_members=("status",),
    param_phrase=re.compile(r"unknown name \"([^\"]{1,80})\"", re.IGNORECASE),
    read_reasons=_reasons,
    read_wait=_wait,
)
"""What vendors say, for ``parse_vendor_failure`` and ``read_vendor_error``."""
