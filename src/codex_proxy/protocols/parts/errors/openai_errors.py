"""Failures in OpenAI's words: error bodies, statuses and headers of its dialects.

Rules of this file: one table per kind; the upstream's own code survives where it is a code that clients branch on.
Source: OpenAI API reference, error codes; behaviour of the official SDKs.
"""

import math
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind, client_status, rule_of
from codex_proxy.protocols.base import HeaderPairs, WireReply

_K: Final = FailureKind

TYPE_AND_CODE: Final[dict[FailureKind, tuple[str, str | None]]] = {
    _K.INVALID_REQUEST: ("invalid_request_error", None),
    _K.UNSUPPORTED_PARAMETER: ("invalid_request_error", "unsupported_parameter"),
    _K.FORM_REFUSED: ("server_error", "upstream_error"),
    _K.CONTEXT_TOO_LONG: ("invalid_request_error", "context_length_exceeded"),
    _K.STALE_REASONING: ("invalid_request_error", "invalid_encrypted_content"),
    _K.PREVIOUS_RESPONSE_NOT_FOUND: ("invalid_request_error", "previous_response_not_found"),
    _K.POLICY: ("invalid_request_error", "content_policy_violation"),
    _K.MODEL_NOT_FOUND: ("invalid_request_error", "model_not_found"),
    _K.MODEL_NOT_IN_PLAN: ("invalid_request_error", "model_not_found"),
    _K.IMAGE_UNAVAILABLE: ("permission_error", "image_generation_unavailable"),
    _K.UNAUTHORIZED: ("server_error", "no_account"),
    _K.DEACTIVATED: ("server_error", "no_account"),
    _K.PAYMENT_REQUIRED: ("insufficient_quota", "insufficient_quota"),
    _K.FORBIDDEN: ("server_error", "no_account"),
    _K.REGION_BLOCKED: ("server_error", "region_blocked"),
    _K.CHALLENGE: ("server_error", "upstream_error"),
    _K.PATH_BLOCKED: ("server_error", "upstream_error"),
    _K.USAGE_LIMIT: ("rate_limit_error", "rate_limit_exceeded"),
    _K.USAGE_NOT_INCLUDED: ("insufficient_quota", "usage_not_included"),
    _K.RATE_LIMITED: ("rate_limit_error", "rate_limit_exceeded"),
    _K.OVERLOADED: ("server_error", "overloaded"),
    _K.UPSTREAM_ERROR: ("server_error", "upstream_error"),
    _K.GARBLED: ("server_error", "upstream_error"),
    _K.UNREACHABLE: ("server_error", "upstream_unreachable"),
    _K.TIMEOUT: ("server_error", "timeout"),
    _K.DISCONNECTED: ("server_error", "stream_disconnected"),
    _K.EMPTY_ANSWER: ("server_error", "empty_answer"),
    _K.NO_ACCOUNT: ("server_error", "no_account"),
    _K.BUSY: ("server_error", "busy"),
    _K.STOPPING: ("server_error", "stopping"),
    _K.BAD_KEY: ("invalid_request_error", "invalid_api_key"),
    _K.NOT_PERMITTED: ("permission_error", "forbidden"),
    _K.KEY_LIMITED: ("rate_limit_error", "rate_limit_exceeded"),
    _K.BUDGET_SPENT: ("insufficient_quota", "insufficient_quota"),
    _K.TOO_LARGE: ("invalid_request_error", "request_too_large"),
    _K.UNKNOWN_PATH: ("invalid_request_error", "unknown_url"),
    _K.METHOD_NOT_ALLOWED: ("invalid_request_error", "method_not_allowed"),
    _K.MISDIRECTED: ("invalid_request_error", "misdirected_request"),
    _K.INTERNAL: ("server_error", "internal_error"),
}

_KEEP_CODE: Final = frozenset({
    _K.INVALID_REQUEST,
    _K.POLICY,
    _K.MODEL_NOT_FOUND,
    _K.PREVIOUS_RESPONSE_NOT_FOUND,
    _K.BAD_KEY,
    _K.NOT_PERMITTED,
    _K.KEY_LIMITED,
})  # fmt: skip

_FIELD_AT_FAULT: Final = {_K.MODEL_NOT_FOUND: "model", _K.MODEL_NOT_IN_PLAN: "model"}


def error_type(failure: Failure) -> str:
    """OpenAI's ``type`` for a failure."""
    return TYPE_AND_CODE[failure.kind][0]


def error_code(failure: Failure) -> str | None:
    """OpenAI's ``code`` for a failure."""
    if failure.kind in _KEEP_CODE and failure.code is not None:
        return failure.code
    return TYPE_AND_CODE[failure.kind][1]


def error_object(failure: Failure) -> JsonObject:
    """The object under ``error``."""
    return {
        "message": failure.message,
        "type": error_type(failure),
        "code": error_code(failure),
        "param": failure.param or _FIELD_AT_FAULT.get(failure.kind),
    }


def failure_headers(failure: Failure) -> HeaderPairs:
    """Headers that tell a client when, and whether, to try again.

    ``retry-after`` is whole seconds, ``retry-after-ms`` milliseconds; ``x-should-retry`` is read by OpenAI's SDKs.
    """
    headers = [("content-type", "application/json")]
    seconds = failure.retry_after_seconds
    if seconds is not None:
        headers += [
            ("retry-after", str(max(1, math.ceil(seconds)))),
            ("retry-after-ms", str(max(1, int(seconds * 1000)))),
        ]
    rule = rule_of(failure)
    if not rule.client_retries and (rule.client_status >= 500 or failure.kind is _K.BUDGET_SPENT):
        headers.append(("x-should-retry", "false"))
    return tuple(headers)


def error_reply(failure: Failure, body: JsonObject | None = None) -> WireReply:
    """The HTTP answer to a failure; ``body`` replaces the usual one."""
    told = body if body is not None else {"error": error_object(failure)}
    return WireReply(status=client_status(failure), body=msgspec.json.encode(told), headers=failure_headers(failure))
