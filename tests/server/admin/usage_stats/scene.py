"""The control plane with usage statistics over a store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.usage_stats.routes import usage_stats_routes
from tests.operations.usage_stats.samples import statistics
from tests.server.admin.accounts.plane import BOSS, HOST, Keys
from tests.server.admin.test_app import REPORT
from tests.stores.memory_usage import MemoryUsageStore


class UsagePlane:
    """The application; ``defects`` are the exceptions that nobody expected."""

    def __init__(self, store: MemoryUsageStore) -> None:
        self.defects: list[str] = []
        self.application = control_plane(
            authenticator=Keys(),
            make_report=lambda: REPORT,
            version="1",
            report_defect=lambda where, error: self.defects.append(f"{where}: {error!r}"),
            routes=usage_stats_routes(statistics(store)),
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the owner's, as long as the block runs."""
        transport = httpx.ASGITransport(app=self.application, client=("127.0.0.1", 5000))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=BOSS) as http:
            yield http
