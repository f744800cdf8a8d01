"""What is measured of the gateway and whether it is ready, put together.

Rules of this file: objects are made here, rules are elsewhere.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from codex_proxy import __version__
from codex_proxy.bootstrap.health.telemetry import make_exporter
from codex_proxy.bootstrap.outgoing.upstream import Upstream
from codex_proxy.bootstrap.process.usage import cpu_seconds, resident_bytes
from codex_proxy.bootstrap.vendors.keys import VendorKeyServices
from codex_proxy.gateway.ports import Observer, TransportError
from codex_proxy.operations.health.readiness import Readiness, ReadinessParts
from codex_proxy.operations.metrics.book import MetricsBook
from codex_proxy.operations.metrics.exchanges import ExchangeMetrics
from codex_proxy.operations.metrics.lag import LoopLag
from codex_proxy.operations.metrics.losses import ObserverLosses
from codex_proxy.operations.metrics.readings import ReadingParts, Readings
from codex_proxy.operations.telemetry.exporting import Exporter
from codex_proxy.server.registry import RunningExchanges


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """What is measured, and of what.  ``book`` takes further sources at any time."""

    running: RunningExchanges
    exchanges: ExchangeMetrics
    losses: ObserverLosses
    lag: LoopLag
    readiness: Readiness
    book: MetricsBook
    telemetry: Exporter | None

    @property
    def observers(self) -> tuple[Observer, ...]:
        """Who wants to hear of exchanges."""
        return (self.exchanges,) if self.telemetry is None else (self.exchanges, self.telemetry)

    async def flush(self) -> None:
        """Tell the collector what it was not told yet, if it listens."""
        if self.telemetry is not None:
            with contextlib.suppress(TransportError):
                await self.telemetry.export()


def make_measures(
    upstream: Upstream,
    vendor_keys: VendorKeyServices,
    *,
    report_defect: Callable[[str, Exception], None],
    redact: Callable[[str], str],
) -> Measures:
    """The measures of a gateway that nobody has asked anything yet; ``redact`` is for what leaves it.

    Raises:
        StartRefused: the collector cannot be told of anything.
    """
    running, clock = RunningExchanges(), upstream.accounts.ground.clock
    exchanges, losses, lag = ExchangeMetrics(), ObserverLosses(report_defect), LoopLag(clock)
    readings = _readings(upstream, vendor_keys, running)
    readiness = Readiness(
        ReadinessParts(
            pool=upstream.pool,
            vendor_keys=vendor_keys.book.pool,
            leases=upstream.leases,
            persistence=lambda: upstream.accounts.ground.stores.health,
            is_stopping=lambda: running.draining,
            clock=clock,
        )
    )
    settings, calls = upstream.accounts.ground.settings, vendor_keys.ground.calls
    telemetry = make_exporter(settings, calls, now=clock.now, redact=redact)
    book = MetricsBook(readings, lag, losses, exchanges)
    if telemetry is not None:
        book.add(telemetry)
    return Measures(
        running=running,
        exchanges=exchanges,
        losses=losses,
        lag=lag,
        readiness=readiness,
        book=book,
        telemetry=telemetry,
    )


def _readings(upstream: Upstream, vendor_keys: VendorKeyServices, running: RunningExchanges) -> Readings:
    clock = upstream.accounts.ground.clock
    return Readings(
        ReadingParts(
            version=__version__,
            pool=upstream.pool,
            vendor_keys=vendor_keys.book.pool,
            leases=upstream.leases,
            clock=clock,
            running_count=lambda: len(running),
            orphans_count=lambda: len(upstream.orphans),
            resident_bytes=resident_bytes,
            cpu_seconds=cpu_seconds,
            started_at=clock.now(),
        )
    )
