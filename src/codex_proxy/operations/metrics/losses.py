"""What was lost because an observer failed, counted by its name; whoever it failed for was answered all the same.

Rules of this file: the names are those of classes, so that they are few.
"""

from collections.abc import Callable

from codex_proxy.operations.metrics.families import Counter, Family


class ObserverLosses:
    """Implements ``Source``; ``complain`` takes an observer's name and what it raised, counts it and tells it on."""

    def __init__(self, tell: Callable[[str, Exception], None]) -> None:
        self._tell = tell
        self._losses = Counter(
            "codex_proxy_observer_failures_total", "Records that an observer could not take.", ("observer",)
        )

    def complain(self, observer: str, error: Exception) -> None:
        """An observer failed."""
        self._losses.add(observer)
        self._tell(observer, error)

    def families(self) -> tuple[Family, ...]:
        """See ``Source``."""
        return self._losses.families()
