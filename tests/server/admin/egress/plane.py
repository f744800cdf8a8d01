"""The control plane over a pool of proxies, asked without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from litestar import Litestar

from codex_proxy.operations.account_cookies import AccountCookies
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.egress.assignments import AssignmentDesk, assignment_routes
from codex_proxy.server.admin.egress.cookies import cookie_routes
from codex_proxy.server.admin.egress.proxies import ProxyDesk, proxy_routes
from tests.operations.egress.stage import ROWS, Stage
from tests.operations.test_account_cookies import StandInCookies
from tests.server.admin.accounts.plane import BOSS, HOST, Keys
from tests.server.admin.test_app import REPORT

PROXIES = "/api/proxies"


class Plane:
    """The application, and what is behind it; ``defects`` are the exceptions that nobody expected."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.kept = StandInCookies()
        self.defects: list[str] = []
        self.application = self._application()

    def _application(self) -> Litestar:
        stage = self.stage
        proxies = ProxyDesk(
            pool=stage.pool, checks=stage.checks, book=stage.book, clock=stage.clock, authenticator=Keys()
        )
        assignments = AssignmentDesk(
            proxies=proxies,
            assignments=stage.assignments,
            accounts=lambda: stage.records,
            status_of=lambda row_id: "active",
        )
        cookies = AccountCookies(kept=self.kept, book=stage.book, is_account=ROWS.__contains__)
        return control_plane(
            authenticator=Keys(),
            make_report=lambda: REPORT,
            version="1",
            report_defect=lambda where, error: self.defects.append(f"{where}: {error!r}"),
            routes=[*proxy_routes(proxies), *assignment_routes(assignments), *cookie_routes(cookies)],
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the owner's, as long as the block runs."""
        transport = httpx.ASGITransport(app=self.application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=BOSS) as http:
            yield http
        assert self.defects == []


async def added(http: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    """The proxy that was added."""
    reply = await http.post(PROXIES, json=members)
    assert reply.status_code == 200, reply.text
    proxy = reply.json()["proxy"]
    assert isinstance(proxy, dict)
    return proxy
