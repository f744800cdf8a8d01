"""Quota as it is shown: the object that dashboards and export files know as ``cachedQuota``.

Rules of this file: pure; names are the wire's.  Windows whose reset has passed are shown rolled on.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from codex_proxy.accounts.quota.buckets import (
    DEFAULT_BUCKET,
    REVIEW_BUCKET,
    Bucket,
    WindowReading,
    reached_windows,
    rolled,
)
from codex_proxy.accounts.quota.windows import window_name
from codex_proxy.canonical.rate_limits import Credits


class ShownWindow(msgspec.Struct, frozen=True, kw_only=True):
    """One window; percentages 0-100, ``reset_at`` epoch seconds, ``window`` its name by length."""

    limit_reached: bool
    used_percent: float | None
    remaining_percent: float | None
    reset_at: int | None
    limit_window_seconds: int | None
    window: str


NO_WINDOW: Final = ShownWindow(
    limit_reached=False,
    used_percent=None,
    remaining_percent=None,
    reset_at=None,
    limit_window_seconds=None,
    window=window_name(None),
)


class ShownLimit(ShownWindow, frozen=True, kw_only=True):
    """A limit's first window, and whether requests are allowed."""

    allowed: bool


class ShownBucket(ShownLimit, frozen=True, kw_only=True):
    """A limit of its own, such as that of one model."""

    limit_id: str
    limit_name: str | None
    secondary_rate_limit: ShownWindow | None


class ShownCredits(msgspec.Struct, frozen=True, kw_only=True):
    """Paid credits; ``balance`` is None where the upstream gave no number.

    ``balance_usd`` is what that is in US dollars, where somebody says how many credits one has.
    """

    has_credits: bool
    unlimited: bool
    overage_limit_reached: bool
    balance: float | None
    balance_usd: float | msgspec.UnsetType | None = msgspec.UNSET


class ShownQuota(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account's limits; a part that nothing is known of is None."""

    plan_type: str | None
    rate_limit: ShownLimit | None
    secondary_rate_limit: ShownWindow | None
    code_review_rate_limit: ShownLimit | None
    reset_credits_available: int | None
    credits: ShownCredits | None
    rate_limits_by_limit_id: dict[str, ShownBucket] | None


class QuotaFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account's limits.

    ``locked`` are buckets in which a request was refused, and until when: counters may know less.
    """

    buckets: Sequence[Bucket] = ()
    locked: Mapping[str, float | None] = {}
    plan: str | None = None
    credits: Credits | None = None
    reset_credits_available: int | None = None


def shown_quota(facts: QuotaFacts, *, now: float, credits_per_usd: float | None = None) -> ShownQuota | None:
    """The object; None where nothing is known at all.

    ``credits_per_usd`` tells credits in US dollars too; 0 for nobody knows how much they are worth.
    """
    if facts == QuotaFacts(plan=facts.plan):
        return None
    buckets = {bucket.limit_id: rolled(bucket, now) for bucket in facts.buckets}
    shown = {
        limit_id: _bucket(buckets.get(limit_id, Bucket(limit_id=limit_id)), facts.locked)
        for limit_id in sorted({*buckets, *facts.locked})
    }
    main, review = shown.pop(DEFAULT_BUCKET, None), shown.pop(REVIEW_BUCKET, None)
    return ShownQuota(
        plan_type=facts.plan,
        rate_limit=None if main is None else _limit(main),
        secondary_rate_limit=None if main is None else main.secondary_rate_limit,
        code_review_rate_limit=None if review is None else _limit(review),
        reset_credits_available=facts.reset_credits_available,
        credits=None if facts.credits is None else _credits(facts.credits, credits_per_usd),
        rate_limits_by_limit_id=shown or None,
    )


def _bucket(bucket: Bucket, locked: Mapping[str, float | None]) -> ShownBucket:
    window = _window(bucket.primary) or NO_WINDOW
    if bucket.limit_reached and not reached_windows(bucket):
        window = msgspec.structs.replace(window, limit_reached=True)
    allowed = bucket.allowed if bucket.allowed is not None else not bucket.limit_reached
    if bucket.limit_id in locked:
        until = locked[bucket.limit_id]
        reset_at = window.reset_at if until is None else round(until)
        window, allowed = msgspec.structs.replace(window, limit_reached=True, reset_at=reset_at), False
    return ShownBucket(
        limit_id=bucket.limit_id,
        limit_name=bucket.limit_name,
        allowed=allowed,
        secondary_rate_limit=_window(bucket.secondary),
        **msgspec.structs.asdict(window),
    )


def _limit(bucket: ShownBucket) -> ShownLimit:
    return ShownLimit(**{name: getattr(bucket, name) for name in ShownLimit.__struct_fields__})


def _window(window: WindowReading | None) -> ShownWindow | None:
    if window is None:
        return None
    return ShownWindow(
        limit_reached=window.limit_reached,
        used_percent=window.used_percent,
        remaining_percent=100.0 - window.used_percent,
        reset_at=None if window.resets_at is None else round(window.resets_at),
        limit_window_seconds=window.window_seconds,
        window=window_name(window.window_seconds),
    )


def _credits(told: Credits, per_usd: float | None) -> ShownCredits:
    balance = _number(told.balance)
    return ShownCredits(
        has_credits=told.has_credits,
        unlimited=told.unlimited,
        overage_limit_reached=told.overage_limit_reached,
        balance=balance,
        balance_usd=msgspec.UNSET if per_usd is None else _dollars(balance, per_usd),
    )


def _dollars(balance: float | None, per_usd: float) -> float | None:
    return None if balance is None or not per_usd else round(balance / per_usd, 4)


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None
