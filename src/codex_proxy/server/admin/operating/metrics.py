"""What Prometheus reads: ``GET /metrics``, with the admin key as the bearer token of the scrape.

Rules of this file: behind the guard like every other route; what the numbers are is the sources' own.
"""

from litestar import get
from litestar.handlers import HTTPRouteHandler

from codex_proxy.operations.metrics.book import MetricsBook
from codex_proxy.operations.metrics.families import TEXT_TYPE

METRICS_PATH = "/metrics"


def metrics_route(book: MetricsBook) -> HTTPRouteHandler:
    """The route over one book."""

    @get(METRICS_PATH, media_type=TEXT_TYPE, sync_to_thread=False, summary="Metrics for Prometheus")
    def metrics() -> str:
        """Every counter, histogram and reading in Prometheus' text format."""
        return book.text()

    return metrics
