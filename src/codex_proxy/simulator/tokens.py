"""Access tokens for simulated accounts: well-formed JWTs that nobody signed, with the claims of the real ones.

Rules of this file: a word stands in the signature's place, because the simulator, like the official client, checks
none.  Source: claims read by Codex CLI 0.169.
"""

import base64
import hashlib
from typing import Final

import msgspec

from codex_proxy.accounts.account import AUTH_CLAIM, PROFILE_CLAIM

ISSUER: Final = "https://auth.openai.com"
LIFETIME_SECONDS: Final = 10 * 24 * 3600

_HEADER: Final = {"alg": "RS256", "kid": "simulated", "typ": "JWT"}
_SIGNATURE: Final = b"unsigned"


def make_token(*, account_id: str, plan: str, email: str, expires_at: float) -> str:
    """An access token; ``plan`` is the backend's word, such as ``plus``, ``expires_at`` epoch seconds."""
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
