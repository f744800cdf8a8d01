"""What many rows of the log come to: counts, sums, and the values that shares of them stay below.

Rules of this file: pure.  A percentile is the value of one of the rows: the smallest that at least so many percent do
not exceed (nearest rank).  It is found exactly, without sorting everything: where a hundred thousand values are sorted,
nobody waits for the other three quarters of them.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

_FEW: Final = 2_000  # so many are sorted as they are
_STEP: Final = 101  # one in so many says about where the others lie
_MARGIN_SHARE: Final = 0.04


class Percentiles(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds; None where nothing was measured."""

    p50: float | None
    p95: float | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What rows come to.

    ``error_percent`` are those with a failure or a status of 400 or more, of all.  ``ttft_ms`` is the time to the first
    content, of requests that had any; ``tokens_per_second`` is the median.  ``cost_usd`` is a decimal number, the sum
    of ``priced_count`` known costs, None where there is none; ``unpriced_count`` requests used tokens without a price.
    """

    count: int
    error_count: int
    error_percent: float
    ttft_ms: Percentiles
    duration_ms: Percentiles
    tokens_per_second: float | None
    cost_usd: str | None
    priced_count: int
    unpriced_count: int
    input_tokens: int
    output_tokens: int
    total_tokens: int


def percentiles_of(values: Sequence[int], percents: Sequence[int]) -> list[int | None]:
    """The values that ``percents`` of them, in ascending order, do not exceed; None where there are no values."""
    if not values:
        return [None] * len(percents)
    sample = sorted(values[::_STEP]) if len(values) > _FEW else []
    rest: Sequence[int] = values
    found: list[int | None] = []
    for percent in percents:
        rank = max(1, -(-percent * len(values) // 100)) - 1
        rest, value = _ranked(rest, rank - (len(values) - len(rest)), percent / 100, sample)
        found.append(value)
    return found


def _ranked(values: Sequence[int], rank: int, share: float, sample: Sequence[int]) -> tuple[Sequence[int], int]:
    """The value of this rank, and those of ``values`` among which all of higher ranks are."""
    if sample:
        low = sample[max(0, int((share - _MARGIN_SHARE) * len(sample)))]
        high = sample[min(len(sample) - 1, int((share + _MARGIN_SHARE) * len(sample)))]
        above = [value for value in values if value >= low]
        middle = sorted([value for value in above if value <= high])
        place = rank - (len(values) - len(above))
        if 0 <= place < len(middle):
            return above, middle[place]
    return values, sorted(values)[rank]
