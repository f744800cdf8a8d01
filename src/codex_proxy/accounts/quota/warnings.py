"""Warnings: windows that are nearly used up.

Rules of this file: pure; computed anew from the quota whenever somebody asks, so that a warning goes with its cause.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

import msgspec

from codex_proxy.accounts.quota.buckets import Bucket, WindowReading, rolled
from codex_proxy.accounts.quota.windows import window_name


class WarningLevel(StrEnum):
    """How near: ``critical`` is the highest threshold, every lower one is a ``warning``."""

    WARNING = "warning"
    CRITICAL = "critical"


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Used percentages from which on to warn, for a limit's first and second window."""

    primary: tuple[float, ...] = (80.0, 90.0)
    secondary: tuple[float, ...] = (80.0, 90.0)


class QuotaWarning(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One window that is nearly used up; in wire names ``accountId``, ``usedPercent``, ``resetAt`` (epoch seconds).

    ``window`` is the slot (``primary``, ``secondary``), ``window_name`` what its length is called.
    """

    account_id: str
    email: str | None
    bucket: str
    window: str
    window_name: str
    level: WarningLevel
    used_percent: float
    reset_at: int | None


def warnings_of(
    row_id: str, email: str | None, buckets: Sequence[Bucket], *, thresholds: Thresholds, now: float
) -> Iterator[QuotaWarning]:
    """The warnings of one account."""
    for bucket in buckets:
        current = rolled(bucket, now)
        slots = (
            ("primary", current.primary, thresholds.primary),
            ("secondary", current.secondary, thresholds.secondary),
        )
        for slot, window, levels in slots:
            level = None if window is None else _level(window, levels)
            if window is not None and level is not None:
                yield QuotaWarning(
                    account_id=row_id,
                    email=email,
                    bucket=bucket.limit_id,
                    window=slot,
                    window_name=window_name(window.window_seconds),
                    level=level,
                    used_percent=window.used_percent,
                    reset_at=None if window.resets_at is None else round(window.resets_at),
                )


def _level(window: WindowReading, levels: Sequence[float]) -> WarningLevel | None:
    if not levels or window.used_percent < min(levels):
        return None
    return WarningLevel.CRITICAL if window.used_percent >= max(levels) else WarningLevel.WARNING
