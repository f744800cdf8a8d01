"""What is known of an egress proxy: whether it lets us through, and whether the upstream takes what comes out of it.

Rules of this file: pure.  One failure proves nothing, two in a row exclude a proxy until a check succeeds; a refused
region excludes it for half an hour and says nothing about any account.  Times are epoch seconds (UTC).
"""

from typing import Final

import msgspec

FAILURES_TO_EXCLUDE: Final = 2
REGION_SECONDS: Final = 1800.0


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One proxy now.

    ``failures`` counts unreachable ones in a row, ``reason`` is the last failure in words without secrets;
    ``region_until`` is when a region refusal is tried again.
    """

    failures: int = 0
    reason: str | None = None
    region_until: float | None = None

    def is_usable(self, now: float) -> bool:
        """Whether an account may leave through it."""
        return self.failures < FAILURES_TO_EXCLUDE and not self.is_region_blocked(now)

    def is_region_blocked(self, now: float) -> bool:
        """Whether the upstream refuses where it comes out."""
        return self.region_until is not None and now < self.region_until

    def why(self, now: float) -> str | None:
        """Why it is not usable; None where it is."""
        if self.is_region_blocked(now):
            return "the upstream refuses the country it comes out in"
        return self.reason if self.failures >= FAILURES_TO_EXCLUDE else None


def let_through(standing: Standing) -> Standing:
    """A check or a request came through."""
    return msgspec.structs.replace(standing, failures=0, reason=None) if standing.failures else standing


def failed(standing: Standing, reason: str) -> Standing:
    """A check or a request did not get through the proxy itself."""
    return msgspec.structs.replace(standing, failures=standing.failures + 1, reason=reason)


def region_refused(standing: Standing, now: float) -> Standing:
    """The upstream refused the country the proxy comes out in."""
    return msgspec.structs.replace(standing, region_until=now + REGION_SECONDS)


def changed_place(standing: Standing) -> Standing:
    """It comes out elsewhere now: another address, so that a refused region is no news any more."""
    return msgspec.structs.replace(standing, region_until=None)
