"""Buckets: the newest that is known of each limit's windows, merged from whatever told it.

Rules of this file: pure.  An observation replaces only the windows it mentions; a whole answer to a usage query
mentions all of its buckets' windows.  Only a flag says that a limit is reached: a counter at 100 does not.  A window
whose reset has passed is rolled on.  Times are epoch seconds (UTC).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow, told_moment, told_wait

DEFAULT_BUCKET: Final = "codex"
REVIEW_BUCKET: Final = "code_review"
MODEL_BUCKETS: Final[Mapping[str, str]] = {"spark": "codex_bengalfox", "bengalfox": "codex_bengalfox"}
"""Parts of model names and the buckets of their own that such models draw on."""

_REVIEW_NAMES: Final = frozenset({"codex_code_review", "codex_review", "code_review"})
_USAGE: Final = "usage"


class WindowReading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The newest that is known of one window.

    ``used_percent`` 0-100; ``window_seconds`` its length; ``resets_at`` its end; ``source`` as in a snapshot.
    """

    used_percent: float
    window_seconds: int | None = None
    resets_at: float | None = None
    limit_reached: bool = False
    observed_at: float = 0.0
    source: str = "headers"


class Bucket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One limit.

    ``limit_reached`` may be true without a window that says so: then nobody knows when it ends.  ``allowed`` is what
    the upstream said of requests, None where it said nothing.
    """

    limit_id: str
    limit_name: str | None = None
    primary: WindowReading | None = None
    secondary: WindowReading | None = None
    limit_reached: bool = False
    allowed: bool | None = None
    observed_at: float = 0.0


def bucket_of_model(model: str, table: Mapping[str, str] = MODEL_BUCKETS) -> str:
    """The bucket a model draws on; ``table`` maps parts of model names to buckets, the first that fits counts."""
    name = model.lower()
    return next((bucket for part, bucket in table.items() if part.lower() in name), DEFAULT_BUCKET)


def bucket_of_limit(limit_id: str) -> str:
    """The bucket that an upstream's limit id names; some limits have several names."""
    name = limit_id.strip().lower().replace("-", "_") or DEFAULT_BUCKET
    return REVIEW_BUCKET if name in _REVIEW_NAMES else name


def find_bucket(buckets: Sequence[Bucket], limit_id: str) -> Bucket | None:
    """The bucket of this id."""
    for bucket in buckets:
        if bucket.limit_id == limit_id:
            return bucket
    return None


def with_bucket(buckets: Sequence[Bucket], bucket: Bucket) -> tuple[Bucket, ...]:
    """The buckets with this one in the place of its predecessor."""
    others = (other for other in buckets if other.limit_id != bucket.limit_id)
    return tuple(sorted((*others, bucket), key=lambda one: one.limit_id))


def merged(held: Bucket | None, snapshot: RateLimitSnapshot, *, now: float) -> Bucket:
    """The bucket after ``snapshot`` was seen."""
    limit_id = bucket_of_limit(snapshot.limit_id)
    known = rolled(held, now) if held is not None else Bucket(limit_id=limit_id)
    reached = says_limited(snapshot) is True
    flags = _flags(snapshot) if reached else (False, False)
    primary = _reading(snapshot.primary, snapshot, now, reached=flags[0])
    secondary = _reading(snapshot.secondary, snapshot, now, reached=flags[1])
    if snapshot.source != _USAGE:
        primary, secondary = primary or known.primary, secondary or known.secondary
    windows_reached = any(window is not None and window.limit_reached for window in (primary, secondary))
    return Bucket(
        limit_id=limit_id,
        limit_name=snapshot.limit_name or known.limit_name,
        primary=primary,
        secondary=secondary,
        limit_reached=reached or windows_reached,
        allowed=snapshot.allowed,
        observed_at=now,
    )


