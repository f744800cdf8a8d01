"""Error objects of upstreams that speak OpenAI's error form: classified by code, type and words.

Rules of this file: the tables decide; codes before types before words, exact codes before patterns.  An unknown error
takes the kind of its HTTP status.  Source: OpenAI API reference; replies of the Codex backend quoted in public reports.
"""

import re
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind

_K: Final = FailureKind

BROKEN_OFF: Final = Failure(
    kind=_K.DISCONNECTED, message="connection lost: the upstream closed the stream before the answer's end"
)
"""An answer whose end never came; opencode over Messages tries again only after words that it knows."""

BY_CODE: Final[dict[str, FailureKind]] = {
    "context_length_exceeded": _K.CONTEXT_TOO_LONG,
    "string_above_max_length": _K.CONTEXT_TOO_LONG,
    "invalid_value": _K.INVALID_REQUEST,
    "unsupported_value": _K.INVALID_REQUEST,
    "missing_required_parameter": _K.INVALID_REQUEST,
    "unsupported_parameter": _K.UNSUPPORTED_PARAMETER,
    "unknown_parameter": _K.UNSUPPORTED_PARAMETER,
    "previous_response_not_found": _K.PREVIOUS_RESPONSE_NOT_FOUND,
    "invalid_encrypted_content": _K.STALE_REASONING,
    "invalid_prompt": _K.POLICY,
    "content_policy_violation": _K.POLICY,
    "content_filter": _K.POLICY,
    "cyber_policy": _K.POLICY,
    "bio_policy": _K.POLICY,
    "misalignment_policy_violation": _K.POLICY,
    "model_not_found": _K.MODEL_NOT_FOUND,
    "unauthorized": _K.UNAUTHORIZED,
    "invalid_api_key": _K.UNAUTHORIZED,
    "token_invalid": _K.UNAUTHORIZED,
    "token_expired": _K.UNAUTHORIZED,
    "token_invalidated": _K.UNAUTHORIZED,
    "token_revoked": _K.UNAUTHORIZED,
    "account_deactivated": _K.DEACTIVATED,
    "deactivated_workspace": _K.DEACTIVATED,
    "user_suspended": _K.DEACTIVATED,
    "account_banned": _K.DEACTIVATED,
    "banned": _K.DEACTIVATED,
    "forbidden": _K.FORBIDDEN,
    "unsupported_country_region_territory": _K.REGION_BLOCKED,
    "insufficient_quota": _K.PAYMENT_REQUIRED,
    "payment_required": _K.PAYMENT_REQUIRED,
    "quota_exhausted": _K.PAYMENT_REQUIRED,
    "credit_balance_exhausted": _K.PAYMENT_REQUIRED,
    "organization_spend_limit_exceeded": _K.PAYMENT_REQUIRED,
    "project_spend_limit_exceeded": _K.PAYMENT_REQUIRED,
    "usage_limit_reached": _K.USAGE_LIMIT,
    "usage_not_included": _K.USAGE_NOT_INCLUDED,
    "rate_limit_exceeded": _K.RATE_LIMITED,
    "rate_limit_reached": _K.RATE_LIMITED,
    "server_is_overloaded": _K.OVERLOADED,
    "slow_down": _K.OVERLOADED,
    "overloaded_error": _K.OVERLOADED,
    "flex_unavailable": _K.OVERLOADED,
    "server_error": _K.UPSTREAM_ERROR,
    "internal_error": _K.UPSTREAM_ERROR,
}

BY_WORDS: Final[tuple[tuple[re.Pattern[str], FailureKind], ...]] = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (
            r"exceeds? the (?:model's )?(?:context|maximum context)|maximum context length|input is too long",
            _K.CONTEXT_TOO_LONG,
        ),
        (r"encrypted content .*could not be|invalid.*(?:signature|encrypted)", _K.STALE_REASONING),
        (r"unsupported parameter", _K.UNSUPPORTED_PARAMETER),
        (r"model .*(?:not supported|not available).*account", _K.MODEL_NOT_IN_PLAN),
        (r"model .*does not exist|model not found", _K.MODEL_NOT_FOUND),
        (r"account has been deactivated|account is deactivated", _K.DEACTIVATED),
        (r"country, region, or territory not supported", _K.REGION_BLOCKED),
        (r"overloaded|at capacity", _K.OVERLOADED),
    )
)

BY_STATUS: Final[dict[int, FailureKind]] = {
    400: _K.INVALID_REQUEST,
    401: _K.UNAUTHORIZED,
    402: _K.PAYMENT_REQUIRED,
    403: _K.FORBIDDEN,
    404: _K.INVALID_REQUEST,
    408: _K.TIMEOUT,
    413: _K.TOO_LARGE,
    422: _K.INVALID_REQUEST,
    429: _K.RATE_LIMITED,
    503: _K.OVERLOADED,
    504: _K.TIMEOUT,
    529: _K.OVERLOADED,
}

_PARAMETER: Final = re.compile(r"(?:unsupported|unknown) parameter:?\s*['\"]?([\w.\[\]]+)", re.IGNORECASE)
_TRY_AGAIN: Final = re.compile(r"try again in\s*(\d+(?:\.\d+)?)\s*(ms|s|seconds?|m|minutes?)?", re.IGNORECASE)
_UNIT_SECONDS: Final = {"ms": 0.001, "m": 60.0, "minute": 60.0, "minutes": 60.0}


def classify_error(error: JsonObject, *, status: int | None = None) -> Failure:
    """The failure that an error object tells.

    ``error`` has ``message``, ``code``, ``type``, ``param`` and, for usage limits, ``resets_at`` (epoch seconds),
    ``resets_in_seconds`` and ``plan_type``; all may be missing.  ``status`` is None inside a 200 stream.
    """
    message = _text(error, "message") or "the upstream failed without saying why"
    code = _text(error, "code") or _text(error, "type")
    kind = kind_of(code, _text(error, "type"), message, status=status)
    return Failure(
        kind=kind,
        message=message,
        code=code,
        status=status,
        param=_param(error, message),
        retry_after_seconds=_number(error, "resets_in_seconds") or retry_after_in(message),
        resets_at=_number(error, "resets_at"),
        plan_type=_text(error, "plan_type"),
    )


def kind_of(code: str | None, type_: str | None, message: str, *, status: int | None) -> FailureKind:
    """The kind for a code, a type, a message and a status, in that order of weight."""
    for word in (code, type_):
        if word in BY_CODE:
            return BY_CODE[word]
    for pattern, kind in BY_WORDS:
        if pattern.search(message):
            return kind
    return kind_of_status(status)


def kind_of_status(status: int | None) -> FailureKind:
    """The kind where nothing but the status is known; None is a failure inside a stream."""
    if status is None or status >= 500:
        return BY_STATUS.get(status or 500, FailureKind.UPSTREAM_ERROR)
    return BY_STATUS.get(status, FailureKind.INVALID_REQUEST)


def retry_after_in(message: str) -> float | None:
    """Seconds, from words such as "try again in 12s"."""
    found = _TRY_AGAIN.search(message)
    if found is None:
        return None
    return float(found.group(1)) * _UNIT_SECONDS.get((found.group(2) or "s").lower(), 1.0)


def _param(error: JsonObject, message: str) -> str | None:
    found = _PARAMETER.search(message)
    return _text(error, "param") or (found.group(1) if found else None)


def _text(members: JsonObject, name: str) -> str | None:
    value: Any = members.get(name)
    return value if isinstance(value, str) and value else None


def _number(members: JsonObject, name: str) -> float | None:
    value: Any = members.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
