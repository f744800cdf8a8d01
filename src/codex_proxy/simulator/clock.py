"""The simulated clock: the real one, moved forward on demand.

Rules of this file: it never goes back.  Times are epoch seconds (UTC).
"""

from collections.abc import Callable


class MovableClock:
    """``now`` plus what it was moved forward by."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._ahead_seconds = 0.0

    def __call__(self) -> float:
        """The time."""
        return self._now() + self._ahead_seconds

    def advance(self, seconds: float) -> None:
        """Move it forward.

        Raises:
            ValueError: ``seconds`` is negative or no finite number.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError("advance_seconds: expected a number of seconds that is not negative")
        self._ahead_seconds += seconds
