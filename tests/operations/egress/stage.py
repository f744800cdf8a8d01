"""A pool of proxies over a store in memory, with three accounts."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from codex_proxy.accounts.egress.ways import Way
from codex_proxy.accounts.keeping import Egresses, EgressProxy
from codex_proxy.accounts.record import AccountRecord, Identity
from codex_proxy.operations.egress.addresses import parse_proxy
from codex_proxy.operations.egress.assigning import Assignments
from codex_proxy.operations.egress.book import EgressBook, EgressPolicy
from codex_proxy.operations.egress.checks import CheckParts, ExitAnswer, ExitProbe, NotThrough, ProxyChecks
from codex_proxy.operations.egress.pool import PoolParts, ProxyPool
from codex_proxy.operations.settings.parts import SettingsNotKept
from tests.gateway.scene import FakeClock
from tests.stores.memory_keeping import MemoryEgressStore

ROWS = ("a" * 16, "b" * 16, "c" * 16)
A, B, C = ROWS
SECRET = "s3cr3t"
WELL = ExitAnswer(status=200, body=b'{"ip":"192.0.2.1"}')


def record(row_id: str, **members: Any) -> AccountRecord:
    identity = Identity(issuer="https://issuer.invalid", account_id=f"workspace-{row_id[0]}")
    return AccountRecord(row_id=row_id, identity=identity, **members)


class StandInProbe:
    """Implements ``ExitProbe``: answers by proxy, or by URL where that has an answer of its own."""

    def __init__(self) -> None:
        self.answers: dict[str, ExitAnswer | str] = {}
        self.asked: list[tuple[str, str]] = []

    async def ask(self, egress_url: str, check_url: str) -> ExitAnswer:
        self.asked.append((egress_url, check_url))
        answer = self.answers.get(check_url) or self.answers.get(egress_url, WELL)
        if isinstance(answer, str):
            raise NotThrough(answer)
        return answer


class StandInKeeper:
    """Implements ``SettingsKeeper``; ``broken`` cannot be written."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}
        self.broken = False

    async def keep(self, values: Mapping[str, Any]) -> None:
        if self.broken:
            raise SettingsNotKept("local.yaml cannot be written")
        self.kept |= values


class Stage:
    """The use cases, and what they told; ``store`` is also another process's, whose ids begin otherwise."""

    def __init__(self, store: MemoryEgressStore | None = None) -> None:
        prefix = "p" if store is None else "q"
        self.records = [
            record(A, email="one@example.invalid"),
            record(B, email="two@example.invalid"),
            record(C, email="Two@example.invalid"),
        ]
        self.store = store or MemoryEgressStore(lambda: {each.row_id for each in self.records})
        self.clock = FakeClock()
        self.book = EgressBook(policy=EgressPolicy(), now=self.clock.now)
        self.taken_count = 0
        self.taken: list[set[str] | None] = []
        self.rerouted: list[str] = []
        numbers = itertools.count(1)
        self.pool = ProxyPool(
            PoolParts(
                store=self.store,
                book=self.book,
                now=self.clock.now,
                new_id=lambda: f"{prefix}{next(numbers)}",
                taken=self._taken,
                rerouted=self._rerouted,
            )
        )
        self.assignments = Assignments(self.pool, lambda: self.records)
        self.probe, self.keeper = StandInProbe(), StandInKeeper()
        self.urls: Sequence[str] = ("https://one.invalid", "https://two.invalid")
        self.checks = self.checks_by(self.probe)

    def checks_by(self, probe: ExitProbe, *, check_seconds: float = 10.0) -> ProxyChecks:
        """Checks that ask in another way."""
        parts = CheckParts(
            pool=self.pool,
            book=self.book,
            probe=probe,
            clock=self.clock,
            urls=lambda: self.urls,
            keeper=self.keeper,
            check_seconds=check_seconds,
        )
        return ProxyChecks(parts, interval_minutes=5)

    def _taken(self, row_ids: Collection[str] | None) -> None:
        self.taken_count += 1
        self.taken.append(None if row_ids is None else set(row_ids))

    async def _rerouted(self, row_ids: Collection[str]) -> None:
        self.rerouted += row_ids

    async def add(self, *texts: str) -> list[EgressProxy]:
        """Proxies at these addresses, a second apart."""
        added = []
        for text in texts:
            self.clock.time += 1
            added.append(await self.pool.add(parse_proxy(text)))
        return added

    async def kept(self) -> Egresses:
        return await self.store.load()

    def ways(self) -> dict[str, Way]:
        return {row_id: self.book.way(row_id) for row_id in ROWS}
