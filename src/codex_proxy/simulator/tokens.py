"""Tokens for simulated accounts: well-formed JWTs that nobody signed, with the claims of the real ones.

Rules of this file: a word stands in the signature's place, because the simulator, like the official client, checks
none.  Times are epoch seconds.  Source: claims read by Codex CLI 0.169.
"""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Final

import msgspec

from codex_proxy.accounts.account import AUTH_CLAIM, PROFILE_CLAIM
from codex_proxy.canonical.blocks import JsonObject

ISSUER: Final = "https://auth.openai.com"
LIFETIME_SECONDS: Final = 10 * 24 * 3600
SCOPE: Final = "openid profile email offline_access"

_HEADER: Final = {"alg": "RS256", "kid": "simulated", "typ": "JWT"}
_SIGNATURE: Final = b"unsigned"
_SUBSCRIPTION_SECONDS: Final = 30 * 24 * 3600


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a token speaks for: one member of one workspace; ``plan`` is the backend's word, such as ``plus``."""

    account_id: str
    user_id: str
    email: str
    plan: str

    @property
    def key(self) -> str:
        """What tells a person from all others."""
        return f"{self.account_id}/{self.user_id}"

    @property
    def names(self) -> tuple[str, str, str]:
        """What somebody may call them: key, account, email."""
        return self.key, self.account_id, self.email


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances under which tokens are made."""

    issued_at: float
    expires_at: float
    issuer: str = ISSUER
    client_id: str = "app_simulated"
    scope: str = SCOPE
    session_id: str | None = None
    token_id: str | None = None


def person_of(
    account_id: str, *, plan: str | None = None, email: str | None = None, user_id: str | None = None
) -> Person:
    """A person with everything that is not given made up, always in the same way."""
    return Person(
        account_id=account_id,
        user_id=user_id or f"user-{hashlib.sha256(account_id.encode()).hexdigest()[:24]}",
        email=email or f"{account_id}@example.invalid",
        plan=plan or "plus",
    )


def make_token(*, account_id: str, plan: str, email: str, expires_at: float, issuer: str = ISSUER) -> str:
    """An access token that was issued ten days before it expires."""
    issue = Issue(issued_at=expires_at - LIFETIME_SECONDS, expires_at=expires_at, issuer=issuer)
    return access_token(person_of(account_id, plan=plan, email=email), issue)


def access_token(person: Person, issue: Issue) -> str:
    """An access token."""
    claims = _claims(person, issue) | {
        "aud": ["https://api.openai.com/v1"],
        "client_id": issue.client_id,
        AUTH_CLAIM: _identity(person) | {"chatgpt_compute_residency": "no_constraint"},
        PROFILE_CLAIM: {"email": person.email, "email_verified": True},
        "scp": issue.scope.split(),
    }
    return _jwt(claims)


def id_token(person: Person, issue: Issue) -> str:
    """An id token, which tells the client more about the person."""
    organisation = {"id": f"org-{person.account_id}", "is_default": True, "role": "owner", "title": "Personal"}
    paid_until = datetime.fromtimestamp(issue.issued_at + _SUBSCRIPTION_SECONDS, UTC).isoformat()
    identity = _identity(person) | {
        "chatgpt_subscription_active_until": None if person.plan == "free" else paid_until,
        "completed_platform_onboarding": True,
        "groups": [],
        "is_org_owner": True,
        "organizations": [organisation],
    }
    claims = _claims(person, issue) | {
        "aud": [issue.client_id],
        "auth_time": int(issue.issued_at),
        "email": person.email,
        "email_verified": True,
        AUTH_CLAIM: identity,
    }
    return _jwt(claims)


def _identity(person: Person) -> JsonObject:
    return {
        "chatgpt_account_id": person.account_id,
        "chatgpt_account_user_id": f"{person.user_id}__{person.account_id}",
        "chatgpt_plan_type": person.plan,
        "chatgpt_user_id": person.user_id,
        "user_id": person.user_id,
    }


def _claims(person: Person, issue: Issue) -> JsonObject:
    told: JsonObject = {
        "exp": int(issue.expires_at),
        "iat": int(issue.issued_at),
        "iss": issue.issuer,
        "sub": f"auth0|{person.user_id}",
    }
    named = {"jti": issue.token_id, "session_id": issue.session_id}
    return told | {name: value for name, value in named.items() if value is not None}


def _jwt(claims: JsonObject) -> str:
    parts = (msgspec.json.encode(_HEADER), msgspec.json.encode(claims), _SIGNATURE)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
