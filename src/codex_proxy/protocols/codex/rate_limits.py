"""The backend's counters: reply headers and ``codex.rate_limits`` events to snapshots.

Rules of this file: a window exists if anything of it was said; percentages and lengths are taken as told.  Source:
real reply headers quoted in public reports; the parser of the Codex CLI.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow

_COUNTER: Final = "-primary-used-percent"
_FAMILY: Final = re.compile(rf"x-([a-z0-9-]+){_COUNTER}")
_DEFAULT_FAMILY: Final = "codex"
_REVIEW_LIMIT: Final = "code_review"
_TRUE: Final = frozenset({"true", "1"})


def parse_rate_headers(headers: Mapping[str, str]) -> tuple[RateLimitSnapshot, ...]:
    """One snapshot per limit family in the headers; names are lower-case."""
    told = (_FAMILY.fullmatch(name) for name in headers if name.endswith(_COUNTER))
    families = dict.fromkeys(match.group(1) for match in told if match is not None)
    return tuple(_snapshot(headers, family) for family in families)


def parse_rate_event(event: JsonObject) -> RateLimitSnapshot | None:
    """The snapshot of a ``codex.rate_limits`` event, with that of code reviews beside it; None if it holds none."""
    limits = event.get("rate_limits")
    if not isinstance(limits, dict):
        return None
    review = event.get("code_review_rate_limits")
    return msgspec.structs.replace(
        _event_snapshot(limits, text(event.get("metered_limit_name")) or _DEFAULT_FAMILY),
        limit_name=text(event.get("limit_name")),
        plan_type=text(event.get("plan_type")),
        credits=_event_credits(event.get("credits")),
        also=(_event_snapshot(review, _REVIEW_LIMIT),) if isinstance(review, dict) else (),
    )


def _event_snapshot(limits: JsonObject, limit_id: str) -> RateLimitSnapshot:
    allowed, reached = limits.get("allowed"), limits.get("limit_reached")
    return RateLimitSnapshot(
        limit_id=limit_id,
        primary=_event_window(limits.get("primary")),
        secondary=_event_window(limits.get("secondary")),
        limit_reached=reached if isinstance(reached, bool) else None,
        allowed=allowed if isinstance(allowed, bool) else None,
        source="event",
    )


def _snapshot(headers: Mapping[str, str], family: str) -> RateLimitSnapshot:
    own = family == _DEFAULT_FAMILY
    return RateLimitSnapshot(
        limit_id=family.replace("-", "_"),
        limit_name=headers.get(f"x-{family}-limit-name"),
        plan_type=headers.get("x-codex-plan-type"),
        primary=_header_window(headers, f"x-{family}-primary"),
        secondary=_header_window(headers, f"x-{family}-secondary"),
        credits=_header_credits(headers) if own else None,
        reached_type=headers.get("x-codex-rate-limit-reached-type") or None if own else None,
        source="headers",
    )


def _header_window(headers: Mapping[str, str], prefix: str) -> RateLimitWindow | None:
    used = number(headers.get(f"{prefix}-used-percent"))
    minutes = number(headers.get(f"{prefix}-window-minutes"))
    resets_at = number(headers.get(f"{prefix}-reset-at"))
    if not used and not minutes and resets_at is None:
        return None
    return RateLimitWindow(
        used_percent=used or 0.0,
        window_seconds=int(minutes * 60) if minutes else None,
        resets_at=resets_at,
        resets_in_seconds=number(headers.get(f"{prefix}-reset-after-seconds")),
    )


def _header_credits(headers: Mapping[str, str]) -> Credits | None:
    if "x-codex-credits-has-credits" not in headers:
        return None
    return Credits(
        has_credits=headers["x-codex-credits-has-credits"].lower() in _TRUE,
        unlimited=headers.get("x-codex-credits-unlimited", "").lower() in _TRUE,
        balance=headers.get("x-codex-credits-balance") or None,
    )


def _event_window(window: Any) -> RateLimitWindow | None:
    if not isinstance(window, dict):
        return None
    minutes = number(window.get("window_minutes"))
    return RateLimitWindow(
        used_percent=number(window.get("used_percent")) or 0.0,
        window_seconds=int(minutes * 60) if minutes else None,
        resets_at=number(window.get("reset_at")),
        resets_in_seconds=number(window.get("reset_after_seconds")),
    )


def _event_credits(credits_: Any) -> Credits | None:
    if not isinstance(credits_, dict):
        return None
    return Credits(
        has_credits=credits_.get("has_credits") is True,
        unlimited=credits_.get("unlimited") is True,
        balance=text(credits_.get("balance")),
    )


def number(value: Any) -> float | None:
    """The finite number that a member or header tells, as a number or as text."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def text(value: Any) -> str | None:
    """The text of a member, None where it is empty or something else."""
    return value if isinstance(value, str) and value else None
