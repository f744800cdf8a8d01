"""How late the event loop is: a sleeper that says how much longer it slept than it wanted to.

Rules of this file: one wake-up a second, so that a gateway at rest stays at rest.
"""

from collections.abc import Iterator
from typing import Final

from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.metrics.families import Family, Histogram, reading

NAP_SECONDS: Final = 1.0
LAG_SECONDS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class LoopLag:
    """Implements ``Source``; ``look`` is a job."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: float | None = None
        self._lags = Histogram(
            "codex_proxy_loop_lag_seconds", "Seconds by which the event loop woke late.", bounds=LAG_SECONDS
        )

    async def look(self) -> bool:
        """Sleep for a moment and see."""
        began_at = self._clock.monotonic()
        await self._clock.sleep(NAP_SECONDS)
        self._last = max(0.0, self._clock.monotonic() - began_at - NAP_SECONDS)
        self._lags.observe(self._last)
        return True

    def families(self) -> Iterator[Family]:
        """See ``Source``."""
        yield from self._lags.families()
        yield reading("codex_proxy_loop_lag_last_seconds", "Seconds by which the loop woke late last.", self._last)
