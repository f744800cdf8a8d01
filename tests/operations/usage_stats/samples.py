"""Exchanges as the gateway tells them, statistics over a store that keeps nothing, and stores that fail."""

from collections.abc import Mapping, Sequence
from typing import Any

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.ports import AttemptRecord, ExchangeRecord
from codex_proxy.operations.usage_stats.periods import Retention
from codex_proxy.operations.usage_stats.recorder import RecordingState
from codex_proxy.operations.usage_stats.statistics import AccountCount, PricesInForce, StatisticsParts, UsageStatistics
from codex_proxy.usage.prices.reading import parse_prices
from codex_proxy.usage.records import UsageEvent
from codex_proxy.usage.store import Dimension
from tests.gateway.scene import FakeClock
from tests.stores.memory_usage import MemoryUsageStore
from tests.usage.samples import HOUR_AT

PRICES = parse_prices({
    "as_of": "2026-11-26",
    "models": {"m": {"input": 2, "output": 10}, "shop/m": {"input": 4, "output": 20, "tiers": {"priority": 2}}},
})  # fmt: skip
USED = Usage(input_tokens=1_000_000, output_tokens=100_000)
STATE = RecordingState(waiting_count=1, lost_count=2, written_count=3, failing_since=HOUR_AT, reason="no room")
KEPT = Retention(event_days=7, history_days=30)
NOW = HOUR_AT + 12 * 3600.0


def exchange(request_id: str = "req_1", **members: Any) -> ExchangeRecord:
    """An exchange that an account answered."""
    told: dict[str, Any] = {
        "client_key_id": "key",
        "dialect": "openai_chat",
        "model_asked": "alias",
        "model_used": "m",
        "attempts": (AttemptRecord(account_row_id="a"), AttemptRecord(account_row_id="b")),
        "usage": USED,
        "failure": None,
        "notes": (),
        "first_content_seconds": 0.5,
        "duration_seconds": 2.0,
        "started_at": HOUR_AT + 1.0,
        "streamed": True,
    }
    return ExchangeRecord(request_id=request_id, **(told | members))


def failure(kind: FailureKind, **members: Any) -> Failure:
    return Failure(kind=kind, message="no", **members)


class FailingStore(MemoryUsageStore):
    """Fails as often as it is told to, and counts how often it was asked to keep something."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)
        self.asked_count = 0

    async def keep(self, events: Sequence[UsageEvent]) -> int:
        self.asked_count += 1
        if self.errors:
            raise self.errors.pop(0)
        return await super().keep(events)


def locked() -> StoreUnusable:
    return StoreUnusable("the database cannot be written: database is locked")


def statistics(
    store: MemoryUsageStore, *, retention: Retention = KEPT, names: Mapping[str, str] | None = None
) -> UsageStatistics:
    """At noon of the samples' day."""
    clock = FakeClock()
    clock.time = NOW

    def name_of(dimension: Dimension, value: str) -> str | None:
        return (names or {}).get(f"{dimension.value} {value}")

    return UsageStatistics(
        StatisticsParts(
            store=store,
            retention=lambda: retention,
            clock=clock,
            accounts=lambda: AccountCount(total=3, active=2),
            recording=lambda: STATE,
            name_of=name_of,
            prices=lambda: PricesInForce(as_of=PRICES.as_of),
        )
    )
