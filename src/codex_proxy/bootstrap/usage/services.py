"""Usage statistics put together: prices, recording, and the questions that the control plane asks.

Rules of this file: objects are made here, rules are elsewhere.  A store that cannot be used is no reason not to serve:
recording tells by itself what it loses.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from codex_proxy.accounts.pool import AccountPool
from codex_proxy.bootstrap.live.current import Current
from codex_proxy.bootstrap.usage.followed import LOOK_SECONDS, FollowedPrices
from codex_proxy.gateway.ports import Clock
from codex_proxy.jobs.standing import LastWrite, StandingJob, going_on, patiently, written_at_end
from codex_proxy.operations.usage_stats.keeping import TRIM_SECONDS, UsageRetention
from codex_proxy.operations.usage_stats.periods import Retention
from codex_proxy.operations.usage_stats.recorder import WRITE_SECONDS, RecorderParts, UsageRecorder
from codex_proxy.operations.usage_stats.statistics import AccountCount, PricesInForce, StatisticsParts, UsageStatistics
from codex_proxy.settings.schema import Settings
from codex_proxy.usage.store import Dimension, UsageStore

NameOf = Callable[[str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageGround:
    """What the services stand on; ``live`` are the settings in force, ``complain`` hears of what went wrong.

    ``redact`` gives a text without the secrets this process knows.
    """

    live: Current[Settings]
    store: UsageStore
    data_dir: Path
    clock: Clock
    complain: Callable[[str, Exception], None]
    redact: Callable[[str], str] = lambda text: text


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageServices:
    """What records usage and keeps it; where the owner wants none of it ``recorder`` takes nothing."""

    ground: UsageGround
    prices: FollowedPrices
    recorder: UsageRecorder
    retention: UsageRetention

    def statistics(self, pool: AccountPool, names: Mapping[Dimension, NameOf] | None = None) -> UsageStatistics:
        """Answers about usage; ``pool`` tells how many accounts there are, ``names`` what the owner calls things."""
        clock, live, recorder = self.ground.clock, self.ground.live, self.recorder

        def accounts() -> AccountCount:
            verdicts = pool.verdicts(clock.now()).values()
            return AccountCount(total=len(verdicts), active=sum(verdict.usable for verdict in verdicts))

        def name_of(dimension: Dimension, value: str) -> str | None:
            name = (names or {}).get(dimension)
            return None if name is None else name(value)

        return UsageStatistics(
            StatisticsParts(
                store=self.ground.store,
                retention=self.retention.kept,
                clock=clock,
                accounts=accounts,
                recording=lambda: recorder.state if live.get().usage_stats.enabled else None,
                name_of=name_of,
                prices=lambda: PricesInForce(as_of=self.prices.as_of, trouble=self.prices.trouble),
            )
        )


def usage_services(ground: UsageGround) -> UsageServices:
    """The services.

    Raises:
        StartRefused: the owner's prices cannot be used.
    """
    prices, live = FollowedPrices(ground.data_dir, complain=ground.complain), ground.live
    parts = RecorderParts(
        store=ground.store,
        prices=prices,
        clock=ground.clock,
        complain=ground.complain,
        redact=ground.redact,
        enabled=lambda: live.get().usage_stats.enabled,
    )
    return UsageServices(
        ground=ground,
        prices=prices,
        recorder=UsageRecorder(parts),
        retention=UsageRetention(live.derived(_retention), store=ground.store, clock=ground.clock),
    )


def _retention(settings: Settings) -> Retention:
    kept = settings.usage_stats
    return Retention(event_days=kept.event_retention_days, history_days=kept.history_retention_days)


@asynccontextmanager
async def upkeep(services: UsageServices) -> AsyncIterator[None]:
    """Write records and forget old ones while the block runs; at its end what waits is written."""
    ground, recorder = services.ground, services.recorder
    jobs = [
        StandingJob("old usage", services.retention.trim, patiently(TRIM_SECONDS), ground.complain),
        StandingJob("prices", services.prices.look, patiently(LOOK_SECONDS), ground.complain),
        StandingJob("usage statistics", recorder.write, patiently(WRITE_SECONDS), ground.complain),
    ]
    last = [LastWrite("usage statistics are not written", recorder.finish, ground.complain)]
    async with written_at_end(last), going_on(jobs, clock=ground.clock):
        yield
