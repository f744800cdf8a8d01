"""Rotation strategies: exact total orders over accounts, for a conversation that has no home yet.

Rules of this file: pure; every key ends with the row id, so that no tie is left to chance, and holds nothing that does
not compare.  ``sticky`` stays with one account for each client key and falls back on the order of ``least_used``.
"""

from enum import StrEnum
from math import inf
from typing import TypeAlias

import msgspec

PERCENT_STEP = 5.0

LeastUsedKey: TypeAlias = tuple[bool, int, float, float, bool, int, float, str]
RingKey: TypeAlias = tuple[bool, bool, str]


class Strategy(StrEnum):
    """How a new conversation finds its account."""

    LEAST_USED = "least_used"
    ROUND_ROBIN = "round_robin"
    STICKY = "sticky"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the orders look at: slots, the fullest window of the model's bucket, and times in epoch seconds.

    ``limited`` says that the account is known to be used up; ``must_wait`` that a request could not start at once,
    which decides among equals only; ``window_request_count`` counts requests since the window began.
    """

    row_id: str
    limited: bool = False
    used_slots: int = 0
    used_percent: float = 0.0
    resets_at: float | None = None
    must_wait: bool = False
    window_request_count: int = 0
    last_used_at: float = 0.0


def least_used_key(standing: Standing) -> LeastUsedKey:
    """Fewest slots in use, then least of the window used (in steps of 5 %), then the window that resets first.

    Among equals one that can start at once comes first, then the one with fewer requests, then the one that rested
    longest.
    """
    percent = standing.used_percent // PERCENT_STEP * PERCENT_STEP
    resets_at = standing.resets_at
    return (
        standing.limited,
        standing.used_slots,
        percent if percent == percent else 100.0,  # noqa: PLR0124 - what is no number must not reach a comparison
        resets_at if resets_at is not None and resets_at == resets_at else inf,  # noqa: PLR0124 - as above
        standing.must_wait,
        standing.window_request_count,
        standing.last_used_at,
        standing.row_id,
    )


def ring_key(row_id: str, last_chosen: str | None, *, must_wait: bool) -> RingKey:
    """Round robin: the row ids in a ring, from behind ``last_chosen``; those that cannot start at once come last."""
    return must_wait, last_chosen is not None and row_id <= last_chosen, row_id
