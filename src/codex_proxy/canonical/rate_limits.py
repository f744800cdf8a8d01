"""What an upstream said about its own counters.

Rules of this file: pure values.  Windows are named by their length, never by the slot they came in: a free account's
first window is a week long (seen in real replies).
"""

import msgspec


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
    balance: str | None = None


class RateLimitSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket's counters at one moment.

    ``limit_id`` is the bucket (``codex`` unless the upstream names another); ``source`` is ``headers``, ``event``,
    ``usage`` or ``error``.
    """

    limit_id: str = "codex"
    limit_name: str | None = None
    plan_type: str | None = None
    primary: RateLimitWindow | None = None
    secondary: RateLimitWindow | None = None
    credits: Credits | None = None
    limit_reached: bool | None = None
    reached_type: str | None = None
    source: str = "headers"
