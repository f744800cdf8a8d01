"""The port to whoever issues tokens, and what it may answer.

Rules of this file: an answer is classified here, once; whether a refresh token may have been spent is a fact of the
answer.  A refresh token is never sent twice unless nobody can know whether it was sent, and never to another issuer
than the one it came from.
"""

from enum import StrEnum
from typing import Any, Final, Protocol

import msgspec

from codex_proxy.accounts.account import AUTH_CLAIM, PROFILE_CLAIM, MalformedToken, read_claims
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.canonical.blocks import JsonObject

DEFAULT_LIFETIME_SECONDS: Final = 3600.0
_LAST_SECOND: Final = 253_402_300_800.0  # the year 10000; what lies beyond is no time


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
    WRONG_ISSUER = "wrong_issuer"


class IssuerError(Exception):
    """No tokens came.

    ``maybe_spent`` says that the issuer may have taken the refresh token although it gave no new one;
    ``retry_after_seconds`` is the issuer's word, if it gave one.  ``came`` is a new refresh token that came without an
    access token: the old one is spent, so keep this one.  The message holds no secret.
    """

    def __init__(
        self,
        refusal: Refusal,
        message: str,
        *,
        maybe_spent: bool = False,
        retry_after_seconds: float | None = None,
        status: int | None = None,
        came: Secrets | None = None,
    ) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.maybe_spent = maybe_spent
        self.retry_after_seconds = retry_after_seconds
        self.status = status
        self.came = came


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as they came, and what their claims tell.  ``refresh_token`` None in ``secrets`` keeps the old one."""

    identity: Identity
    secrets: Secrets
    email: str | None = None
    plan: str | None = None
    issued_at: float | None = None
    expires_at: float | None = None


class TokenIssuer(Protocol):
    """Exchanges refresh tokens.

    ``issuer`` is where the token came from (``Identity.issuer``); another one than ours is refused before anything is
    sent.  ``row_id`` chooses the account's own egress and connections.
    """

    async def refresh(self, refresh_token: str, *, issuer: str, reason: RefreshReason, row_id: str) -> Grant:
        """Spend a refresh token; the grant always holds an access token.

        Whose it is has to be compared with the account: an issuer may answer for another identity.

        Raises:
            IssuerError: no tokens came.
        """
        ...

    async def revoke(self, refresh_token: str, *, issuer: str, row_id: str) -> None:
        """Tell the issuer that a refresh token is no longer wanted; raises ``IssuerError``."""
        ...


def grant_of(secrets: Secrets, *, issuer: str, now: float, lifetime_seconds: float | None = None) -> Grant:
    """What these tokens grant, by the claims of the access token and, for what those do not tell, of the id token.

    The access token's own ``exp`` decides when it expires, else ``lifetime_seconds`` from ``now``, else an hour.
    Unchecked, as everywhere: whether a token is good only its issuer knows.
    """
    access, identity = _claims(secrets.access_token), _claims(secrets.id_token)
    who = access if _text(access, AUTH_CLAIM, "chatgpt_account_id") else identity
    lifetime = DEFAULT_LIFETIME_SECONDS if lifetime_seconds is None else lifetime_seconds
    expires_at = _seconds(access.get("exp"))
    return Grant(
        identity=Identity(
            issuer=issuer,
            account_id=_text(who, AUTH_CLAIM, "chatgpt_account_id"),
            user_id=_text(who, AUTH_CLAIM, "chatgpt_user_id") or _text(who, AUTH_CLAIM, "user_id"),
        ),
        secrets=secrets,
        email=_text(access, PROFILE_CLAIM, "email") or _word(access.get("email")) or _word(identity.get("email")),
        plan=_text(who, AUTH_CLAIM, "chatgpt_plan_type") or _text(access, PROFILE_CLAIM, "chatgpt_plan_type"),
        issued_at=_seconds(access.get("iat")) or now,
        expires_at=now + lifetime if expires_at is None else expires_at,
    )


def _claims(token: str | None) -> JsonObject:
    """The claims of a token, none where it is opaque: its issuer alone says what a token looks like."""
    try:
        return read_claims(token) if token is not None else {}
    except MalformedToken:
        return {}


def _text(claims: JsonObject, group: str, name: str) -> str | None:
    members: Any = claims.get(group)
    return _word(members.get(name)) if isinstance(members, dict) else None


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < _LAST_SECOND else None
