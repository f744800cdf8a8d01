"""Unsigned access tokens for simulated accounts: well-formed, readable, worth nothing anywhere else."""

import base64

import msgspec

from codex_proxy.canonical.blocks import JsonObject

FAR_FUTURE: int = 4_102_444_800
"""2100-01-01, epoch seconds."""


def make_token(
    *, account_id: str, plan: str = "plus", email: str = "demo@example.invalid", expires_at: int = FAR_FUTURE
) -> str:
    """A JWT with the claims of the real backend's tokens and an empty signature part."""
    claims = {
        "exp": expires_at,
        "https://api.openai.com/auth": {
            "chatgpt_account_id": account_id,
            "chatgpt_plan_type": plan,
            "chatgpt_user_id": f"user-{account_id}",
        },
        "https://api.openai.com/profile": {"email": email, "email_verified": True},
    }
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}.simulated"


def _part(value: JsonObject) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=").decode()
