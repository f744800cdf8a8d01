"""Access tokens for simulated accounts: well-formed JWTs that nobody signed, and what they claim.

Rules of this file: the claims are those of the real tokens; the signature is a word in the signature's place, because
the simulator, like the official client, checks none.  Times are epoch seconds UTC.  Source: claims read by Codex CLI.
"""

import base64
import binascii
import hashlib
from typing import Any, Final

import msgspec

AUTH_CLAIM: Final = "https://api.openai.com/auth"
PROFILE_CLAIM: Final = "https://api.openai.com/profile"
ISSUER: Final = "https://auth.openai.com"
LIFETIME_SECONDS: Final = 10 * 24 * 3600

_HEADER: Final = {"alg": "RS256", "kid": "simulated", "typ": "JWT"}
_SIGNATURE: Final = b"unsigned"


class MalformedToken(Exception):
    """The text is no JWT with an account in it."""


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says about its account."""

    account_id: str
    plan: str
    email: str
    user_id: str
    expires_at: float


def make_token(account_id: str, plan: str, email: str, expires_at: float) -> str:
    """An access token of the account; ``plan`` is the backend's word, such as ``plus``."""
    user_id = f"user-{hashlib.sha256(account_id.encode()).hexdigest()[:24]}"
    payload = {
        "aud": ["https://api.openai.com/v1"],
        "client_id": "app_simulated",
        "exp": int(expires_at),
        AUTH_CLAIM: {
            "chatgpt_account_id": account_id,
            "chatgpt_account_user_id": f"{user_id}__{account_id}",
            "chatgpt_compute_residency": "no_constraint",
            "chatgpt_plan_type": plan,
            "chatgpt_user_id": user_id,
            "user_id": user_id,
        },
        PROFILE_CLAIM: {"email": email, "email_verified": True},
        "iat": int(expires_at) - LIFETIME_SECONDS,
        "iss": ISSUER,
        "scp": ["openid", "profile", "email", "offline_access"],
        "sub": f"auth0|{user_id}",
    }
    parts = (msgspec.json.encode(_HEADER), msgspec.json.encode(payload), _SIGNATURE)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def read_token(token: str) -> Claims:
    """The claims of a token, unchecked.

    Raises:
        MalformedToken: no JWT, or one without account or expiry.
    """
    parts = token.split(".")
    if len(parts) != 3 or not all(parts[:2]):
        raise MalformedToken("a JWT has three parts")
    payload = _decoded(parts[1])
    auth = _member(payload, AUTH_CLAIM)
    account_id, expires_at = auth.get("chatgpt_account_id"), payload.get("exp")
    if not isinstance(account_id, str) or isinstance(expires_at, bool) or not isinstance(expires_at, int | float):
        raise MalformedToken("the token names no account or no expiry")
    return Claims(
        account_id=account_id,
        plan=str(auth.get("chatgpt_plan_type") or "free"),
        email=str(_member(payload, PROFILE_CLAIM).get("email") or payload.get("email") or ""),
        user_id=str(auth.get("chatgpt_user_id") or auth.get("user_id") or f"user-{account_id}"),
        expires_at=float(expires_at),
    )


def _decoded(part: str) -> dict[str, Any]:
    try:
        value: Any = msgspec.json.decode(base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        raise MalformedToken("the token's payload is not JSON in base64url") from None
    if not isinstance(value, dict):
        raise MalformedToken("the token's payload is no object")
    return value


def _member(payload: dict[str, Any], name: str) -> dict[str, Any]:
    value = payload.get(name)
    return value if isinstance(value, dict) else {}
