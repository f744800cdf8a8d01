"""Points in time as the Ollama API writes them: RFC 3339 with nanoseconds.

Rules of this file: pure arithmetic, no clock; the proleptic Gregorian calendar counted in 400-year eras that begin on
1 March, so that the leap day is the last day of a year.
"""

import re
from typing import Final

NANOSECONDS: Final = 1_000_000_000

_DAY_SECONDS: Final = 86_400
_ERA_DAYS: Final = 146_097
_EPOCH_DAYS: Final = 719_468  # from 0000-03-01 to 1970-01-01
_TIMESTAMP: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):?(\d\d))?", re.ASCII
)


def rfc3339(nanoseconds: int) -> str:
    """The UTC text of epoch nanoseconds, such as ``2026-08-17T15:57:13.585297000Z``."""
    seconds, fraction = divmod(nanoseconds, NANOSECONDS)
    days, of_day = divmod(seconds, _DAY_SECONDS)
    year, month, day = _civil(days)
    hour, minute, second = of_day // 3600, of_day // 60 % 60, of_day % 60
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z"


def epoch_seconds(text: object) -> int:
    """Epoch seconds UTC of a timestamp; 0 for anything else."""
    found = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return 0
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    if not 1 <= month <= 12:
        return 0
    sign, hours, minutes = found.groups()[6:]
    offset = (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1) if sign else 0
    return _days(year, month, day) * _DAY_SECONDS + hour * 3600 + minute * 60 + second - offset


def _civil(days: int) -> tuple[int, int, int]:
    era, of_era = divmod(days + _EPOCH_DAYS, _ERA_DAYS)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153  # months since March
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + 3 if shifted < 10 else shifted - 9
    return era * 400 + year + (month <= 2), month, day


def _days(year: int, month: int, day: int) -> int:
    year -= month <= 2
    era, of_era_years = divmod(year, 400)
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    of_era = of_era_years * 365 + of_era_years // 4 - of_era_years // 100 + of_year
    return era * _ERA_DAYS + of_era - _EPOCH_DAYS
