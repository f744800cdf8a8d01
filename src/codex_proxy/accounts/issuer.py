"""The port to whoever issues tokens, and what it may answer.

Rules of this file: an answer is classified here, once; whether a refresh token may have been spent is a fact of the
answer.  A refresh token is never sent twice unless nobody can know whether it was sent.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from codex_proxy.accounts.record import Identity, Secrets


class RefreshReason(StrEnum):
    """Why a token is refreshed; told to the issuer in these words (source: capture, Codex CLI 0.169)."""

    PROACTIVE = "proactive_expiry"
    UNAUTHORIZED = "unauthorized_recovery"


class Refusal(StrEnum):
    """Why the issuer gave no token."""

    REFRESH_TOKEN_EXPIRED = "refresh_token_expired"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"
    REFRESH_TOKEN_REVOKED = "refresh_token_revoked"
    DEACTIVATED = "deactivated"
    REGION = "region"
    CHALLENGE = "challenge"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    PROTOCOL = "protocol"
    BAD_CODE = "bad_code"


class IssuerError(Exception):
    """No tokens came.

    ``maybe_spent`` says that the issuer may have taken the refresh token although it gave no new one;
    ``retry_after_seconds`` is the issuer's word, if it gave one.  The message holds no secret.
    """

    def __init__(
        self,
        refusal: Refusal,
        message: str,
        *,
        maybe_spent: bool = False,
        retry_after_seconds: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.maybe_spent = maybe_spent
        self.retry_after_seconds = retry_after_seconds
        self.status = status


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as they came, and what their claims tell.  ``refresh_token`` None in ``secrets`` keeps the old one."""

    identity: Identity
    secrets: Secrets
    email: str | None = None
    plan: str | None = None
    issued_at: float | None = None
    expires_at: float | None = None


class TokenIssuer(Protocol):
    """Exchanges refresh tokens.  ``row_id`` chooses the account's own egress and connections."""

    async def refresh(self, refresh_token: str, *, reason: RefreshReason, row_id: str) -> Grant:
        """Spend a refresh token.

        Raises:
            IssuerError: no tokens came.
        """
        ...

    async def revoke(self, refresh_token: str, *, row_id: str) -> None:
        """Tell the issuer that a refresh token is no longer wanted; raises ``IssuerError``."""
        ...
