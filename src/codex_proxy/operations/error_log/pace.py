"""How often errors may be reported.

Rules of this file: no clock.  So many in any minute, whoever reports them: what is broken in a loop must not fill the
disk.  Times are monotonic seconds.
"""

from collections import deque
from typing import Final

MOST_REPORTS: Final = 60
SPAN_SECONDS: Final = 60.0


class ReportPace:
    """The reports of the last minute."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()

    def begin(self, now: float) -> float:
        """Count a report that comes now; the seconds to wait before one may come, 0 where this one may."""
        while self._begun and self._begun[0] <= now - SPAN_SECONDS:
            self._begun.popleft()
        if len(self._begun) >= MOST_REPORTS:
            return self._begun[0] + SPAN_SECONDS - now
        self._begun.append(now)
        return 0.0
