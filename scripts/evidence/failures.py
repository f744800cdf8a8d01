"""Recorded HTTP errors and headers: the kind we give them, and what the official SDK raises for what we tell on.

Rules of this file: the expected kinds stand in a table of statuses, written from what the statuses mean and not from
our classifier; the upstream's words must reach the exception, except for keys in them and what exceeds 2,000
characters.  What differs by dialect is an ``ErrorForm``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from codex_proxy.canonical.failure import FailureKind, Fault, rule_of
from scripts.evidence.codecs import CODEC_FAULTS, Pair
from scripts.evidence.readers import oracle
from scripts.evidence.readers.reading import Rejected
from scripts.evidence.readers.sdks import Readers
from scripts.evidence.recording import Recording

_K = FailureKind
_CLIENT_FAULTS = frozenset(
    {
        _K.INVALID_REQUEST,
        _K.UNSUPPORTED_PARAMETER,
        _K.CONTEXT_TOO_LONG,
        _K.STALE_REASONING,
        _K.PREVIOUS_RESPONSE_NOT_FOUND,
        _K.POLICY,
        _K.MODEL_NOT_FOUND,
        _K.MODEL_NOT_IN_PLAN,
    }
)
_KINDS = {
    400: _CLIENT_FAULTS,
    401: frozenset({_K.UNAUTHORIZED, _K.DEACTIVATED}),
    402: frozenset({_K.PAYMENT_REQUIRED, _K.DEACTIVATED}),
    403: frozenset({_K.FORBIDDEN, _K.REGION_BLOCKED, _K.CHALLENGE, _K.DEACTIVATED, _K.MODEL_NOT_IN_PLAN}),
    404: frozenset({_K.MODEL_NOT_FOUND, _K.MODEL_NOT_IN_PLAN, _K.PREVIOUS_RESPONSE_NOT_FOUND, _K.PATH_BLOCKED}),
    408: frozenset({_K.TIMEOUT}),
    413: frozenset({_K.TOO_LARGE, _K.CONTEXT_TOO_LONG}),
    422: _CLIENT_FAULTS,
    429: frozenset({_K.RATE_LIMITED, _K.USAGE_LIMIT, _K.USAGE_NOT_INCLUDED, _K.PAYMENT_REQUIRED, _K.OVERLOADED}),
}
_SERVER_KINDS = frozenset({_K.UPSTREAM_ERROR, _K.OVERLOADED, _K.TIMEOUT})
_MODEL_AT_FAULT = re.compile(r"tool_use_failed|failed_generation")  # the model wrote a bad call; the request was fine
_RAISED = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}
_KEY = re.compile(r"\b[a-z]{2,5}-[\w*.-]{6,}")
_KEPT_CHARACTERS = 1900


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorForm:
    """What errors mean in one dialect.

    ``kinds`` are those that a status may have, with 400 standing for other ones below 500; ``exception`` names the
    class that the SDK raises for a status of ours.
    """

    kinds: Mapping[int, frozenset[FailureKind]]
    exception: Callable[[int], str]


def by_status(status: int) -> str:
    """The exception of the SDKs that have one for each status: OpenAI's and Anthropic's."""
    return _RAISED.get(status, "InternalServerError" if status >= 500 else "APIStatusError")


ERRORS = ErrorForm(kinds=_KINDS, exception=by_status)


def check_failure(recording: Recording, pair: Pair, form: ErrorForm, readers: Readers) -> list[str]:
    """What is wrong with our reading, or our telling, of a recorded HTTP error."""
    try:
        failure = pair.reader.parse_failure(recording.status, recording.headers, recording.raw)
        reply = pair.server.encode_failure(failure, request_id="req_evidence")
    except CODEC_FAULTS as fault:
        return [f"raised {fault!r}"]
    found: list[str] = []
    allowed = _allowed(recording, form)
    if failure.kind not in allowed:
        found.append(f"kind: expected one of {', '.join(sorted(allowed))}, got {failure.kind}")
    words = _upstream_words(recording.raw)
    if not _kept(words, failure.message):
        found.append(f"message: expected {words[:160]!r}, got {failure.message[:160]!r}")
    try:
        raised = readers.raised(recording.dialect, reply.status, reply.body, reply.headers)
    except Rejected as rejected:
        return [*found, f"the SDK cannot read our error: {rejected}"]
    if not _kept(failure.message, raised.message):
        found.append(f"raised message: expected {failure.message[:160]!r}, got {raised.message[:160]!r}")
    wanted = form.exception(reply.status)
    if wanted not in raised.names:
        found.append(f"exception: expected {wanted}, got {raised.names[0]}")
    if rule_of(failure).fault is Fault.CLIENT and not 400 <= reply.status < 500:
        found.append(f"status: a client's fault is told as {reply.status}")
    return found


def check_headers(recording: Recording, pair: Pair) -> list[str]:
    """Counters that stand in the reply's headers and not in what we read from them."""
    try:
        facts = pair.reader.parse_headers(recording.headers)
    except CODEC_FAULTS as fault:
        return [f"raised {fault!r}"]
    windows = [window for snapshot in facts.rate_limits for window in (snapshot.primary, snapshot.secondary) if window]
    read = {(window.used_percent, window.window_seconds) for window in windows}
    found = []
    for name, value in recording.headers.items():
        if not name.endswith("-used-percent"):
            continue
        minutes = recording.headers.get(name.replace("-used-percent", "-window-minutes"), "")
        if minutes.isdigit() and int(minutes) and (float(value), int(minutes) * 60) not in read:
            found.append(f"{name}: {value} % of {minutes} minutes is not among {sorted(read, key=str)}")
    return found


def _allowed(recording: Recording, form: ErrorForm) -> frozenset[FailureKind]:
    if _MODEL_AT_FAULT.search(recording.raw.decode("utf-8", "replace")):
        return _SERVER_KINDS
    known = form.kinds.get(recording.status)
    return known or (_SERVER_KINDS if recording.status >= 500 else form.kinds[400])


def _upstream_words(raw: bytes) -> str:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
    if isinstance(value, list) and value:
        value = value[0]
    return oracle.error_text(value) if isinstance(value, dict) else str(value)


def _kept(words: str, told: str) -> bool:
    """Whether these words are in what was told; both without anything that looks like a key."""
    return _KEY.sub("", words)[:_KEPT_CHARACTERS].replace("[key]", "") in _KEY.sub("", told).replace("[key]", "")
