"""The quota of one account: its buckets, its paid credits, its credits that reset.

Rules of this file: the time is an argument.  A request counts in the one bucket of its model; where a window of that
bucket is full it is refused until the last full window resets, unless paid credits carry it.
"""

from decimal import Decimal
from typing import Final

from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot
from codex_proxy.simulator.quota.reset_credits import ResetCredits
from codex_proxy.simulator.quota.windows import Window
from codex_proxy.simulator.sections.accounts import AccountSettings, BucketSettings, LimitSettings, usual_limits

DEFAULT_BUCKET: Final = "codex"
CODE_REVIEW: Final = "code_review"
REACHED: Final = "rate_limit_reached"


class Bucket:
    """Two counters; where they have a name of their own, for models whose name contains one of ``models``."""

    def __init__(self, bucket_id: str, settings: LimitSettings, *, now: float) -> None:
        self.bucket_id = bucket_id
        self.name = settings.name if isinstance(settings, BucketSettings) else None
        self.models = settings.models if isinstance(settings, BucketSettings) else []
        self.primary = None if settings.primary is None else Window(settings.primary, now=now)
        self.secondary = None if settings.secondary is None else Window(settings.secondary, now=now)

    @property
    def windows(self) -> tuple[Window, ...]:
        """The counters there are."""
        return tuple(window for window in (self.primary, self.secondary) if window is not None)

    def blocked_by(self, at: float) -> Window | None:
        """The full window that resets last; None while requests may pass."""
        full = (window for window in self.windows if window.is_full(at))
        return max(full, key=lambda window: window.resets_at, default=None)


class AccountQuota:
    """What one account has left."""

    def __init__(self, settings: AccountSettings, *, plan: str, owner: str, now: float) -> None:
        self.settings = settings
        self.plan = plan
        self.balance = Decimal(0) if settings.credits is None else settings.credits.balance
        self.reset_credits = ResetCredits(settings.reset_credits, owner=owner, now=now)
        own = settings.primary is not None or settings.secondary is not None
        limits = LimitSettings(primary=settings.primary, secondary=settings.secondary) if own else usual_limits(plan)
        self._default = Bucket(DEFAULT_BUCKET, limits, now=now)
        self._others = [Bucket(bucket_id, bucket, now=now) for bucket_id, bucket in settings.buckets.items()]
        self._review = None if settings.code_review is None else Bucket(CODE_REVIEW, settings.code_review, now=now)

    def bucket_of(self, model: str) -> Bucket:
        """Where a request to ``model`` counts."""
        return next((bucket for bucket in self._others if any(part in model for part in bucket.models)), self._default)

    def take(self, model: str, now: float) -> Window | None:
        """Count a request; the window that stands in its way where it may not pass, and then nothing is counted."""
        self._roll(now)
        bucket = self.bucket_of(model)
        blocking = bucket.blocked_by(now)
        if blocking is not None and not self._pay():
            return blocking
        for window in bucket.windows:
            window.charge(now)
        return None

    def restart(self, now: float) -> bool:
        """Empty the default bucket's windows; whether any of them held something."""
        self._roll(now)
        held = any(window.used_percent(now) > 0 for window in self._default.windows)
        for window in self._default.windows:
            window.restart(now)
        return held

    def snapshots(self, now: float, *, lag_seconds: float = 0.0) -> tuple[RateLimitSnapshot, ...]:
        """What is told of every bucket but code review, the default one first."""
        self._roll(now)
        return tuple(self._snapshot(bucket, now, lag_seconds) for bucket in (self._default, *self._others))

    def code_review(self, now: float) -> RateLimitSnapshot | None:
        """What is told of code review; None where the account has no counter of its own for it."""
        self._roll(now)
        return None if self._review is None else self._snapshot(self._review, now, 0.0)

    def _snapshot(self, bucket: Bucket, now: float, lag_seconds: float) -> RateLimitSnapshot:
        reached = bucket.blocked_by(now - lag_seconds) is not None
        own = bucket is self._default
        return RateLimitSnapshot(
            limit_id=bucket.bucket_id,
            limit_name=bucket.name,
            plan_type=self.plan,
            primary=None if bucket.primary is None else bucket.primary.told(now, lag_seconds=lag_seconds),
            secondary=None if bucket.secondary is None else bucket.secondary.told(now, lag_seconds=lag_seconds),
            credits=self._credits() if own else None,
            limit_reached=reached,
            reached_type=REACHED if reached else None,
        )

    def _credits(self) -> Credits:
        settings = self.settings.credits
        if settings is None:
            return Credits(balance="0")
        return Credits(
            has_credits=settings.unlimited or self.balance > 0, unlimited=settings.unlimited, balance=str(self.balance)
        )

    @property
    def can_pay(self) -> bool:
        """Whether paid credits carry one more request."""
        settings = self.settings.credits
        return settings is not None and (settings.unlimited or self.balance >= settings.per_request > 0)

    def _pay(self) -> bool:
        settings = self.settings.credits
        if settings is None or not self.can_pay:
            return False
        if not settings.unlimited:
            self.balance -= settings.per_request
        return True

    def _roll(self, now: float) -> None:
        review = () if self._review is None else (self._review,)
        for bucket in (self._default, *self._others, *review):
            for window in bucket.windows:
                window.roll(now)
