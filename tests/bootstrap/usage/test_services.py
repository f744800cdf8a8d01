"""Usage statistics put together; a whole gateway with them is among the scenarios."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.usage.prices import OWNERS_FILE
from codex_proxy.bootstrap.usage.services import UsageGround, UsageServices, upkeep, usage_services
from codex_proxy.operations.usage_stats.periods import Period
from codex_proxy.operations.usage_stats.statistics import Question
from codex_proxy.settings.schema import Settings
from codex_proxy.usage.records import UsageEvent
from tests.gateway.scene import FakeClock
from tests.operations.usage_stats.samples import NOW, exchange
from tests.stores.memory_usage import MemoryUsageStore
from tests.usage.samples import event

DAY = 86_400


class TellingStore(MemoryUsageStore):
    """Says when something was kept."""

    def __init__(self) -> None:
        super().__init__()
        self.kept = asyncio.Event()

    async def keep(self, events: Sequence[UsageEvent]) -> int:
        count = await super().keep(events)
        self.kept.set()
        return count


def services(folder: Path, store: MemoryUsageStore, **settings: int | None) -> UsageServices:
    clock = FakeClock()
    clock.time = NOW
    return usage_services(
        UsageGround(
            live=Current(Settings.model_validate({"usage_stats": settings})),
            store=store,
            data_dir=folder,
            clock=clock,
            complain=lambda where, error: None,
        )
    )


async def counted(made: UsageServices) -> int:
    """All there is."""
    stats = made.statistics(AccountPool(affinity=AffinityMap()))
    told = await stats.summary(Question(period=Period(begins_at=None, ends_at=NOW + DAY)))
    return told.sums.request_count


async def test_records_are_written_and_old_ones_forgotten_while_it_runs(tmp_path: Path) -> None:
    store = TellingStore()
    await store.keep([event("old", NOW - 9 * DAY)])
    store.kept.clear()
    made = services(tmp_path, store, event_retention_days=3)
    async with upkeep(made), asyncio.timeout(10):
        made.recorder.finished(exchange("one", started_at=NOW))
        await store.kept.wait()
        made.recorder.finished(exchange("two", started_at=NOW))
    stats = made.statistics(AccountPool(affinity=AffinityMap()))
    question = Question(period=Period(begins_at=None, ends_at=NOW + DAY))
    assert {each.event_id async for each in stats.records(question, limit=9)} == {"one", "two"}
    assert await counted(made) == 3


async def test_what_waits_is_written_whatever_ends_it(tmp_path: Path) -> None:
    store = MemoryUsageStore()
    made = services(tmp_path, store)
    with contextlib.suppress(ExceptionGroup):
        async with upkeep(made):
            made.recorder.finished(exchange("one", started_at=NOW))
            raise ZeroDivisionError
    assert await counted(made) == 1


async def test_nothing_is_recorded_where_the_owner_wants_it_so(tmp_path: Path) -> None:
    made = services(tmp_path, MemoryUsageStore(), enabled=False)
    async with upkeep(made):
        made.recorder.finished(exchange("one", started_at=NOW))
        assert made.statistics(AccountPool(affinity=AffinityMap())).parts.recording() is None
    assert await counted(made) == 0


def test_prices_that_cannot_be_used_are_a_reason_not_to_start(tmp_path: Path) -> None:
    (tmp_path / OWNERS_FILE).write_text("models: {m: {input: -1, output: 1}}")
    with pytest.raises(StartRefused, match=r"models\.m\.input"):
        services(tmp_path, MemoryUsageStore())
