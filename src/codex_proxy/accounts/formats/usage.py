"""Counters of an account in files and as they are kept.

Rules of this file: pure and total; what is no count counts nothing.  Two forms are kept: our own, and the ``usage``
object of the Node system where an account came from there.  Source: spec, accounts, 1.2.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from codex_proxy.accounts.quota.counters import NOTHING_SPENT, Tally, UsageCounters

VERSION: Final = 1
_MOST: Final = 2**53  # what JSON numbers count exactly
_WINDOW: Final = "window_"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    counters: UsageCounters


def encode_counters(counters: UsageCounters) -> bytes:
    """Counters as they are kept."""
    return msgspec.json.encode(_Kept(version=VERSION, counters=counters))


def decode_counters(kept: bytes, *, read_time: Callable[[str], float | None]) -> UsageCounters:
    """The counters that were kept, in either form; nothing counted where that is not what these bytes are."""
    try:
        return msgspec.json.decode(kept, type=_Kept).counters
    except (ValueError, RecursionError):
        pass
    try:
        return read_usage(msgspec.json.decode(kept), read_time=read_time) or UsageCounters()
    except (ValueError, RecursionError):
        return UsageCounters()


def read_usage(usage: Any, *, read_time: Callable[[str], float | None]) -> UsageCounters | None:
    """The counters in a ``usage`` object; None where it is none.  ``read_time`` as in ``ReadingRules``."""
    if not isinstance(usage, Mapping):
        return None
    return UsageCounters(
        total=_tally(usage, ""),
        window=_tally(usage, _WINDOW),
        last_used_at=_time(usage.get("last_used"), read_time),
        window_resets_at=float(_number(usage.get("window_reset_at"))) or None,
        window_seconds=int(_number(usage.get("limit_window_seconds"))) or None,
        window_began_at=_time(usage.get("window_counters_reset_at"), read_time),
    )


def _tally(usage: Mapping[Any, Any], prefix: str) -> Tally:
    counts: dict[str, Any] = {name: int(_number(usage.get(prefix + name))) for name in Tally.__struct_fields__}
    spent = _number(usage.get(f"{prefix}estimated_cost_usd"))
    return Tally(**counts | {"estimated_cost_usd": Decimal(str(spent)) if spent else NOTHING_SPENT})


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        return 0
    return value


def _time(value: Any, read_time: Callable[[str], float | None]) -> float | None:
    return read_time(value) if isinstance(value, str) else None
