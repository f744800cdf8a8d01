"""What was used, as a table and a few lines.

Rules of this file: text from outside is printed as it is and never read as markup; a cost that is not known is a
question mark, never nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.table import Column, Table
from rich.text import Text

_NOBODY: Final = "(none)"
_TOTAL: Final = "all"
_NUMBERS: Final = ("requests", "failed", "input", "cached", "output", "cost", "first content")


def usage_table(told: Mapping[str, Any], by: str) -> Table:
    """A row for each group, and one for all of them."""
    table = Table(Column(by, overflow="fold"), box=None, pad_edge=False)
    for name in _NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    for group in told["groups"]:
        name = group["name"] or group["group"] or _NOBODY
        table.add_row(Text(name), *map(Text, _cells(group)))
    whole = {name.removeprefix("total_"): value for name, value in told.items()}
    table.add_row(Text(_TOTAL, style="bold"), *(Text(cell, style="bold") for cell in _cells(whole)))
    return table


def usage_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """What there is to know of the table."""
    since = told["from"] or "the beginning"
    yield f"{since[:16].replace('T', ' ')} to {told['to'][:16].replace('T', ' ')} UTC"
    yield f"costs are what the API would have charged, by prices of {told['priced_as_of']}"
    if told["prices_trouble"]:
        yield f"your prices are not in force: {told['prices_trouble']}"
    if told["total_unpriced_count"]:
        yield f"{told['total_unpriced_count']} requests without price are not in them"
    if told["total_estimated_count"]:
        yield f"{told['total_estimated_count']} requests that were left early are estimated"
    recording = told["recording"]
    if not recording["enabled"]:
        yield "nothing is recorded: usage_stats.enabled is off"
    if recording["lost_count"]:
        yield f"{recording['lost_count']} requests since the start are lost"
    if recording["reason"]:
        yield f"since {recording['failing_since']} nothing can be written: {recording['reason']}"


def _cells(sums: Mapping[str, Any]) -> Iterator[str]:
    yield f"{sums['request_count']:,}"
    yield f"{sums['failed_count']:,}"
    for kind in ("input", "cached", "output"):
        yield f"{sums[f'{kind}_tokens']:,}"
    yield _cost(sums)
    first = sums["first_content_ms"]
    yield "" if first is None else f"{first / 1000:.1f} s"


def _cost(sums: Mapping[str, Any]) -> str:
    unpriced, requests = sums["unpriced_count"], sums["request_count"]
    if unpriced and unpriced == requests:
        return "?"
    cost = sums["estimated_cost_usd"]
    told = f"${cost:,.4f}" if 0 < cost < 1 else f"${cost:,.2f}"
    return f"{told} + ?" if unpriced else told
