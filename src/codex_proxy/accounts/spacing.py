"""Spacing: how far apart the requests of one account start.

Rules of this file: no clock; times are monotonic seconds.  Where nobody waits, an account that did nothing for an
interval is free at once.
"""

from collections.abc import Callable


class Spacing:
    """When each account may start its next request; the interval (seconds) is asked for anew each time."""

    def __init__(self, interval_seconds: Callable[[], float]) -> None:
        self._interval_seconds = interval_seconds
        self._started_at: dict[str, float] = {}

    @property
    def is_on(self) -> bool:
        """Whether there is any interval to keep."""
        return self._interval_seconds() > 0

    def wait_seconds(self, row_id: str, now: float, *, ahead_count: int = 0) -> float:
        """Seconds until a request may start on this account, behind ``ahead_count`` others that wait for it already."""
        interval = self._interval_seconds()
        last = self._started_at.get(row_id)
        own = 0.0 if last is None else max(0.0, last + interval - now)
        return own + ahead_count * interval

    def started(self, row_id: str, now: float) -> None:
        """A request starts on this account."""
        self._started_at[row_id] = now
