"""Counters of one account's use: for its lifetime, and for the window that its upstream counts in.

Rules of this file: pure.  The window's counters begin anew when its reset has passed; a window of known length is
followed by the next one, of unknown length by none.  Times are epoch seconds (UTC), money is exact.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

NOTHING_SPENT: Final = Decimal(0)


class Tally(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was used: requests, tokens, US dollars as estimated (what has no known price is not in them)."""

    request_count: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    estimated_cost_usd: Decimal = NOTHING_SPENT
    image_input_tokens: int = 0
    image_output_tokens: int = 0
    image_request_count: int = 0
    image_request_failed_count: int = 0
    empty_response_count: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        # Member by member, which is a quarter of what a loop over their names costs each exchange (measured).
        return Tally(
            request_count=self.request_count + other.request_count,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            estimated_cost_usd=self.estimated_cost_usd + other.estimated_cost_usd,
            image_input_tokens=self.image_input_tokens + other.image_input_tokens,
            image_output_tokens=self.image_output_tokens + other.image_output_tokens,
            image_request_count=self.image_request_count + other.image_request_count,
            image_request_failed_count=self.image_request_failed_count + other.image_request_failed_count,
            empty_response_count=self.empty_response_count + other.empty_response_count,
        )


class UsageCounters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Counters of an account.

    ``window`` counts since ``window_began_at``, until ``window_resets_at``; ``window_seconds`` is the window's length.
    """

    total: Tally = Tally()
    window: Tally = Tally()
    last_used_at: float | None = None
    window_resets_at: float | None = None
    window_seconds: int | None = None
    window_began_at: float | None = None


def counted(counters: UsageCounters, used: Tally, *, now: float) -> UsageCounters:
    """The counters after ``used``."""
    current = rolled(counters, now)
    return msgspec.structs.replace(
        current,
        total=current.total + used,
        window=current.window + used,
        last_used_at=now if used.request_count else current.last_used_at,
    )


def rolled(counters: UsageCounters, now: float) -> UsageCounters:
    """The counters as of ``now``: those of a window that is over begin anew."""
    resets_at = counters.window_resets_at
    if resets_at is None or resets_at > now:
        return counters
    following = None
    if counters.window_seconds:
        passed = math.floor((now - resets_at) / counters.window_seconds) + 1
        following = resets_at + passed * counters.window_seconds
    return msgspec.structs.replace(counters, window=Tally(), window_resets_at=following, window_began_at=now)


def in_window(counters: UsageCounters, *, resets_at: float, window_seconds: int | None, now: float) -> UsageCounters:
    """The counters after the upstream named the window it counts in.

    A reset that moved by less than half of the window is the same window told more exactly.
    """
    current = rolled(counters, now)
    held = current.window_resets_at
    is_same = held is None or window_seconds is None or abs(resets_at - held) < window_seconds / 2
    return msgspec.structs.replace(
        current,
        window=current.window if is_same else Tally(),
        window_resets_at=resets_at,
        window_seconds=window_seconds or current.window_seconds,
        window_began_at=current.window_began_at if is_same else now,
    )


def shown_usage(counters: UsageCounters, *, now: float, iso: Callable[[float], str]) -> dict[str, object]:
    """The ``usage`` object of an account in wire names; ``iso`` writes epoch seconds as text."""
    current = rolled(counters, now)
    window = {f"window_{name}": value for name, value in _members(current.window).items()}
    del window["window_empty_response_count"]
    return {
        **_members(current.total),
        "last_used": _text(current.last_used_at, iso),
        "window_reset_at": None if current.window_resets_at is None else round(current.window_resets_at),
        "limit_window_seconds": current.window_seconds,
        **window,
        "window_counters_reset_at": _text(current.window_began_at, iso),
    }


def _members(tally: Tally) -> dict[str, object]:
    return {**msgspec.structs.asdict(tally), "estimated_cost_usd": float(tally.estimated_cost_usd)}


def _text(at: float | None, iso: Callable[[float], str]) -> str | None:
    return None if at is None else iso(at)
