"""Failures in Anthropic's words: error bodies, statuses and headers.

Rules of this file: one table per kind; SDKs raise by status and users read the type.  Claude Code compacts a
conversation only when it reads "prompt is too long".  Source: Anthropic API reference, errors; anthropic 2.14 for
Python; behaviour of Claude Code 2.1.330.
"""

import re
from collections.abc import Callable
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind, client_status
from codex_proxy.canonical.request import Request
from codex_proxy.protocols.anthropic.request.body import THREAD_CODE
from codex_proxy.protocols.anthropic.usage import estimate_input_tokens
from codex_proxy.protocols.base import HeaderPairs, WireReply
from codex_proxy.protocols.parts.errors.openai_errors import failure_headers
from codex_proxy.protocols.parts.json_text import encode

WindowOf = Callable[[str], int | None]
"""A model's context window in tokens, by the client's name for it; None where it is not known."""

_K: Final = FailureKind

TYPES: Final[dict[FailureKind, str]] = {
    _K.INVALID_REQUEST: "invalid_request_error",
    _K.UNSUPPORTED_PARAMETER: "invalid_request_error",
    _K.CONTEXT_TOO_LONG: "invalid_request_error",
    _K.STALE_REASONING: "invalid_request_error",
    _K.FORM_REFUSED: "api_error",
    _K.PREVIOUS_RESPONSE_NOT_FOUND: "invalid_request_error",
    _K.POLICY: "invalid_request_error",
    _K.MODEL_NOT_FOUND: "not_found_error",
    _K.MODEL_NOT_IN_PLAN: "not_found_error",
    _K.IMAGE_UNAVAILABLE: "permission_error",
    _K.UNAUTHORIZED: "api_error",
    _K.DEACTIVATED: "api_error",
    _K.PAYMENT_REQUIRED: "billing_error",
    _K.FORBIDDEN: "api_error",
    _K.REGION_BLOCKED: "api_error",
    _K.CHALLENGE: "api_error",
    _K.PATH_BLOCKED: "api_error",
    _K.USAGE_LIMIT: "rate_limit_error",
    _K.USAGE_NOT_INCLUDED: "billing_error",
    _K.RATE_LIMITED: "rate_limit_error",
    _K.OVERLOADED: "overloaded_error",
    _K.UPSTREAM_ERROR: "api_error",
    _K.GARBLED: "api_error",
    _K.UNREACHABLE: "api_error",
    _K.TIMEOUT: "timeout_error",
    _K.DISCONNECTED: "api_error",
    _K.EMPTY_ANSWER: "api_error",
    _K.NO_ACCOUNT: "api_error",
    _K.BUSY: "overloaded_error",
    _K.STOPPING: "overloaded_error",
    _K.BAD_KEY: "authentication_error",
    _K.NOT_PERMITTED: "permission_error",
    _K.KEY_LIMITED: "rate_limit_error",
    _K.BUDGET_SPENT: "billing_error",
    _K.TOO_LARGE: "request_too_large",
    _K.UNKNOWN_PATH: "not_found_error",
    _K.METHOD_NOT_ALLOWED: "invalid_request_error",
    _K.MISDIRECTED: "invalid_request_error",
    _K.INTERNAL: "api_error",
}

OVERLOADED_STATUS: Final = 529
"""This dialect's word for 503 where the client should come back."""

REQUEST_ID_HEADER: Final = "request-id"
_TOO_LONG: Final = "prompt is too long"
_NUMBER: Final = re.compile(r"\b\d{4,}\b|\b\d{1,3}(?:,\d{3})+\b")


def status_of(failure: Failure) -> int:
    """The HTTP status for a failure."""
    if TYPES[failure.kind] == "overloaded_error":
        return OVERLOADED_STATUS
    return client_status(failure)


def error_body(
    failure: Failure, request_id: str, request: Request | None = None, window_of: WindowOf | None = None
) -> JsonObject:
    """The body of an error, of HTTP and of a stream alike.

    ``request`` and ``window_of`` tell how long a prompt is that was too long, where the upstream does not.
    """
    error: JsonObject = {"type": TYPES[failure.kind], "message": failure.message}
    if failure.kind is _K.CONTEXT_TOO_LONG:
        error["message"] = _too_long(failure.message, request, window_of)
    details = _details(failure)
    if details is not None:
        error["details"] = details
    return {"type": "error", "error": error, "request_id": request_id}


def error_reply(
    failure: Failure, request_id: str, request: Request | None = None, window_of: WindowOf | None = None
) -> WireReply:
    """The HTTP answer to a failure."""
    return WireReply(
        status=status_of(failure),
        body=encode(error_body(failure, request_id, request, window_of)),
        headers=(*failure_headers(failure), *request_id_header(request_id)),
    )


def request_id_header(request_id: str) -> HeaderPairs:
    """The header that this dialect's SDKs read a request's id from."""
    return ((REQUEST_ID_HEADER, request_id),) if request_id else ()


def _details(failure: Failure) -> JsonObject | None:
    """Words for machines: what makes SDKs go on without a thread, and what tells that nobody is logged in."""
    if failure.code == THREAD_CODE:
        return {"error_code": THREAD_CODE, "unsupported": ["thread"]}
    if failure.kind is _K.NO_ACCOUNT:
        return {"error_code": "no_account"}
    return None


def _too_long(message: str, request: Request | None, window_of: WindowOf | None) -> str:
    """``prompt is too long: N tokens > M maximum``, with the upstream's numbers or our own."""
    if message.startswith(_TOO_LONG):
        return message
    told = sorted({int(number.replace(",", "")) for number in _NUMBER.findall(message)})
    if len(told) >= 2:
        return f"{_TOO_LONG}: {told[-1]} tokens > {told[-2]} maximum ({message})"
    size = estimate_input_tokens(request) if request is not None else None
    limit = told[0] if told else window_of(request.model) if request is not None and window_of is not None else None
    if size is None or limit is None:
        return f"{_TOO_LONG}: {message}"
    return f"{_TOO_LONG}: {max(size, limit + 1)} tokens > {limit} maximum ({message})"
