"""Choosing among a thousand accounts: what one choice costs, for each way an account is found.

A quarter of the accounts is limited, three plans have the model, and slots are taken and given back between the
choices as in service. Measured is `Selection.choose` until the lease is there, its explanation included, in
microseconds of CPU time; giving the lease back and settling the outcome are not. Beside it, in the same process
and round, the standard library sorts the same number of keys, so that a ratio holds on any machine.

Run as `python -m bench.choice.run [--accounts N] [--rounds N]`.
"""

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.need import ChoicePolicy, Need
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.rotation import Standing, Strategy, least_used_key
from codex_proxy.canonical.target import Credential
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.selection import Chosen, QueuePolicy, Selection

NOW = 1_000_000.0
MODEL = "bench"
PLANS = ("free", "plus", "pro", "team")
KNOWN_US, NEW_US = 50.0, 300.0
CHOICES_PER_ROUND = 100
HELD_LEASES = 200
KNOWN_CONVERSATIONS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One way to an account. ``target_us`` is what it may cost among a thousand."""

    name: str
    target_us: float
    strategy: Strategy = Strategy.LEAST_USED
    known: bool = False
    is_continued: bool = False
    home_is_limited: bool = False


LANES = (
    Lane(name="known conversation", target_us=KNOWN_US, known=True),
    Lane(name="new, least used", target_us=NEW_US),
    Lane(name="new, round robin", target_us=NEW_US, strategy=Strategy.ROUND_ROBIN),
    Lane(name="new, sticky", target_us=NEW_US, strategy=Strategy.STICKY),
    Lane(name="forgotten", target_us=NEW_US, is_continued=True),
    Lane(name="home is limited", target_us=NEW_US, known=True, home_is_limited=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Medians over the rounds, in microseconds of CPU time, and the least of all rounds."""

    lane: Lane
    choice_us: float
    least_us: float
    sort_us: float


class Clock:
    """Time that goes on a millisecond with every look."""

    def __init__(self) -> None:
        self._time = NOW

    def now(self) -> float:
        self._time += 0.001
        return self._time

    def monotonic(self) -> float:
        return self._time

    async def sleep(self, seconds: float) -> None:
        self._time += seconds


class Service:
    """A pool in service: leases are held for a while, outcomes are settled."""

    def __init__(self, lane: Lane, accounts: int) -> None:
        self._lane = lane
        self._numbers = itertools.count()
        self._held: list[Chosen] = []
        self._limited: str | None = None
        self._known: list[Need] = []
        self.clock = Clock()
        policy = ChoicePolicy(strategy=lane.strategy, max_concurrent=2 * HELD_LEASES)
        self.pool = AccountPool(affinity=AffinityMap(), policy=policy)
        self.pool.learn_models({plan: ["other"] if plan == "free" else [MODEL] for plan in PLANS})
        for number in range(accounts):
            row_id, plan = f"{number * 7919 % accounts:016x}", PLANS[number % len(PLANS)]
            self.pool.add(Account(row_id=row_id, credential=Credential(token="t"), plan=plan), NOW)
            if number % 16 < 4:
                self._limit(row_id)
        leases = MemoryLeaseBook()
        self.selection = Selection(pool=self.pool, leases=leases, clock=self.clock, queue=QueuePolicy())

    async def choose(self, need: Need) -> Chosen:
        """One choice."""
        chosen = await self.selection.choose(need, exclude=frozenset(), request_id=f"req_{next(self._numbers)}")
        assert isinstance(chosen, Chosen)
        return chosen

    async def measure(self, count: int) -> float:
        """Microseconds of CPU time for one choice, over ``count`` of them."""
        spent = 0.0
        for _ in range(count):
            need = await self._need()
            before = time.process_time()
            chosen = await self.choose(need)
            spent += time.process_time() - before
            self._settle(chosen)
            self._recover()
        return spent / count * 1e6

    async def _need(self) -> Need:
        """The next question of this lane; a known conversation is one of many that began before."""
        number = next(self._numbers)
        if self._lane.known and not self._known:
            self._known = [self._of(f"k{place}") for place in range(KNOWN_CONVERSATIONS)]
            for need in self._known:
                self._settle(await self.choose(need))
        need = self._known[number % KNOWN_CONVERSATIONS] if self._lane.known else self._of(f"c{number}")
        if self._lane.home_is_limited and need.conversation is not None:
            self._limited = self.pool.affinity.home(need.conversation, self.clock.now())
            self._limit(self._limited or "")
        return need

    def _of(self, conversation: str) -> Need:
        continued = self._lane.is_continued
        return Need(model=MODEL, conversation=("key", conversation), is_continued=continued, client_key_id="key")

    def _recover(self) -> None:
        if self._limited is not None:
            self.pool.clear(self._limited, self.clock.now())

    def _settle(self, chosen: Chosen) -> None:
        self._held.append(chosen)
        if len(self._held) > HELD_LEASES:
            done = self._held.pop(0)
            done.lease.release()
            self.pool.settle(done.account.row_id, News(occurrence=Occurrence.SUCCEEDED), self.clock.now())

    def _limit(self, row_id: str) -> None:
        now = self.clock.now()
        self.pool.settle(row_id, News(occurrence=Occurrence.USAGE_LIMIT, until=now + 3600), now)


def measure(lane: Lane, *, accounts: int, rounds: int, choices: int = CHOICES_PER_ROUND) -> Figures:
    """Choose in turn with the standard library sorting as many keys."""
    service = Service(lane, accounts)
    keys = [
        least_used_key(Standing(row_id=f"{number:016x}", used_slots=number * 7919 % 13)) for number in range(accounts)
    ]

    async def run() -> tuple[list[float], list[float]]:
        chosen, ordered = [], []
        for _ in range(rounds):
            chosen.append(await service.measure(choices))
            ordered.append(_cpu_us(lambda: sorted(keys)))
        return chosen, ordered

    chosen, ordered = asyncio.run(run())
    median, least = statistics.median(chosen), min(chosen)
    return Figures(lane=lane, choice_us=median, least_us=least, sort_us=statistics.median(ordered))


def _cpu_us(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; answers 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.choice.run", description=__doc__)
    parser.add_argument("--accounts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    print(f"{'lane':<20} {'choice us':>10} {'least us':>9} {'sort us':>9} {'x sort':>7}")
    for lane in LANES:
        one = measure(lane, accounts=options.accounts, rounds=options.rounds)
        verdict = "met" if one.choice_us <= lane.target_us else f"MISSED by {one.choice_us / lane.target_us - 1:.0%}"
        print(
            f"{lane.name:<20} {one.choice_us:10.1f} {one.least_us:9.1f} {one.sort_us:9.1f} "
            f"{one.choice_us / one.sort_us:7.3f}  at most {lane.target_us:g} us: {verdict}"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
