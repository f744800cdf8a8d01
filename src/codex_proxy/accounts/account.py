"""A ChatGPT account: who it is and the credential it has now.

Rules of this file: pure values; tokens are read, never checked, since only their issuer can.  Times are epoch seconds.
"""

import base64
import binascii
import hashlib
from typing import Any, Final

import msgspec

from codex_proxy.accounts.record import AccountRecord, FingerprintMode, Identity
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.target import Credential

AUTH_CLAIM: Final = "https://api.openai.com/auth"
PROFILE_CLAIM: Final = "https://api.openai.com/profile"


class MalformedToken(Exception):
    """The text is no JWT with readable claims."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account.

    ``row_id`` is ours and never derived from a secret that changes; ``generation`` counts credentials, so that a late
    refusal of an old token does not hurt a new one.  ``one_session`` is its owner's wish that all of its conversations
    show one session upstream.
    """

    row_id: str
    credential: Credential
    plan: str | None = None
    email: str | None = None
    user_id: str | None = None
    expires_at: float | None = None
    generation: int = 0
    one_session: bool = False


def account_of_token(token: str) -> Account:
    """The account that an access token belongs to.

    Raises:
        MalformedToken: no JWT, or its claims are no JSON object.
    """
    claims = read_claims(token)
    auth, profile = _object(claims, AUTH_CLAIM), _object(claims, PROFILE_CLAIM)
    account_id = _text(auth, "chatgpt_account_id")
    user_id = _text(auth, "chatgpt_user_id") or _text(auth, "user_id")
    expires_at = claims.get("exp")
    return Account(
        row_id=_row_id(account_id, user_id, token),
        credential=Credential(token=token, account_id=account_id),
        plan=_text(auth, "chatgpt_plan_type") or _text(profile, "chatgpt_plan_type"),
        email=_text(profile, "email") or _text(claims, "email"),
        user_id=user_id,
        expires_at=float(expires_at) if isinstance(expires_at, int | float) else None,
    )


def account_of_record(record: AccountRecord, access_token: str) -> Account:
    """The account that a record keeps, with the access token it has now."""
    return Account(
        row_id=record.row_id,
        credential=Credential(token=access_token, account_id=record.identity.account_id),
        plan=record.plan,
        email=record.email,
        user_id=record.identity.user_id,
        expires_at=record.expires_at,
        generation=record.generation,
        one_session=record.fingerprint_mode is FingerprintMode.SESSION,
    )


def record_of(account: Account, *, issuer: str = "") -> AccountRecord:
    """The record of an account of which nothing but the access token is known."""
    return AccountRecord(
        row_id=account.row_id,
        identity=Identity(issuer=issuer, account_id=account.credential.account_id, user_id=account.user_id),
        email=account.email,
        plan=account.plan,
        expires_at=account.expires_at,
        generation=account.generation,
    )


def read_claims(token: str) -> JsonObject:
    """The claims of a JWT, unchecked; raises like ``account_of_token``."""
    parts = token.strip().split(".")
    if len(parts) != 3:
        raise MalformedToken("an access token is a JWT of three parts separated by dots")
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = msgspec.json.decode(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError) as error:
        raise MalformedToken("the token's claims cannot be read") from error
    if not isinstance(claims, dict):
        raise MalformedToken("the token's claims are no JSON object")
    return claims


def _row_id(account_id: str | None, user_id: str | None, token: str) -> str:
    # Members of one workspace share the account id and differ in the user; one person may hold several workspaces.
    told = f"{account_id}/{user_id}" if account_id else token
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _object(claims: JsonObject, name: str) -> JsonObject:
    value: Any = claims.get(name)
    return value if isinstance(value, dict) else {}


def _text(claims: JsonObject, name: str) -> str | None:
    value: Any = claims.get(name)
    return value if isinstance(value, str) and value else None
