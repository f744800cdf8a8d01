"""The Codex backend's dialect in the server role: what a stand-in for the backend says.

Rules of this file: requests and streams are those of Responses in the form that Codex clients read; failures before a
stream are worded as the backend words them.  What it refuses stands in ``strictness``.  Source: replies that Codex CLI
0.169 acted on.
"""

import math
from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind, rule_of
from codex_proxy.canonical.fold import Response
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.request import CodexHints, Dialect, Request
from codex_proxy.protocols.base import AnswerIds, HeaderPairs, ParsedRequest, ServerStream, WireReply
from codex_proxy.protocols.openai_responses.failures import codex_limit_body
from codex_proxy.protocols.openai_responses.request.body import parse_request_body
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.openai_responses.stream.encoder import ResponsesEncoder
from codex_proxy.protocols.parts.errors.openai_errors import error_object
from codex_proxy.protocols.parts.json_text import encode

TOKEN_EXPIRED: Final = "Provided authentication token is expired. Please try signing in again."
USAGE_LIMIT_REACHED: Final = "The usage limit has been reached"

_STATUS: Final[dict[FailureKind, int]] = {
    FailureKind.UNAUTHORIZED: 401,
    FailureKind.DEACTIVATED: 402,
    FailureKind.PAYMENT_REQUIRED: 402,
    FailureKind.FORBIDDEN: 403,
    FailureKind.MODEL_NOT_IN_PLAN: 400,
    FailureKind.MODEL_NOT_FOUND: 400,
    FailureKind.FORM_REFUSED: 400,
}
"""Statuses the backend uses where a gateway would tell its own client another one."""

_DETAILS: Final = frozenset(
    {
        FailureKind.MODEL_NOT_IN_PLAN,
        FailureKind.MODEL_NOT_FOUND,
        FailureKind.UNSUPPORTED_PARAMETER,
        FailureKind.FORM_REFUSED,
        FailureKind.FORBIDDEN,
    }
)
_SERVICE_CODES: Final = {
    FailureKind.OVERLOADED: "server_is_overloaded",
    FailureKind.UPSTREAM_ERROR: "server_error",
    FailureKind.RATE_LIMITED: "rate_limit_exceeded",
    FailureKind.USAGE_NOT_INCLUDED: "usage_not_included",
}


class CodexServer:
    """Implements ``ServerCodec``."""

    dialect = Dialect.CODEX

    def parse_request(self, body: bytes, *, headers: Mapping[str, str]) -> ParsedRequest:
        """See ``ServerCodec``; whoever speaks this dialect is a Codex client."""
        parsed = parse_request_body(body, headers=headers)
        request = parsed.request
        hints = request.session.codex or CodexHints()
        session = msgspec.structs.replace(request.session, codex=hints)
        request = msgspec.structs.replace(request, dialect=Dialect.CODEX, session=session)
        return ParsedRequest(request=request, notes=parsed.notes)

    def open_stream(self, request: Request, ids: AnswerIds) -> ServerStream:
        """See ``ServerCodec``."""
        return ResponsesEncoder(request, ids)

    def encode_response(self, request: Request, response: Response, ids: AnswerIds) -> WireReply:
        """See ``ServerCodec``; the backend itself only streams, so this serves compaction-like replies."""
        if isinstance(response.ending, ev.Failed):
            return self.encode_failure(response.ending.failure, request_id=ids.request_id)
        return ResponsesServer().encode_response(request, response, ids)

    def encode_failure(self, failure: Failure, *, request_id: str, request: Request | None = None) -> WireReply:
        """See ``ServerCodec``."""
        headers: HeaderPairs = (("content-type", "application/json"), ("x-request-id", request_id))
        if failure.retry_after_seconds is not None and failure.kind is FailureKind.RATE_LIMITED:
            headers = (*headers, ("retry-after", str(max(1, math.ceil(failure.retry_after_seconds)))))
        status = _STATUS.get(failure.kind, rule_of(failure).client_status)
        return WireReply(status=status, body=encode(_failure_body(failure, status)), headers=headers)


def rate_limit_headers(snapshot: RateLimitSnapshot) -> HeaderPairs:
    """The counters as reply headers; names and forms are the backend's, booleans in Python's spelling."""
    family = snapshot.limit_id.replace("_", "-")
    pairs = [("x-codex-active-limit", snapshot.limit_id)]
    if snapshot.plan_type is not None:
        pairs.append(("x-codex-plan-type", snapshot.plan_type))
    pairs += _window_headers(f"x-{family}-primary", snapshot.primary)
    pairs += _window_headers(f"x-{family}-secondary", snapshot.secondary)
    pairs += _credit_headers(snapshot.credits or Credits())
    if snapshot.reached_type is not None:
        pairs.append(("x-codex-rate-limit-reached-type", snapshot.reached_type))
    return tuple(pairs)


def _window_headers(prefix: str, window: RateLimitWindow | None) -> list[tuple[str, str]]:
    if window is None:
        return [(f"{prefix}-used-percent", "0"), (f"{prefix}-window-minutes", "0")]
    pairs = [(f"{prefix}-used-percent", f"{window.used_percent:g}")]
    if window.window_seconds is not None:
        pairs.append((f"{prefix}-window-minutes", str(window.window_seconds // 60)))
    if window.resets_in_seconds is not None:
        pairs.append((f"{prefix}-reset-after-seconds", str(int(window.resets_in_seconds))))
    if window.resets_at is not None:
        pairs.append((f"{prefix}-reset-at", str(int(window.resets_at))))
    return pairs


def _credit_headers(told: Credits) -> list[tuple[str, str]]:
    return [
        ("x-codex-credits-has-credits", str(told.has_credits)),
        ("x-codex-credits-balance", told.balance or ""),
        ("x-codex-credits-unlimited", str(told.unlimited)),
    ]


def _failure_body(failure: Failure, status: int) -> JsonObject:
    limit = codex_limit_body(failure)
    if limit is not None:
        return limit
    if failure.kind is FailureKind.UNAUTHORIZED:
        code = failure.code or "token_expired"
        told: JsonObject = {"message": failure.message, "type": None, "code": code, "param": None}
        return {"error": told, "status": status}
    if failure.kind is FailureKind.DEACTIVATED:
        return {"detail": {"code": failure.code or "deactivated_workspace"}}
    if failure.kind in _DETAILS:
        return {"detail": failure.message}
    code = failure.code or _SERVICE_CODES.get(failure.kind, "")
    if failure.kind in _SERVICE_CODES:
        return {"error": {"message": failure.message, "type": code, "code": code, "param": None}}
    return {"error": error_object(failure)}
