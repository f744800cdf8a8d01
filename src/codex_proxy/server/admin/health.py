"""What the gateway says of itself to its owner: ``GET /health/details``."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler


class SlotReport(msgspec.Struct, frozen=True, kw_only=True):
    """Concurrency slots over all accounts; ``total_count`` is null where there is no limit."""

    used_count: int
    total_count: int | None
    waiting_count: int


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the gateway now.

    ``accounts`` counts accounts by state; ``exchanges_count`` is what runs; times are seconds.
    ``configuration_errors`` say why the settings' file is not followed.
    """

    status: str
    version: str
    uptime_seconds: float
    accounts: dict[str, int]
    slots: SlotReport
    exchanges_count: int
    models_fetched_at: float | None
    configuration_errors: tuple[str, ...] = ()


MakeReport: TypeAlias = Callable[[], HealthReport]


def health_route(make_report: MakeReport) -> HTTPRouteHandler:
    """The route that tells ``make_report``'s report."""

    @get("/health/details", sync_to_thread=False, summary="State of the gateway")
    def health_details() -> HealthReport:
        """Accounts by state, slots, running exchanges and the age of the model list."""
        return make_report()

    return health_details
