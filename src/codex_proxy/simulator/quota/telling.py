"""One quota, told in four forms: reply headers, the stream's event, the usage answer, the refusal.

Rules of this file: pure.  Source: real reply headers and bodies quoted in public reports; the usage answer that Codex
CLI 0.169 read, whose percentages are whole numbers.  Code review is told in the event and in the usage answer only: no
header of it was ever seen.
"""

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow
from codex_proxy.protocols.base import HeaderPairs, WireReply
from codex_proxy.protocols.codex.server import USAGE_LIMIT_REACHED, CodexServer, rate_limit_headers
from codex_proxy.protocols.parts.json_text import encode
from codex_proxy.simulator.quota.account import AccountQuota
from codex_proxy.simulator.quota.windows import Window
from codex_proxy.simulator.tokens import Person


def limit_headers(quota: AccountQuota, *, model: str, now: float) -> HeaderPairs:
    """Every bucket's counters; ``x-codex-active-limit`` names the one of ``model``."""
    default, *others = quota.snapshots(now)
    active = quota.bucket_of(model)
    pairs = [
        (name, active.bucket_id if name == "x-codex-active-limit" else value)
        for name, value in rate_limit_headers(default)
    ]
    for snapshot in others:
        family = f"x-{snapshot.limit_id.replace('_', '-')}"
        pairs += [pair for pair in rate_limit_headers(snapshot) if pair[0].startswith(f"{family}-")]
        pairs.append((f"{family}-limit-name", snapshot.limit_name or snapshot.limit_id))
    return tuple(pairs)


def limit_event(quota: AccountQuota, *, model: str, now: float) -> JsonObject:
    """The ``codex.rate_limits`` event that tells the bucket of ``model``."""
    bucket_id = quota.bucket_of(model).bucket_id
    default, *_ = snapshots = quota.snapshots(now)
    (told,) = [snapshot for snapshot in snapshots if snapshot.limit_id == bucket_id]
    review = quota.code_review(now)
    other = told is not default
    return {
        "type": "codex.rate_limits",
        "plan_type": quota.plan,
        "metered_limit_name": told.limit_id if other else None,
        "limit_name": told.limit_name if other else None,
        "rate_limits": _event_limits(told, quota),
        "code_review_rate_limits": None if review is None else _event_limits(review, quota),
        "credits": _credits(default.credits or Credits()),
        "promo": None,
    }


def limit_reply(quota: AccountQuota, blocking: Window, *, model: str, now: float, request_id: str) -> WireReply:
    """The 429 of a request that ``blocking`` stands in the way of."""
    told = blocking.told(now)
    failure = Failure(
        kind=FailureKind.USAGE_LIMIT,
        message=USAGE_LIMIT_REACHED,
        plan_type=quota.plan,
        resets_at=told.resets_at,
        retry_after_seconds=told.resets_in_seconds,
    )
    reply = CodexServer().encode_failure(failure, request_id=request_id)
    headers = (*reply.headers, *limit_headers(quota, model=model, now=now))
    return WireReply(status=reply.status, body=reply.body, headers=headers)


def usage_reply(person: Person, quota: AccountQuota, now: float) -> WireReply:
    """``GET /wham/usage``, as late as the account's settings want it."""
    default, *others = quota.snapshots(now, lag_seconds=quota.settings.usage_lags_seconds)
    review = quota.code_review(now)
    told: JsonObject = {
        "user_id": person.user_id,
        "account_id": person.account_id,
        "email": person.email,
        "plan_type": quota.plan,
        "rate_limit": _usage_limits(default, quota),
        "code_review_rate_limit": None if review is None else _usage_limits(review, quota),
        "additional_rate_limits": [
            {
                "limit_name": snapshot.limit_name,
                "metered_feature": snapshot.limit_id,
                "rate_limit": _usage_limits(snapshot, quota),
            }
            for snapshot in others
        ],
        "credits": _credits(default.credits or Credits())
        | {"overage_limit_reached": False, "approx_local_messages": [0, 0], "approx_cloud_messages": [0, 0]},
        "spend_control": {"reached": False, "individual_limit": None},
        "rate_limit_reached_type": None if default.reached_type is None else {"type": default.reached_type},
        "rate_limit_reset_credits": {"available_count": len(quota.reset_credits.available(now))},
        "promo": None,
    }
    return WireReply(status=200, body=encode(told))


def _usage_limits(snapshot: RateLimitSnapshot, quota: AccountQuota) -> JsonObject:
    return {
        "allowed": not snapshot.limit_reached or quota.can_pay,
        "limit_reached": bool(snapshot.limit_reached),
        "primary_window": _usage_window(snapshot.primary),
        "secondary_window": _usage_window(snapshot.secondary),
    }


def _usage_window(window: RateLimitWindow | None) -> JsonObject | None:
    if window is None:
        return None
    return {
        "used_percent": int(window.used_percent),
        "limit_window_seconds": window.window_seconds,
        "reset_after_seconds": _whole(window.resets_in_seconds),
        "reset_at": _whole(window.resets_at),
    }


def _event_limits(snapshot: RateLimitSnapshot, quota: AccountQuota) -> JsonObject:
    return {
        "allowed": not snapshot.limit_reached or quota.can_pay,
        "limit_reached": bool(snapshot.limit_reached),
        "primary": _event_window(snapshot.primary),
        "secondary": _event_window(snapshot.secondary),
    }


def _event_window(window: RateLimitWindow | None) -> JsonObject | None:
    if window is None:
        return None
    return {
        "used_percent": window.used_percent,
        "window_minutes": (window.window_seconds or 0) // 60,
        "reset_after_seconds": _whole(window.resets_in_seconds),
        "reset_at": _whole(window.resets_at),
    }


def _credits(told: Credits) -> JsonObject:
    return {"has_credits": told.has_credits, "unlimited": told.unlimited, "balance": told.balance}


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds)
