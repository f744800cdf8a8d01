"""Errors of vendors that speak this dialect, classified.

Rules of this file: total; the type decides, then the words, then the status; keys never reach a message.  Source:
Anthropic API reference, errors; recorded and reported error bodies.
"""

import re
from collections.abc import Mapping
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.protocols.base import HeaderPairs, ReplyFacts
from codex_proxy.protocols.parts.errors.replies import decoded, told_on, wait_seconds
from codex_proxy.protocols.parts.errors.upstream_errors import kind_of_status, retry_after_in

_K: Final = FailureKind
_BY_TYPE: Final = {
    "authentication_error": _K.UNAUTHORIZED,
    "billing_error": _K.PAYMENT_REQUIRED,
    "permission_error": _K.FORBIDDEN,
    "not_found_error": _K.MODEL_NOT_FOUND,
    "request_too_large": _K.TOO_LARGE,
    "rate_limit_error": _K.RATE_LIMITED,
    "timeout_error": _K.TIMEOUT,
    "overloaded_error": _K.OVERLOADED,
    "api_error": _K.UPSTREAM_ERROR,
}
_BY_WORDS: Final = tuple(
    (re.compile(words, re.IGNORECASE), kind)
    for words, kind in (
        (
            r"prompt is too long|exceeds? (?:the )?context|context (?:length|window)|too many tokens",
            _K.CONTEXT_TOO_LONG,
        ),
        (r"invalid `?signature|thinking.* blocks? .*cannot be modified|expected .*thinking", _K.STALE_REASONING),
        (r"credit balance is too low", _K.PAYMENT_REQUIRED),
        (r"extra inputs are not permitted|unexpected value.*anthropic-beta", _K.UNSUPPORTED_PARAMETER),
        (r"usage polic|content filtering policy", _K.POLICY),
    )
)
_PARAMETER: Final = re.compile(r"^([A-Za-z_][\w.]*): extra inputs", re.IGNORECASE)
_LIMITS_PREFIX: Final = "anthropic-ratelimit-"
_BUCKETS: Final = ("requests", "tokens", "input-tokens", "output-tokens")
_BUCKET_SECONDS: Final = 60


def parse_vendor_failure(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """A vendor's HTTP error; header names are lower-case."""
    return read_error(decoded(body), status=status, headers=headers)


def read_error(value: object, *, status: int | None = None, headers: Mapping[str, str] | None = None) -> Failure:
    """An error body, or an ``error`` event of a stream, where ``status`` is None."""
    told = headers or {}
    members = value if isinstance(value, dict) else {}
    error = members.get("error")
    if isinstance(error, str):
        error = {"message": error}
    error = error if isinstance(error, dict) else members
    words = _text(error, "message") or _text(error, "detail")
    fallback = "the vendor reported an error" if status is None else f"the vendor answered with HTTP status {status}"
    parameter, wait = _PARAMETER.search(words), wait_seconds(told)
    return Failure(
        kind=_kind_of(error, words, status),
        message=told_on(words or fallback),
        code=_text(error, "type") or None,
        status=status,
        param=parameter.group(1) if parameter else None,
        retry_after_seconds=retry_after_in(words) if wait is None else wait,
        request_id=told.get("request-id") or _text(members, "request_id") or None,
    )


def parse_reply_headers(headers: Mapping[str, str]) -> ReplyFacts:
    """The request's id, and the vendor's own counters, which clients of this dialect may see."""
    relay: HeaderPairs = tuple((name, value) for name, value in headers.items() if name.startswith(_LIMITS_PREFIX))
    found = (_snapshot(headers, bucket) for bucket in _BUCKETS)
    return ReplyFacts(
        rate_limits=tuple(snapshot for snapshot in found if snapshot is not None),
        request_id=headers.get("request-id") or headers.get("x-request-id"),
        relay=relay,
    )


def _kind_of(error: JsonObject, words: str, status: int | None) -> FailureKind:
    told = _text(error, "type")
    kind = _BY_TYPE.get(told)
    if kind is None or kind is _K.UPSTREAM_ERROR:
        for pattern, meant in _BY_WORDS:
            if pattern.search(words):
                return meant
    if kind is not None:
        return kind
    return _K.INVALID_REQUEST if told == "invalid_request_error" else kind_of_status(status)


def _snapshot(headers: Mapping[str, str], bucket: str) -> RateLimitSnapshot | None:
    limit, remaining = (_number(headers.get(f"{_LIMITS_PREFIX}{bucket}-{name}")) for name in ("limit", "remaining"))
    if not limit or remaining is None:
        return None
    used = min(100.0, max(0.0, 100.0 * (1.0 - remaining / limit)))
    window = RateLimitWindow(used_percent=used, window_seconds=_BUCKET_SECONDS)
    return RateLimitSnapshot(limit_id=bucket, primary=window, source="headers")


def _number(told: str | None) -> float | None:
    try:
        value = float(told or "")
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None


def _text(members: JsonObject, name: str) -> str:
    value = members.get(name)
    return value if isinstance(value, str) else ""