def says_limited(snapshot: RateLimitSnapshot) -> bool | None:
    """Whether a snapshot says that its limit is reached; None where it says neither."""
    if snapshot.limit_reached is not None:
        return snapshot.limit_reached
    if snapshot.reached_type:
        return True
    primary, secondary = snapshot.primary, snapshot.secondary
    is_told = primary is not None or secondary is not None
    return False if is_told and _has_room(primary) and _has_room(secondary) else None


def reached_windows(bucket: Bucket) -> tuple[WindowReading, ...]:
    """The windows that are used up."""
    windows = (bucket.primary, bucket.secondary)
    return tuple(window for window in windows if window is not None and window.limit_reached)


def limit_ends_at(bucket: Bucket) -> float | None:
    """When a bucket's limit is over, as far as anybody said."""
    ends = [window.resets_at for window in reached_windows(bucket)]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def rolled(bucket: Bucket, now: float) -> Bucket:
    """The bucket with no window whose reset has passed.

    The first window of a limit starts anew; a second window, and both of code reviews, are forgotten until they are
    told again.
    """
    forgets = bucket.limit_id == REVIEW_BUCKET
    primary = _rolled_window(bucket.primary, now, forgets=forgets)
    secondary = _rolled_window(bucket.secondary, now, forgets=True)
    if primary is bucket.primary and secondary is bucket.secondary:
        return bucket
    following = msgspec.structs.replace(bucket, primary=primary, secondary=secondary)
    return msgspec.structs.replace(following, limit_reached=bool(reached_windows(following)), allowed=None)


def unflagged(bucket: Bucket) -> Bucket:
    """The bucket without its limits: a request succeeded, or the owner says so."""
    return msgspec.structs.replace(
        bucket,
        primary=_unflagged_window(bucket.primary),
        secondary=_unflagged_window(bucket.secondary),
        limit_reached=False,
        allowed=None,
    )


def next_reset(bucket: Bucket, now: float) -> float | None:
    """The next time at which a window is rolled on."""
    windows = (bucket.primary, bucket.secondary)
    ends = [window.resets_at for window in windows if window is not None and window.resets_at is not None]
    return min([end for end in ends if end > now], default=None)


def _has_room(window: RateLimitWindow | None) -> bool:
    return window is None or window.used_percent < 100


def _flags(snapshot: RateLimitSnapshot) -> tuple[bool, bool]:
    """Which of the two windows is used up, where one is; where no counter tells, it is the first."""
    full = tuple(window is not None and window.used_percent >= 100 for window in (snapshot.primary, snapshot.secondary))
    return (full[0], full[1]) if any(full) else (True, False)


def _reading(
    window: RateLimitWindow | None, snapshot: RateLimitSnapshot, now: float, *, reached: bool
) -> WindowReading | None:
    if window is None:
        return None
    resets_at = told_moment(window.resets_at)
    wait = told_wait(window.resets_in_seconds)
    if resets_at is None and wait is not None:
        resets_at = now + wait
    if reached and resets_at is not None and resets_at <= now:
        resets_at = None  # a limit that is reached now does not end in the past
    return WindowReading(
        used_percent=min(100.0, max(0.0, window.used_percent)) if math.isfinite(window.used_percent) else 0.0,
        window_seconds=window.window_seconds if window.window_seconds and window.window_seconds > 0 else None,
        resets_at=resets_at,
        limit_reached=reached,
        observed_at=now,
        source=snapshot.source,
    )


def _rolled_window(window: WindowReading | None, now: float, *, forgets: bool) -> WindowReading | None:
    if window is None or window.resets_at is None or window.resets_at > now:
        return window
    if forgets:
        return None
    resets_at = None
    if window.window_seconds:
        passed = math.floor((now - window.resets_at) / window.window_seconds) + 1
        resets_at = window.resets_at + passed * window.window_seconds
    return msgspec.structs.replace(window, used_percent=0.0, limit_reached=False, resets_at=resets_at)


def _unflagged_window(window: WindowReading | None) -> WindowReading | None:
    return msgspec.structs.replace(window, limit_reached=False) if window is not None else None
