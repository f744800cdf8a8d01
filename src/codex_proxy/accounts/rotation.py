"""Rotation strategies: exact total orders over accounts, for a conversation that has no home yet.

Rules of this file: pure; every order ends with the row id, so that no tie is left to chance.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Strategy(StrEnum):
    """How a new conversation finds its account."""

    LEAST_USED = "least_used"
    ROUND_ROBIN = "round_robin"
    STICKY = "sticky"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the orders look at: slots, the fullest window (``used_percent``), and times in epoch seconds.

    ``must_wait`` says that a request could not start at once; it decides among equals only.
    """

    row_id: str
    used_slots: int = 0
    used_percent: float = 0.0
    resets_at: float | None = None
    must_wait: bool = False
    window_request_count: int = 0
    last_used_at: float = 0.0


def ordered(strategy: Strategy, standings: Sequence[Standing], *, last_chosen: str | None) -> list[str]:
    """Row ids, best first.  ``last_chosen`` is the row id the strategy chose before."""
    match strategy:
        case Strategy.LEAST_USED:
            return [standing.row_id for standing in sorted(standings, key=least_used_key)]
        case Strategy.ROUND_ROBIN:
            waiting = {standing.row_id for standing in standings if standing.must_wait}
            ring = _from_next(sorted(standing.row_id for standing in standings), last_chosen)
            return sorted(ring, key=lambda row_id: row_id in waiting)
        case Strategy.STICKY:
            best = [standing.row_id for standing in sorted(standings, key=least_used_key)]
            return sorted(best, key=lambda row_id: row_id != last_chosen)


def least_used_key(standing: Standing) -> tuple[int, float, float, bool, int, float, str]:
    """Fewest slots in use, then least of the window used (in steps of 5 %), then the window that resets first.

    Among equals one that can start at once comes first, then the one with fewer requests.
    """
    resets_at = standing.resets_at if standing.resets_at is not None else float("inf")
    return (
        standing.used_slots,
        standing.used_percent // 5 * 5,
        resets_at,
        standing.must_wait,
        standing.window_request_count,
        standing.last_used_at,
        standing.row_id,
    )


def _from_next(ring: list[str], last_chosen: str | None) -> list[str]:
    if last_chosen is None:
        return ring
    after = [row_id for row_id in ring if row_id > last_chosen]
    return after + [row_id for row_id in ring if row_id <= last_chosen]
