"""Usage as a file for a spreadsheet: CSV.

Rules of this file: a text that a spreadsheet would take for a formula gets an apostrophe before it, since clients
choose what their models are called; money is written out, to a billionth of a dollar.
Source: RFC 4180; OWASP, CSV injection.
"""

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from codex_proxy.operations.usage_stats.views import CountersView, DataPoint, ExchangeView

MEDIA_TYPE: Final = "text/csv"
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_COUNTERS: Final = CountersView.__struct_fields__
_OF_EXCHANGE: Final = tuple(name for name in ExchangeView.__struct_fields__ if name not in _COUNTERS)
# of one exchange, whose counters of exchanges say nothing
_TOKENS: Final = tuple(name for name in _COUNTERS if name.endswith("_tokens"))
_SHOWN_OF_ONE: Final = tuple(name for name in ExchangeView.__struct_fields__ if name in _COUNTERS)


def heading(*, is_raw: bool, is_grouped: bool) -> str:
    """The first line."""
    if is_raw:
        return _line(["timestamp", *_OF_EXCHANGE, *_TOKENS, *_SHOWN_OF_ONE])
    return _line(["timestamp", *(["group"] if is_grouped else []), *_COUNTERS])


def lines(points: Iterable[DataPoint]) -> str:
    """A line for each point."""
    return "".join(_line(_cells(point)) for point in points)


def _cells(point: DataPoint) -> list[Any]:
    if isinstance(point.exchange, ExchangeView):
        exchange = point.exchange
        return [
            point.timestamp,
            *(getattr(exchange, name) for name in _OF_EXCHANGE),
            *(getattr(point, name) for name in _TOKENS),
            *(getattr(exchange, name) for name in _SHOWN_OF_ONE),
        ]
    group = [] if point.group is msgspec.UNSET else [point.group]
    return [point.timestamp, *group, *(getattr(point, name) for name in _COUNTERS)]


def _line(cells: Iterable[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.9f}".rstrip("0").rstrip(".")
        case str() if value.lstrip(" ").startswith(_FORMULA_STARTS):
            return f"'{value}"
        case _:
            return value
