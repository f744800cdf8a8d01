"""Recorded HTTP errors of Gemini's services: the kind we give them, and what google-genai raises for what we tell on.

Rules of this file: the expected kinds stand in a table of statuses, written from what the statuses mean and not from
our classifier; the upstream's words must reach the exception.
"""

import msgspec
from google.genai import errors

from codex_proxy.canonical.failure import FailureKind, Fault, rule_of
from scripts.evidence.codecs import CODEC_FAULTS, Pair
from scripts.evidence.gemini.sdk import GeminiSdk
from scripts.evidence.readers.reading import Rejected
from scripts.evidence.recording import Recording

_K = FailureKind
_KINDS = {
    400: frozenset({
        _K.INVALID_REQUEST, _K.UNSUPPORTED_PARAMETER, _K.CONTEXT_TOO_LONG, _K.STALE_REASONING, _K.POLICY,
        _K.UNAUTHORIZED, _K.REGION_BLOCKED,  # Google answers bad keys and refused countries with 400
    }),
    401: frozenset({_K.UNAUTHORIZED}),
    403: frozenset({_K.FORBIDDEN, _K.UNAUTHORIZED, _K.DEACTIVATED, _K.PAYMENT_REQUIRED, _K.REGION_BLOCKED}),
    404: frozenset({_K.MODEL_NOT_FOUND}),
    429: frozenset({_K.RATE_LIMITED, _K.USAGE_LIMIT, _K.PAYMENT_REQUIRED}),
}  # fmt: skip
_SERVER_KINDS = frozenset({_K.UPSTREAM_ERROR, _K.OVERLOADED, _K.TIMEOUT})
_KEPT_CHARACTERS = 1900


def check_failure(recording: Recording, pair: Pair, sdk: GeminiSdk) -> list[str]:
    """What is wrong with our reading, or our telling, of a recorded HTTP error."""
    try:
        failure = pair.reader.parse_failure(recording.status, recording.headers, recording.raw)
        reply = pair.server.encode_failure(failure, request_id="req_evidence")
    except CODEC_FAULTS as fault:
        return [f"raised {fault!r}"]
    found: list[str] = []
    allowed = _SERVER_KINDS if recording.status >= 500 else _KINDS.get(recording.status, _KINDS[400])
    if failure.kind not in allowed:
        found.append(f"kind: expected one of {', '.join(sorted(allowed))}, got {failure.kind}")
    words = _words(recording.raw)
    if words[:_KEPT_CHARACTERS] not in failure.message:
        found.append(f"message: expected {words[:160]!r}, got {failure.message[:160]!r}")
    try:
        raised = sdk.error_of(reply.status, reply.body, reply.headers)
    except Rejected as rejected:
        return [*found, f"the SDK cannot read our error: {rejected}"]
    if failure.message not in str(raised.message):
        found.append(f"raised message: expected {failure.message[:160]!r}, got {str(raised.message)[:160]!r}")
    wanted = errors.ClientError if reply.status < 500 else errors.ServerError
    if not isinstance(raised, wanted):
        found.append(f"exception: expected {wanted.__name__}, got {type(raised).__name__}")
    if rule_of(failure).fault is Fault.CLIENT and not 400 <= reply.status < 500:
        found.append(f"status: a client's fault is told as {reply.status}")
    return found


def _words(raw: bytes) -> str:
    value = msgspec.json.decode(raw)
    error = value[0] if isinstance(value, list) else value
    return str(error.get("error", {}).get("message", ""))
