"""Who asks, and whether the backend lets them in.

Rules of this file: pure; the time is an argument.  A token is read and never verified, except for its expiry and for
being revoked here.  Source: replies that Codex CLI 0.169 acted on; codes quoted in public reports.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.accounts.account import Account, MalformedToken, account_of_token, read_claims
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import WireReply
from codex_proxy.protocols.codex.server import TOKEN_EXPIRED
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.sections.accounts import Standing
from codex_proxy.simulator.tokens import Person, person_of

_REVOKED: Final = "Encountered invalidated oauth token for user, failing request"
_INVALIDATED: Final = "Your authentication token has been invalidated. Please try signing in again."


def _refusal(status: int, code: str, message: str) -> WireReply:
    told: JsonObject = {"message": message, "type": None, "code": code, "param": None}
    return WireReply(status=status, body=encode({"error": told, "status": status}))


def _detail(status: int, told: object) -> WireReply:
    return WireReply(status=status, body=encode({"detail": told}))


STANDING_REPLIES: Final[dict[Standing, WireReply]] = {
    Standing.TOKEN_EXPIRED: _refusal(401, "token_expired", TOKEN_EXPIRED),
    Standing.TOKEN_REVOKED: _refusal(401, "token_revoked", _REVOKED),
    Standing.TOKEN_INVALIDATED: _refusal(401, "token_invalidated", _INVALIDATED),
    Standing.UNAUTHORIZED: _detail(401, "Unauthorized"),
    Standing.PAYMENT_REQUIRED: _detail(402, {"code": "payment_required", "message": "Payment required"}),
    Standing.DEACTIVATED_WORKSPACE: _detail(402, {"code": "deactivated_workspace"}),
    Standing.ACCOUNT_DEACTIVATED: _refusal(403, "account_deactivated", "Your account has been deactivated."),
    Standing.USER_SUSPENDED: _refusal(403, "user_suspended", "This user has been suspended."),
    Standing.FORBIDDEN: _detail(403, "Forbidden"),
}
"""What an account in each standing but ``active`` is told."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks; ``session_id`` and ``token_id`` name a token of our own issuer."""

    person: Person
    session_id: str | None = None
    token_id: str | None = None

    @property
    def account_id(self) -> str:
        """The workspace."""
        return self.person.account_id

    @property
    def owner(self) -> tuple[str, str]:
        """Account and user."""
        return self.person.account_id, self.person.user_id


class NotLetIn(Exception):
    """The credential does not do; carries the backend's reply."""

    def __init__(self, reply: WireReply) -> None:
        super().__init__("not let in")
        self.reply = reply


def let_in(headers: Mapping[str, str], *, now: float) -> Visitor:
    """Who asks.

    Raises:
        NotLetIn: no token, an expired one, or one of another account than ``chatgpt-account-id`` names.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    try:
        account = account_of_token(token if scheme.lower() == "bearer" else "")
    except MalformedToken:
        raise NotLetIn(STANDING_REPLIES[Standing.UNAUTHORIZED]) from None
    if account.expires_at is not None and account.expires_at <= now:
        raise NotLetIn(STANDING_REPLIES[Standing.TOKEN_EXPIRED])
    claims = read_claims(token)
    visitor = Visitor(
        person=_person(account, headers), session_id=_text(claims, "session_id"), token_id=_text(claims, "jti")
    )
    if headers.get("chatgpt-account-id", visitor.account_id) != visitor.account_id:
        raise NotLetIn(STANDING_REPLIES[Standing.UNAUTHORIZED])
    return visitor


def _person(account: Account, headers: Mapping[str, str]) -> Person:
    return person_of(
        account.credential.account_id or headers.get("chatgpt-account-id") or f"account-{account.row_id}",
        plan=account.plan,
        email=account.email or "somebody@example.invalid",
        user_id=account.user_id or f"user-{account.row_id}",
    )


def _text(claims: JsonObject, name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) else None
