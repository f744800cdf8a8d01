"""What the issuer says when it gives no tokens.

Rules of this file: pure.  Source: bodies and statuses that Codex CLI 0.169 acted on (capture); codes quoted in public
reports.
"""

from typing import Final

from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.edge.replies import EDGE_REPLIES
from codex_proxy.simulator.sections.edge import EdgeAnswer
from codex_proxy.simulator.sections.issuer import TokenAnswer

INVALID_REQUEST: Final = "invalid_request_error"
RETRY_AFTER_SECONDS: Final = 7


class IssuerRefusal(Exception):
    """No tokens; carries the reply."""

    def __init__(self, reply: WireReply) -> None:
        super().__init__(reply.body.decode())
        self.reply = reply


def error_reply(status: int, code: str, message: str, *, kind: str = INVALID_REQUEST) -> WireReply:
    """An error body in the issuer's form."""
    told = {"message": message, "type": kind, "param": None, "code": code}
    return WireReply(status=status, body=encode({"error": told}))


def refuse(code: str, message: str, *, status: int = 400) -> IssuerRefusal:
    """A refusal to raise."""
    return IssuerRefusal(error_reply(status, code, message))


REUSED: Final = error_reply(
    401,
    "refresh_token_reused",
    "Your refresh token has already been used to generate a new access token. Please try signing in again.",
)
EXPIRED: Final = error_reply(401, "refresh_token_expired", "The refresh token is expired.")
INVALIDATED: Final = error_reply(401, "refresh_token_invalidated", "The refresh token is no longer valid.")
DEACTIVATED: Final = error_reply(401, "account_deactivated", "The account has been deactivated.")

TOKEN_REPLIES: Final[dict[TokenAnswer, WireReply]] = {
    TokenAnswer.REUSED: REUSED,
    TokenAnswer.EXPIRED: EXPIRED,
    TokenAnswer.INVALIDATED: INVALIDATED,
    TokenAnswer.DEACTIVATED: DEACTIVATED,
    TokenAnswer.TERMINATED: error_reply(401, "app_session_terminated", "The session has been terminated."),
    TokenAnswer.RATE_LIMITED: WireReply(
        status=429,
        body=error_reply(429, "rate_limit_exceeded", "Too many requests.", kind="rate_limit_error").body,
        headers=(("content-type", "application/json"), ("retry-after", str(RETRY_AFTER_SECONDS))),
    ),
    TokenAnswer.ERROR: error_reply(500, "server_error", "Something went wrong.", kind="server_error"),
    TokenAnswer.UNAVAILABLE: error_reply(503, "service_unavailable", "Try again later.", kind="server_error"),
    TokenAnswer.GARBAGE: WireReply(status=200, body=b"<html>no tokens here"),
    TokenAnswer.CHALLENGE: EDGE_REPLIES[EdgeAnswer.CHALLENGE],
    TokenAnswer.REGION: EDGE_REPLIES[EdgeAnswer.REGION],
}
"""Whole replies that take the place of tokens."""
