"""The backend's small answers: who is asking, its models, its account, its usage, its counters.

Rules of this file: pure; the time is an argument.  A token is read and never verified, except for its expiry.  Source:
replies that Codex CLI 0.169 acted on.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.accounts.account import Account, MalformedToken, account_of_token
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow
from codex_proxy.protocols.base import HeaderPairs, WireReply
from codex_proxy.protocols.codex.server import TOKEN_EXPIRED, CodexServer, rate_limit_headers
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.catalogue import models_of

PRIMARY_SECONDS: Final = 18_000
SECONDARY_SECONDS: Final = 604_800
_USED_AT_START: Final = 12.0
_USED_PER_REQUEST: Final = 0.1
_USED_AT_MOST: Final = 95.0


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """The account that asks."""

    account_id: str
    plan: str
    email: str
    user_id: str


class NotLetIn(Exception):
    """The credential does not do; carries the backend's reply."""

    def __init__(self, reply: WireReply) -> None:
        super().__init__("not let in")
        self.reply = reply


def let_in(headers: Mapping[str, str], *, now: float, request_id: str) -> Visitor:
    """Who asks.

    Raises:
        NotLetIn: no token, an expired one, or one of another account than ``chatgpt-account-id`` names.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    try:
        account = account_of_token(token if scheme.lower() == "bearer" else "")
    except MalformedToken:
        raise NotLetIn(WireReply(status=401, body=encode({"detail": "Unauthorized"}))) from None
    if account.expires_at is not None and account.expires_at <= now:
        failure = Failure(kind=FailureKind.UNAUTHORIZED, message=TOKEN_EXPIRED, code="token_expired")
        raise NotLetIn(CodexServer().encode_failure(failure, request_id=request_id))
    visitor = _visitor(account, headers)
    if headers.get("chatgpt-account-id", visitor.account_id) != visitor.account_id:
        raise NotLetIn(WireReply(status=401, body=encode({"detail": "Unauthorized"})))
    return visitor


def models_reply(plan: str) -> WireReply:
    """``GET /codex/models``."""
    headers = (("content-type", "application/json"), ("etag", models_etag(plan)))
    return WireReply(status=200, body=encode({"models": models_of(plan)}), headers=headers)


def models_etag(plan: str) -> str:
    """The tag of a plan's model list."""
    return f'W/"{hashlib.sha256(encode(models_of(plan))).hexdigest()[:32]}"'


def account_check(visitor: Visitor, origin: str) -> WireReply:
    """``GET /wham/accounts/check``; Codex sends what follows to ``origin``, so that is where the simulator listens."""
    entry = {
        "id": visitor.account_id,
        "account_user_id": f"{visitor.user_id}__{visitor.account_id}",
        "structure": "personal",
        "plan_type": visitor.plan,
        "name": None,
        "profile_picture_url": None,
        "role": "account-owner",
        "is_default": True,
        "workspace_backend_origin": origin,
        "account_routing_override": "NO_CONSTRAINT",
    }
    told: JsonObject = {
        "accounts": [entry],
        "default_account_id": visitor.account_id,
        "account_ordering": [visitor.account_id],
    }
    return WireReply(status=200, body=encode(told))


def usage_reply(visitor: Visitor, requests_count: int, now: float) -> WireReply:
    """``GET /wham/usage``."""
    snapshot = counters(visitor.plan, requests_count, now)
    told: JsonObject = {
        "user_id": visitor.user_id,
        "account_id": visitor.account_id,
        "email": visitor.email,
        "plan_type": visitor.plan,
        "rate_limit": {
            "allowed": True,
            "limit_reached": False,
            "primary_window": _window(snapshot.primary),
            "secondary_window": _window(snapshot.secondary),
        },
        "code_review_rate_limit": None,
        "additional_rate_limits": [],
        "credits": {"has_credits": False, "unlimited": False, "overage_limit_reached": False, "balance": "0"},
        "spend_control": {"reached": False, "individual_limit": None},
        "rate_limit_reached_type": None,
        "rate_limit_reset_credits": {"available_count": 0},
        "promo": None,
    }
    return WireReply(status=200, body=encode(told))


def counters(plan: str, requests_count: int, now: float) -> RateLimitSnapshot:
    """The account's counters; a free plan has one window, of a week."""
    used = min(_USED_AT_MOST, _USED_AT_START + requests_count * _USED_PER_REQUEST)
    week = RateLimitWindow(
        used_percent=round(used / 4, 2),
        window_seconds=SECONDARY_SECONDS,
        resets_at=now + SECONDARY_SECONDS / 2,
        resets_in_seconds=SECONDARY_SECONDS / 2,
    )
    hours = RateLimitWindow(
        used_percent=round(used, 2),
        window_seconds=PRIMARY_SECONDS,
        resets_at=now + PRIMARY_SECONDS / 2,
        resets_in_seconds=PRIMARY_SECONDS / 2,
    )
    free = plan == "free"
    return RateLimitSnapshot(
        plan_type=plan, primary=week if free else hours, secondary=None if free else week, credits=Credits(balance="0")
    )


def answer_headers(visitor: Visitor, *, model: str, requests_count: int, now: float) -> HeaderPairs:
    """What every accepted answer's headers tell beside its content type."""
    return (
        ("openai-model", model),
        ("x-models-etag", models_etag(visitor.plan)),
        ("x-reasoning-included", "true"),
        *rate_limit_headers(counters(visitor.plan, requests_count, now)),
    )


def _visitor(account: Account, headers: Mapping[str, str]) -> Visitor:
    named = account.credential.account_id or headers.get("chatgpt-account-id") or f"account-{account.row_id}"
    return Visitor(
        account_id=named,
        plan=account.plan or "plus",
        email=account.email or "somebody@example.invalid",
        user_id=account.user_id or f"user-{account.row_id}",
    )


def _window(window: RateLimitWindow | None) -> JsonObject | None:
    if window is None or window.resets_at is None or window.resets_in_seconds is None:
        return None
    return {
        "used_percent": window.used_percent,
        "limit_window_seconds": window.window_seconds,
        "reset_after_seconds": int(window.resets_in_seconds),
        "reset_at": int(window.resets_at),
    }
