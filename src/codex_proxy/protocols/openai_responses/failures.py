"""Failures inside a Responses stream, in the words each client family acts on.

Rules of this file: an SDK raises only if the error stands in a nested object beside the flat members; a Codex client
reads ``response.failed`` and knows a few codes, and takes the delay of a rate limit from the message's words.
Source: measured with the official SDKs and Codex CLI 0.169.
"""

import math
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.protocols.parts.errors.openai_errors import error_code, error_object

CODEX_CODES: Final[dict[FailureKind, str]] = {
    FailureKind.CONTEXT_TOO_LONG: "context_length_exceeded",
    FailureKind.PAYMENT_REQUIRED: "insufficient_quota",
    FailureKind.USAGE_NOT_INCLUDED: "usage_not_included",
    FailureKind.USAGE_LIMIT: "rate_limit_exceeded",
    FailureKind.RATE_LIMITED: "rate_limit_exceeded",
    FailureKind.OVERLOADED: "server_is_overloaded",
    FailureKind.POLICY: "invalid_prompt",
}

_LIMITS: Final = frozenset({FailureKind.USAGE_LIMIT, FailureKind.RATE_LIMITED})


def sdk_error(failure: Failure) -> JsonObject:
    """The members of an ``error`` event for SDK clients."""
    error = error_object(failure)
    return {"code": error["code"], "message": error["message"], "param": error["param"], "error": error}


def codex_error(failure: Failure) -> JsonObject:
    """The ``error`` member of ``response.failed`` for Codex clients."""
    message = failure.message
    if failure.kind in _LIMITS and failure.retry_after_seconds is not None and "try again in" not in message:
        message = f"{message} Please try again in {math.ceil(failure.retry_after_seconds)}s."
    return {"code": CODEX_CODES.get(failure.kind) or error_code(failure) or "server_error", "message": message}


def codex_limit_body(failure: Failure) -> JsonObject | None:
    """The 429 body that makes a Codex client show its own limit screen; None for other failures."""
    if failure.kind is not FailureKind.USAGE_LIMIT:
        return None
    return {
        "error": {
            "type": "usage_limit_reached",
            "message": failure.message,
            "plan_type": failure.plan_type,
            "resets_at": int(failure.resets_at) if failure.resets_at is not None else None,
            "resets_in_seconds": (
                math.ceil(failure.retry_after_seconds) if failure.retry_after_seconds is not None else None
            ),
        }
    }
