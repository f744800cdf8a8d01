"""Choosing an account: walk the pool's ranking, take a slot, wait a bounded time for a slot or for the account's turn.

Rules of this file: nothing is chosen twice in one exchange unless asked for; who waits for a turn holds the slot it
will need and is served in the order it came; every choice leaves its explanation; why nobody could serve becomes a
failure that says when to try again.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from math import inf
from typing import Final, TypeAlias

import msgspec

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.choice.explanation import Explanations
from codex_proxy.accounts.choice.need import Basis, Need
from codex_proxy.accounts.choice.ranking import Ranked, Ranking
from codex_proxy.accounts.choice.reasons import Asked, NoAccount
from codex_proxy.accounts.choice.refusal import busy, refusal
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.spacing import Spacing
from codex_proxy.canonical.failure import Failure
from codex_proxy.gateway.ports import Clock, Lease, LeaseBook, LeaseTag, Waiter

LOGIN: Final = "log in with `codex-proxy login`"
DETAILED_CHOICES: Final = 20
SAMPLED_EVERY: Final = 64  # one choice in so many names accounts that were passed over, beside all failovers


Leased: TypeAlias = tuple[Lease, Basis]


class QueuePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How long (seconds) and how many requests wait for a slot or for an account's turn."""

    timeout_seconds: float = 10.0
    limit: int = 64


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """An account and the slot taken on it."""

    account: Account
    lease: Lease


class Turns:
    """Whose request may start next on each account; a waiter that leaves lets those behind it move up."""

    def __init__(self, *, spacing: Spacing, clock: Clock) -> None:
        self._spacing = spacing
        self._clock = clock
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: Counter[str] = Counter()

    def wait_seconds(self, row_id: str) -> float:
        """Seconds until a request that came now could start on this account."""
        return self._spacing.wait_seconds(row_id, self._clock.monotonic(), ahead_count=self._waiting[row_id])

    def must_wait(self, row_id: str) -> bool:
        """Whether a request that came now could not start at once."""
        return self._spacing.is_on and self.wait_seconds(row_id) > 0

    def start(self, row_id: str) -> None:
        """A request starts on this account now."""
        self._spacing.started(row_id, self._clock.monotonic())

    async def wait(self, row_id: str) -> None:
        """Wait for this account's next turn and take it."""
        self._waiting[row_id] += 1
        try:
            async with self._queues[row_id]:
                while (seconds := self._spacing.wait_seconds(row_id, self._clock.monotonic())) > 0:
                    await self._clock.sleep(seconds)
                self.start(row_id)
        finally:
            self._waiting[row_id] -= 1


