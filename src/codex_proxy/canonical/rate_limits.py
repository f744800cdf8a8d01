"""What an upstream said about its own counters.

Rules of this file: pure values.  Windows are named by their length, never by the slot they came in: a free account's
first window is a week long (seen in real replies).  Times are epoch seconds (UTC).
"""

import math
from typing import Final

import msgspec

LATEST_EPOCH_SECONDS: Final = 1e11
"""The year 5138: a later moment was told in milliseconds, as some replies do."""
LONGEST_WAIT_SECONDS: Final = 40 * 86_400.0
"""No window is longer than a month: a longer wait was told in milliseconds."""


class RateLimitWindow(msgspec.Struct, frozen=True, kw_only=True):
    """One counter.  ``used_percent`` 0-100; ``window_seconds`` its length; ``resets_at`` epoch seconds UTC."""

    used_percent: float
    window_seconds: int | None = None
    resets_at: float | None = None
    resets_in_seconds: float | None = None


class Credits(msgspec.Struct, frozen=True, kw_only=True):
    """Paid credits of the account.  ``balance`` is the upstream's decimal text."""

    has_credits: bool = False
    unlimited: bool = False
    overage_limit_reached: bool = False
    balance: str | None = None


class RateLimitSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket's counters at one moment.

    ``limit_id`` is the bucket (``codex`` unless the upstream names another); ``source`` is ``headers``, ``event``,
    ``usage`` or ``error``.  ``allowed`` says whether requests are answered all the same, for instance because credits
    pay for them.  ``reset_credits_available`` counts limits that may be reset by hand, None where nothing was said of
    them.  ``also`` are other buckets that were told in the same breath.
    """

    limit_id: str = "codex"
    limit_name: str | None = None
    plan_type: str | None = None
    primary: RateLimitWindow | None = None
    secondary: RateLimitWindow | None = None
    credits: Credits | None = None
    limit_reached: bool | None = None
    allowed: bool | None = None
    reached_type: str | None = None
    reset_credits_available: int | None = None
    source: str = "headers"
    also: tuple["RateLimitSnapshot", ...] = ()


def told_moment(told: float | None) -> float | None:
    """Epoch seconds of a moment that was told in seconds or milliseconds; None for what is no moment."""
    if told is None or not math.isfinite(told) or told <= 0:
        return None
    seconds = told / 1000 if told > LATEST_EPOCH_SECONDS else told
    return seconds if seconds <= LATEST_EPOCH_SECONDS else None


def told_wait(told: float | None) -> float | None:
    """Seconds of a wait that was told in seconds or milliseconds; None for what is no wait."""
    if told is None or not math.isfinite(told) or told <= 0:
        return None
    return min(told / 1000 if told > LONGEST_WAIT_SECONDS else told, LONGEST_WAIT_SECONDS)
