"""The control plane's entrance over memory, asked without a socket; behind it a few routes of the matrix."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from litestar import Request, delete, get, post
from litestar.params import JSONBody, PathParameter

from codex_proxy.access.dashboard.forwarded import TrustedProxies
from codex_proxy.operations.access.auditing import Auditing
from codex_proxy.server.admin.access.audit_log import audit_routes
from codex_proxy.server.admin.access.entrance import Desk, Entrance, is_still_admitted, scope_of
from codex_proxy.server.admin.access.logging_in import entering_routes
from codex_proxy.server.admin.access.owning import owning_routes
from codex_proxy.server.admin.access.setup_page import setup_page_routes
from codex_proxy.server.admin.access.snapshots import Told
from codex_proxy.server.admin.app import control_plane
from tests.operations.access.household import PASSWORD, Home, MemoryAudit
from tests.server.admin.accounts.plane import HOST, Keys
from tests.server.admin.test_app import REPORT

ELSEWHERE = ("203.0.113.5", 4000)
HERE = ("127.0.0.1", 4000)
EXPORT = "/auth/accounts/export"
ACCOUNT = "/auth/accounts/0123456789abcdef"
CSRF = "x-csrf-token"


class Doors:
    """The application; ``labels`` is what its routes change, ``lasting`` whether those who asked may still be there."""

    def __init__(self, *, trusted: tuple[str, ...] = ()) -> None:
        self.home = Home()
        self.audit = MemoryAudit()
        self.labels = {"0123456789abcdef": "before"}
        self.lasting: list[Callable[[], bool]] = []
        self.defects: list[str] = []
        auditing = Auditing(
            self.audit, now=lambda: self.home.at, complain=lambda where, error: self.defects.append(str(error))
        )
        self.desk = Desk(
            dashboard=self.home.dashboard,
            auditing=auditing,
            csrf_secret="csrf-secret",
            snapshots={"/auth/accounts/{row_id}": lambda named: self._label(named["row_id"])},
        )
        proxies = TrustedProxies(trusted)
        self.entrance = Entrance(trusted=lambda: proxies, desk=self.desk)
        self.application = control_plane(
            authenticator=Keys(),
            make_report=lambda: REPORT,
            version="1",
            report_defect=lambda where, error: self.defects.append(repr(error)),
            entrance=self.entrance,
            routes=[
                *self._routes(),
                *entering_routes(self.entrance, self.desk),
                *owning_routes(self.entrance, self.desk),
                *audit_routes(auditing),
                *setup_page_routes(),
            ],
        )

    def _label(self, row_id: str) -> Told:
        return {"label": self.labels[row_id]} if row_id in self.labels else {}

    def _routes(self) -> list[Any]:
        @get("/auth/accounts", sync_to_thread=False)
        def accounts() -> dict[str, str]:
            return self.labels

        @get(EXPORT, sync_to_thread=False)
        def export() -> str:
            return "secrets"

        @post("/auth/accounts/batch-delete", sync_to_thread=False)
        def batch_delete(data: JSONBody[dict[str, Any]]) -> None:
            self.labels.clear()

        @delete("/auth/accounts/{row_id:str}", sync_to_thread=False, status_code=200)
        def remove(row_id: Annotated[str, PathParameter()]) -> None:
            self.labels.pop(row_id)

        @get("/admin/jobs", sync_to_thread=False)
        def jobs(request: Request[Any, Any, Any]) -> int:
            self.lasting.append(lambda: is_still_admitted(scope_of(request)))
            return len(self.lasting)

        return [accounts, export, batch_delete, remove, jobs]

    @asynccontextmanager
    async def browser(
        self, *, client: tuple[str, int] | None = HERE, base_url: str = HOST
    ) -> AsyncIterator[httpx.AsyncClient]:
        """Somebody without a key."""
        transport = httpx.ASGITransport(app=self.application, client=client)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=base_url) as http:
            yield http

    @asynccontextmanager
    async def owner(self, *, client: tuple[str, int] = HERE, base_url: str = HOST) -> AsyncIterator[httpx.AsyncClient]:
        """The owner's browser, logged in, with the word that its pages send."""
        if not await self.home.dashboard.has_password():
            await self.home.dashboard.change(PASSWORD)
        async with self.browser(client=client, base_url=base_url) as http:
            await log_in(http)
            yield http

    def actions(self) -> list[tuple[str, str, str]]:
        """Who, what, and what came of it, newest first."""
        return [(entry.who, entry.action, entry.outcome) for entry in self.audit.entries(limit=100, before=None)]


async def log_in(http: httpx.AsyncClient, password: str = PASSWORD, **members: str) -> None:
    reply = await http.post("/auth/dashboard-login", json={"password": password, **members})
    assert reply.status_code == 200, reply.text
    http.headers[CSRF] = (await http.get("/auth/dashboard-status")).json()["csrf_token"]
