"""How fast one key asks: requests and tokens per minute, and answers under way.

Rules of this file: no clock; ``now`` is a second that never jumps.  Both rates are buckets that fill evenly and hold a
minute's worth.  One process counts for itself.
"""

import math
from typing import Final

import msgspec

from codex_proxy.access.granted.key import Limits

MINUTE_SECONDS: Final = 60.0
CONCURRENCY: Final = "concurrency"
REQUESTS: Final = "requests"
TOKENS: Final = "tokens"


class TooFast(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that is reached: its name, its height, and when to ask again (seconds), None where nobody knows."""

    limit: str
    height: int
    wait_seconds: float | None


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """How full a bucket is: what is left of ``height``, and seconds until it is full again."""

    name: str
    height: int
    left: int
    full_in_seconds: float


class _Bucket:
    """``height`` per minute.  It may be drawn below nothing by what turns out more than was thought."""

    __slots__ = ("_at", "_level", "height")

    def __init__(self, height: int, now: float) -> None:
        self.height = height
        self._level = float(height)
        self._at = now

    def wait_for(self, amount: float, now: float) -> float:
        """Seconds until that much is there; more than a minute's worth is there when the bucket is full."""
        self._fill(now)
        lacking = min(amount, self.height) - self._level
        return max(0.0, lacking * MINUTE_SECONDS / self.height)

    def draw(self, amount: float, now: float) -> None:
        self._fill(now)
        self._level = min(float(self.height), self._level - amount)

    def level(self, name: str, now: float) -> Level:
        self._fill(now)
        missing = self.height - self._level
        return Level(
            name=name,
            height=self.height,
            left=max(0, math.floor(self._level)),
            full_in_seconds=missing * MINUTE_SECONDS / self.height,
        )

    def _fill(self, now: float) -> None:
        filled = (now - self._at) * self.height / MINUTE_SECONDS
        self._level = min(float(self.height), self._level + max(0.0, filled))
        self._at = now


class KeyPace:
    """The counts of one key under its limits."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._running_count = 0
        self.set_limits(limits, now)

    def set_limits(self, limits: Limits, now: float) -> None:
        """Other limits count from now on, as if nothing had been asked in the last minute."""
        self.limits = limits
        self._requests = None if limits.requests_per_minute is None else _Bucket(limits.requests_per_minute, now)
        self._tokens = None if limits.tokens_per_minute is None else _Bucket(limits.tokens_per_minute, now)

    @property
    def is_idle(self) -> bool:
        """Whether no answer is under way."""
        return self._running_count == 0

    def enter(self, tokens: int, now: float) -> TooFast | None:
        """Begin a request of about so many tokens; what stands in its way, and then nothing is counted."""
        concurrency = self.limits.concurrency
        if concurrency is not None and self._running_count >= concurrency:
            return TooFast(limit=CONCURRENCY, height=concurrency, wait_seconds=None)
        for name, bucket, amount in ((REQUESTS, self._requests, 1), (TOKENS, self._tokens, tokens)):
            wait_seconds = 0.0 if bucket is None else bucket.wait_for(amount, now)
            if bucket is not None and wait_seconds > 0:
                return TooFast(limit=name, height=bucket.height, wait_seconds=wait_seconds)
        self._draw(1, tokens, now)
        self._running_count += 1
        return None

    def leave(self, *, expected_tokens: int, tokens: int, now: float) -> None:
        """End a request that turned out so many tokens."""
        self._running_count -= 1
        self._draw(0, tokens - expected_tokens, now)

    def undo(self, tokens: int, now: float) -> None:
        """Take back a request that was begun and did not come to be."""
        self._running_count -= 1
        self._draw(-1, -tokens, now)

    def levels(self, now: float) -> tuple[Level, ...]:
        """How full the buckets are."""
        named = ((REQUESTS, self._requests), (TOKENS, self._tokens))
        return tuple(bucket.level(name, now) for name, bucket in named if bucket is not None)

    def _draw(self, requests: int, tokens: int, now: float) -> None:
        if self._requests is not None:
            self._requests.draw(requests, now)
        if self._tokens is not None:
            self._tokens.draw(tokens, now)
