"""Dates in headers, such as ``Retry-After: Sun, 06 Nov 1994 08:49:37 GMT``.

Rules of this file: pure arithmetic, no clock; total.  Source: RFC 9110 §5.6.7; the two obsolete forms are not read.
"""

import re
from typing import Final

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS_BEFORE: Final = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DATE: Final = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII
)
_LEAP_DAYS_BEFORE_1970: Final = 477


def http_date_seconds(text: str) -> float | None:
    """Epoch seconds UTC of a date in a header; None for anything else."""
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    month = _MONTHS.index(found[2])
    days = (year - 1970) * 365 + _leap_days(year - 1) - _LEAP_DAYS_BEFORE_1970 + _DAYS_BEFORE[month] + day - 1
    if month > 1 and _leap_days(year) > _leap_days(year - 1):
        days += 1
    return float(days * 86_400 + hour * 3600 + minute * 60 + second)


def _leap_days(year: int) -> int:
    """Leap days until the end of a year."""
    return year // 4 - year // 100 + year // 400
