"""Names of limits' windows.

Rules of this file: a window is named by its length, never by the slot it came in: a free account's first window is a
week long (seen in real replies).
"""

from typing import Final

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400
_WEEK_DAYS: Final = 7
_MONTH_DAYS: Final = range(28, 32)


def window_name(window_seconds: float | None) -> str:
    """What a window of this length is called: ``5 h``, ``3 d``, ``weekly``, ``monthly``; without one ``window``."""
    if window_seconds is None or window_seconds <= 0:
        return "window"
    days = window_seconds / _DAY
    if days == _WEEK_DAYS:
        return "weekly"
    if days in _MONTH_DAYS:
        return "monthly"
    for seconds, unit in ((_DAY, "d"), (_HOUR, "h")):
        if window_seconds >= seconds and window_seconds % seconds == 0:
            return f"{window_seconds // seconds:g} {unit}"
    return f"{max(1, round(window_seconds / _MINUTE))} min"
