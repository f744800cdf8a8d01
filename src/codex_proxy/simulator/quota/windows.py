"""One counter that fills with requests and empties at its reset.

Rules of this file: the time is an argument and never goes back.  Resets lie on whole seconds, so that what is told and
what holds are the same.
"""

import bisect
import math

from codex_proxy.canonical.rate_limits import RateLimitWindow
from codex_proxy.simulator.sections.accounts import WindowSettings

FULL_PERCENT = 100.0


class Window:
    """A counter; ``resets_at`` is the next reset, epoch seconds."""

    def __init__(self, settings: WindowSettings, *, now: float) -> None:
        first = settings.seconds if settings.resets_in_seconds is None else settings.resets_in_seconds
        self.resets_at = math.ceil(now + first)
        self._settings = settings
        self._used_before = settings.used_percent
        self._charged_at: list[float] = []

    def roll(self, now: float) -> None:
        """Let resets happen that are due."""
        if now >= self.resets_at:
            self.resets_at += (math.floor((now - self.resets_at) / self._settings.seconds) + 1) * self._settings.seconds
            self._empty()

    def charge(self, now: float) -> None:
        """Count a request."""
        self._charged_at.append(now)

    def restart(self, now: float) -> None:
        """Begin anew, as a redeemed credit makes it."""
        self.resets_at = math.ceil(now + self._settings.seconds)
        self._empty()

    def used_percent(self, at: float) -> float:
        """How full it was ``at``, a time since its last reset."""
        charged = bisect.bisect_right(self._charged_at, at)
        used = self._used_before + charged * self._settings.per_request_percent
        return round(max(self._used_before, min(self._settings.at_most_percent, used)), 4)

    def is_full(self, at: float) -> bool:
        """Whether nothing was left ``at``."""
        return self.used_percent(at) >= FULL_PERCENT

    def told(self, now: float, *, lag_seconds: float = 0.0) -> RateLimitWindow:
        """What is told of it; the count is that of ``lag_seconds`` ago."""
        telling = self._settings.tells_reset
        return RateLimitWindow(
            used_percent=self.used_percent(now - lag_seconds),
            window_seconds=self._settings.seconds,
            resets_at=self.resets_at if telling else None,
            resets_in_seconds=max(0.0, self.resets_at - now) if telling else None,
        )

    def _empty(self) -> None:
        self._used_before = 0.0
        self._charged_at.clear()
