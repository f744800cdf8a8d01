"""What many rows come to, in one pass over the index of what is narrow.

Rules of this file: values with one decimal place leave the database as whole tenths in one text for each column, which
costs a third of what rows cost (measured); costs are summed as whole billionths of a dollar.
"""

import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from codex_proxy.operations.request_log.figures import Figures, Percentiles, percentiles_of
from codex_proxy.storage.request_log.filtering import IS_ERROR

_NANO: Final = 1_000_000_000
_SUMS: Final = (
    "count(*)",
    f"count(*) FILTER (WHERE {IS_ERROR})",
    "count(input_count)",
    "count(cost_usd)",
    "sum(CAST(cost_usd * 1e9 + 0.5 AS INTEGER))",
    "sum(input_count)",
    "sum(output_count)",
)
_MEASURED: Final = ("first_content_ms", "duration_ms", "tokens_per_second")
_TENTHS: Final = tuple(f"group_concat(CAST({name} * 10 + 0.5 AS INTEGER))" for name in _MEASURED)
_decode: Final = msgspec.json.Decoder(list[int]).decode


def figures_of(connection: sqlite3.Connection | None, where: str, values: Sequence[Any]) -> Figures:
    """The figures of the rows that ``where`` finds; without a log they are those of none.  Raises ``sqlite3.Error``."""
    told: Sequence[Any] = (0,) * len(_SUMS) + (None,) * len(_TENTHS)
    if connection is not None:
        query = f"SELECT {', '.join(_SUMS + _TENTHS)} FROM exchanges WHERE {where}"
        told = connection.execute(query, tuple(values)).fetchone()
    count, error_count, counted_count, priced_count, nano_usd, into, out = (number or 0 for number in told[:7])
    first, duration, speed = (_decode(f"[{text or ''}]") for text in told[7:])
    return Figures(
        count=count,
        error_count=error_count,
        error_percent=round(100 * error_count / count, 2) if count else 0.0,
        ttft_ms=_percentiles(first),
        duration_ms=_percentiles(duration),
        tokens_per_second=_tenths(percentiles_of(speed, (50,))[0]),
        cost_usd=f"{(Decimal(nano_usd) / _NANO).normalize():f}" if priced_count else None,
        priced_count=priced_count,
        unpriced_count=counted_count - priced_count,
        input_tokens=into,
        output_tokens=out,
        total_tokens=into + out,
    )


def _percentiles(tenths: Sequence[int]) -> Percentiles:
    p50, p95 = percentiles_of(tenths, (50, 95))
    return Percentiles(p50=_tenths(p50), p95=_tenths(p95))


def _tenths(value: int | None) -> float | None:
    return None if value is None else value / 10
