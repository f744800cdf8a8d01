"""What the gateway answers to a client that asks for its usage: the room there is, as one account would tell it.

Rules of this file: no account is named, its counters are those of the account with most room, or of the only one that
may serve this client; one that asks an account of its own would see limits that do not hold here.  Shape: the answer
that Codex CLI 0.169 reads.
"""

from typing import Final

from codex_proxy.accounts.lifecycle.condition import Condition
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.quota.buckets import DEFAULT_BUCKET, Bucket, WindowReading, find_bucket, rolled
from codex_proxy.canonical.blocks import JsonObject

_NOTHING: Final = Bucket(limit_id=DEFAULT_BUCKET)


def pool_usage(pool: AccountPool, now: float, *, only: str | None = None) -> JsonObject:
    """The answer to ``GET /wham/usage``, for a client that any account may serve or ``only`` this one."""
    standing = pool.standing(now, only=only)
    condition, bucket = _roomiest(pool, now, only)
    return {
        "plan_type": condition.plan or "unknown",
        "rate_limit": {
            "allowed": standing.usable_now,
            "limit_reached": standing.has_accounts and not standing.usable_now,
            "primary_window": _window(bucket.primary, now),
            "secondary_window": _window(bucket.secondary, now),
        },
        "code_review_rate_limit": None,
        "additional_rate_limits": [],
        "credits": {"has_credits": False, "unlimited": False, "overage_limit_reached": False, "balance": "0"},
        "spend_control": {"reached": False, "individual_limit": None},
        "rate_limit_reached_type": None,
        "rate_limit_reset_credits": {"available_count": 0},
        "promo": None,
    }


def _roomiest(pool: AccountPool, now: float, only: str | None) -> tuple[Condition, Bucket]:
    verdicts = {row_id: each for row_id, each in pool.verdicts(now).items() if only is None or row_id == only}
    found = [
        (not verdicts[row_id].usable, _fullness(bucket), row_id, known[0], bucket)
        for row_id in verdicts
        if (known := pool.condition(row_id)) is not None
        for bucket in (rolled(find_bucket(known[0].buckets, DEFAULT_BUCKET) or _NOTHING, now),)
    ]
    if not found:
        return Condition(), _NOTHING
    best = min(found, key=lambda one: one[:3])
    return best[3], best[4]


def _fullness(bucket: Bucket) -> float:
    windows = (bucket.primary, bucket.secondary)
    return max((window.used_percent for window in windows if window is not None), default=0.0)


def _window(window: WindowReading | None, now: float) -> JsonObject | None:
    if window is None:
        return None
    resets_at = window.resets_at
    return {
        "used_percent": round(window.used_percent),
        "limit_window_seconds": window.window_seconds,
        "reset_after_seconds": 0 if resets_at is None else max(0, round(resets_at - now)),
        "reset_at": 0 if resets_at is None else round(resets_at),
    }
