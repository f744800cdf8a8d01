"""HTTP errors of the Codex backend and of the edge before it, classified.

Rules of this file: what the edge says is told apart from what the backend says; a challenge, a blocked region or a
blocked path is never the account's fault; a refusal of what only the classic form has is a refusal of that form.
Source: replies quoted in public reports; reactions of Codex CLI 0.169.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitWindow, told_moment, told_wait
from codex_proxy.protocols.codex.rate_limits import parse_rate_headers
from codex_proxy.protocols.parts.errors.http_dates import http_date_seconds
from codex_proxy.protocols.parts.errors.replies import wait_seconds
from codex_proxy.protocols.parts.errors.upstream_errors import classify_error, kind_of_status

CHALLENGE_WORDS: Final = (b"cf-chl-bypass", b"_cf_chl", b"cf_chl", b"attention required", b"just a moment")
_LOOKED_AT_BYTES: Final = 16_384
_SHOWN_CHARACTERS: Final = 500
_CHALLENGED: Final = frozenset({403, 503})

_CLOSED: Final = re.compile(r"(?:\b|_)deactivated(?:\b|_)", re.IGNORECASE)
_CLASSIC_MEMBERS: Final = frozenset({"tools", "instructions"})
_WANTS_LITE: Final = re.compile(
    r"\b(?:requires?|needs|must (?:use|be sent)|only (?:supported|available))\b.{0,80}\bresponses[-_ ]?lite",
    re.IGNORECASE,
)

FIXED_MESSAGES: Final = {
    FailureKind.CHALLENGE: "a browser challenge stands before the upstream; the egress address is not trusted",
    FailureKind.PATH_BLOCKED: "the upstream's edge answered an empty 404",
}


def parse_failure(status: int, headers: Mapping[str, str], body: bytes) -> Failure:
    """The failure that an error reply tells; ``headers`` have lower-case names."""
    edge = _edge_kind(status, headers, body)
    if edge is not None:
        failure = Failure(kind=edge, message=FIXED_MESSAGES[edge], status=status)
    else:
        failure = classify_error(_error_object(headers, body, status), status=status)
        if _refuses_form(failure):
            failure = msgspec.structs.replace(failure, kind=FailureKind.FORM_REFUSED)
        elif _says_closed(failure):
            failure = msgspec.structs.replace(failure, kind=FailureKind.DEACTIVATED)
    return msgspec.structs.replace(
        failure,
        retry_after_seconds=_wait(failure, headers),
        resets_at=_moment(failure, headers),
        request_id=headers.get("x-request-id") or headers.get("x-oai-request-id") or headers.get("cf-ray"),
    )


def is_challenge(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a reply is a browser challenge."""
    if headers.get("cf-mitigated") == "challenge":
        return True
    if status not in _CHALLENGED:
        return False
    if "text/html" in headers.get("content-type", ""):
        return True
    head = body[:_LOOKED_AT_BYTES].lower()
    return any(words in head for words in CHALLENGE_WORDS)


def _edge_kind(status: int, headers: Mapping[str, str], body: bytes) -> FailureKind | None:
    if is_challenge(status, headers, body):
        return FailureKind.CHALLENGE
    if status == 404 and not body.strip():
        return FailureKind.PATH_BLOCKED
    return None


def _says_closed(failure: Failure) -> bool:
    """Whether a refusal of the account, whatever its code, says that the account is closed."""
    if failure.kind not in {FailureKind.UNAUTHORIZED, FailureKind.FORBIDDEN}:
        return False
    return _CLOSED.search(f"{failure.code} {failure.message}") is not None


def _wait(failure: Failure, headers: Mapping[str, str]) -> float | None:
    """How long to wait; of a used-up window the body knows better than a header that any server on the way may add."""
    told, asked = told_wait(failure.retry_after_seconds), wait_seconds(headers)
    return told or asked if failure.kind is FailureKind.USAGE_LIMIT else asked or told


def _moment(failure: Failure, headers: Mapping[str, str]) -> float | None:
    """When it ends: as the body says, else a used-up window's own counters, else a date to try again at."""
    told = told_moment(failure.resets_at)
    if told is not None:
        return told
    if failure.kind is FailureKind.USAGE_LIMIT and failure.retry_after_seconds is None:
        ends = [window.resets_at for window in _full_windows(headers) if window.resets_at is not None]
        if ends:
            return told_moment(max(ends))
    return http_date_seconds(headers.get("retry-after", ""))


def _full_windows(headers: Mapping[str, str]) -> Iterator[RateLimitWindow]:
    for snapshot in parse_rate_headers(headers):
        for window in (snapshot.primary, snapshot.secondary):
            if window is not None and window.used_percent >= 100:
                yield window


def _refuses_form(failure: Failure) -> bool:
    if failure.kind is FailureKind.UNSUPPORTED_PARAMETER:
        return failure.param in _CLASSIC_MEMBERS  # the lite form has them as items of the input
    return failure.kind is FailureKind.INVALID_REQUEST and _WANTS_LITE.search(failure.message) is not None


def _error_object(headers: Mapping[str, str], body: bytes, status: int) -> JsonObject:
    told = _decoded(body)
    hidden = _decoded(_unpacked(headers.get("x-error-json", "")))
    for source in (told, hidden):
        error = source.get("error")
        if isinstance(error, dict):
            return error
        if isinstance(error, str):
            return {"message": error, "code": source.get("code")}
        detail = source.get("detail")
        if isinstance(detail, dict):
            return detail if detail.get("message") else detail | {"message": _words(detail, status)}
        if isinstance(detail, str):
            return {"message": detail}
    text = body[:_LOOKED_AT_BYTES].decode("utf-8", "replace").strip()
    return {"message": text[:_SHOWN_CHARACTERS] if text and not told else _words(told, status)}


def _words(told: JsonObject, status: int) -> str:
    for name in ("message", "code", "type"):
        if isinstance(told.get(name), str):
            return str(told[name])
    return f"the upstream answered {status} ({kind_of_status(status).value})"


def _decoded(body: bytes) -> JsonObject:
    try:
        value: Any = msgspec.json.decode(body) if body else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _unpacked(header: str) -> bytes:
    try:
        return base64.b64decode(header, validate=True) if header else b""
    except (binascii.Error, ValueError):
        return b""