class Selection:
    """Chooses accounts for exchanges.

    ``queue`` may be replaced at any time.  ``login`` says how and where to log in, for who finds nobody logged in.
    """

    def __init__(
        self,
        *,
        pool: AccountPool,
        leases: LeaseBook,
        clock: Clock,
        queue: QueuePolicy,
        login: Callable[[], str] = lambda: LOGIN,
    ) -> None:
        self.queue = queue
        self.explanations = Explanations()
        self._pool = pool
        self._leases = leases
        self._clock = clock
        self._login = login
        self._turns = Turns(spacing=Spacing(lambda: pool.policy.interval_seconds), clock=clock)
        self._waiting_count = 0
        self._choice_count = 0
        leases.watch(lambda row_id, used_slots: pool.slots_changed(row_id, used_slots, clock.now()))
        pool.when_freed(leases.offer)

    async def choose(
        self, need: Need, *, exclude: frozenset[str], again: str | None = None, request_id: str = ""
    ) -> Chosen | Failure:
        """An account for ``need``, whose request may start now; ``again`` asks for this one once more."""
        begun = self._clock.monotonic()
        while True:
            asked = Asked(need, exclude, again, self._clock.now())
            found = await self._find(asked, LeaseTag(request_id=request_id, started_at=asked.now), begun)
            if isinstance(found, Failure):
                return found
            lease, basis = found
            if basis is not Basis.QUEUE or self._still_serves(lease, asked):
                self._pool.chosen(lease.account_id, need, basis, self._clock.now())
                is_late = self._is_spaced and await self._await_turn(lease)
                if not is_late or self._still_serves(lease, asked):
                    self._explain(asked, (lease.account_id, basis), request_id, begun)
                    return Chosen(account=self._pool.account(lease.account_id), lease=lease)
            lease.release()

    async def _find(self, asked: Asked, tag: LeaseTag, begun: float) -> Leased | Failure:
        """A lease on the best account that has a slot and whose turn comes in time; now, or within the bounded wait."""
        deadline = begun + self.queue.timeout_seconds
        ranking = self._rank(asked)
        if isinstance(ranking, Ranking):
            found = self._take(ranking, tag, deadline)
            if found is not None:
                return found
        elif not ranking.is_busy:
            return self._refused(asked, ranking, tag, begun)
        lease = await self._queue_up(asked, tag, deadline)
        if lease is not None:
            return lease, Basis.QUEUE
        asked = asked._replace(now=self._clock.now())
        return self._refused(asked, self._rank(asked), tag, begun)

    @property
    def _is_spaced(self) -> bool:
        return self._pool.policy.interval_seconds > 0

    def _still_serves(self, lease: Lease, asked: Asked) -> bool:
        """Whether the account could serve still, after a wait in which anything may have happened to it."""
        return self._pool.serves(lease.account_id, asked._replace(now=self._clock.now()), holds_slot=True)

    def _rank(self, asked: Asked) -> Ranking | NoAccount:
        return self._pool.rank(asked.need, exclude=asked.exclude, again=asked.again, now=asked.now)

    def _take(self, ranking: Ranking, tag: LeaseTag, deadline: float) -> Leased | None:
        is_spaced = self._is_spaced
        for row_id, basis in ranking:
            if not is_spaced or self._comes_in_time(row_id, deadline):
                lease = self._leases.try_acquire(row_id, self._pool.policy.max_concurrent, tag)
                if lease is not None:
                    return lease, basis
        return None

    def _comes_in_time(self, row_id: str, deadline: float) -> bool:
        """Whether the account's turn comes before the deadline, with room left in the queue for the wait."""
        if not self._turns.must_wait(row_id):
            return True
        seconds_left = deadline - self._clock.monotonic()
        return self._turns.wait_seconds(row_id) <= seconds_left and self._waiting_count < self.queue.limit

    async def _queue_up(self, asked: Asked, tag: LeaseTag, deadline: float) -> Lease | None:
        """Wait for a slot until the deadline, in the order of coming."""

        def wants(row_id: str) -> bool:
            now = self._clock.now()
            return self._pool.serves(row_id, asked._replace(now=now)) and self._comes_in_time(row_id, deadline)

        if self._waiting_count >= self.queue.limit:
            return None
        self._waiting_count += 1
        try:
            with self._leases.queue(wants, tag) as waiter:
                return await self._in_line(waiter, deadline)
        finally:
            self._waiting_count -= 1

    async def _in_line(self, waiter: Waiter, deadline: float) -> Lease | None:
        """Wait, and look up whenever something in the pool changes by itself: that may hand a lease to a waiter."""
        while (seconds_left := deadline - self._clock.monotonic()) > 0:
            now = self._clock.now()
            pause = min(seconds_left, (self._pool.refresh(now) or inf) - now)
            lease = await waiter.wait(pause)
            if lease is not None or pause == seconds_left:
                return lease
        return None

    async def _await_turn(self, lease: Lease) -> bool:
        """Wait for the account's turn, where it has to be waited for; whether it had to be."""
        if not self._turns.must_wait(lease.account_id):
            self._turns.start(lease.account_id)
            return False
        self._waiting_count += 1
        try:
            await self._turns.wait(lease.account_id)
        except asyncio.CancelledError:
            lease.release()
            raise
        finally:
            self._waiting_count -= 1
        return True

    def _explain(self, asked: Asked, ranked: Ranked, request_id: str, begun: float) -> None:
        self._choice_count += 1
        is_told_whole = bool(asked.exclude) or self._choice_count % SAMPLED_EVERY == 0
        waited_seconds = self._clock.monotonic() - begun
        details = DETAILED_CHOICES if is_told_whole else 0
        choice = self._pool.explained(asked, ranked, waited_seconds=waited_seconds, detail_limit=details)
        self.explanations.keep(request_id, asked.need, choice)

    def _refused(self, asked: Asked, found: Ranking | NoAccount, tag: LeaseTag, begun: float) -> Failure:
        waited_seconds = self._clock.monotonic() - begun
        nobody = found if isinstance(found, NoAccount) else None
        choice = self._pool.explained(asked, nobody, waited_seconds=waited_seconds, detail_limit=DETAILED_CHOICES)
        self.explanations.keep(tag.request_id, asked.need, choice)
        if nobody is None or nobody.is_busy:
            return busy(nobody, asked.need, retry_after_seconds=self.queue.timeout_seconds / 2)
        return refusal(nobody, asked.need, now=asked.now, login=self._login())
