"""An account as time goes by: what happens to it, what its upstream tells, and what it can do then."""

from codex_proxy.accounts.lifecycle.condition import FRESH, Step, cleared, observed, step
from codex_proxy.accounts.lifecycle.evidence import Evidence
from codex_proxy.accounts.lifecycle.locks import Limit
from codex_proxy.accounts.lifecycle.states import Occurrence, State, is_outdated
from codex_proxy.accounts.lifecycle.verdict import CredentialFacts, Verdict, verdict
from codex_proxy.canonical.rate_limits import Credits, RateLimitSnapshot, RateLimitWindow

NOW = 1_800_000_000.0
HOUR = 3600.0
DAY = 24 * HOUR
FIVE_HOURS = 18_000
WEEK = 604_800
WELL = CredentialFacts(expires_at=NOW + 10 * DAY, has_refresh_token=True)


class Life:
    """One account; ``now`` moves by ``pass_time`` only."""

    def __init__(self, credential: CredentialFacts = WELL, *, skip_exhausted: bool = True) -> None:
        self.now = NOW
        self.credential = credential
        self.condition = FRESH
        self.effects = Step(condition=FRESH).effects
        self._skip_exhausted = skip_exhausted

    def pass_time(self, seconds: float) -> "Life":
        self.now += seconds
        return self

    def happens(
        self,
        occurrence: Occurrence,
        *,
        lasting: float | None = None,
        bucket: str = "codex",
        request: str | None = None,
        asked: float | None = None,
    ) -> "Life":
        """``lasting`` and ``asked`` are seconds from now."""
        evidence = Evidence(request_id=request, asked_at=None if asked is None else self.now + asked)
        until = None if lasting is None else self.now + lasting
        limit = Limit(bucket=bucket, until=until)
        taken = step(self.condition, occurrence, now=self.now, limit=limit, evidence=evidence)
        self.condition, self.effects = taken.condition, taken.effects
        return self

    def hears(self, occurrence: Occurrence, *, generation: int) -> "Life":
        """News of a credential."""
        if not is_outdated(occurrence, generation=generation, current=self.credential.generation):
            self.happens(occurrence)
        return self

    def is_told(
        self,
        *,
        source: str = "usage",
        reached: bool | None = None,
        used: float = 0.0,
        resets_in: float | None = None,
        weekly: float | None = None,
        bucket: str = "codex",
        credits_: Credits | None = None,
    ) -> "Life":
        """Counters: the first window's use and reset in seconds from now, and the weekly window's use."""
        resets_at = None if resets_in is None else self.now + resets_in
        second = (
            None
            if weekly is None
            else RateLimitWindow(used_percent=weekly, window_seconds=WEEK, resets_at=self.now + 3 * DAY)
        )
        snapshot = RateLimitSnapshot(
            limit_id=bucket,
            primary=RateLimitWindow(used_percent=used, window_seconds=FIVE_HOURS, resets_at=resets_at),
            secondary=second,
            limit_reached=reached,
            credits=credits_,
            source=source,
        )
        self.condition = observed(self.condition, snapshot, now=self.now)
        return self

    def is_cleared(self, bucket: str | None = None) -> "Life":
        self.condition = cleared(self.condition, bucket=bucket)
        return self

    def verdict(self, bucket: str = "codex") -> Verdict:
        return verdict(
            self.condition, self.credential, bucket=bucket, now=self.now, skip_exhausted=self._skip_exhausted
        )

    @property
    def state(self) -> State:
        return self.verdict().state

    @property
    def usable(self) -> bool:
        return self.verdict().usable
