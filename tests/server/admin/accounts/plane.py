"""The control plane over a household, asked without a socket."""

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
from litestar import Litestar
from litestar.types import ControllerRouterHandler

from codex_proxy.accounts.quota.warnings import Thresholds
from codex_proxy.operations.jobs_book import JobBook
from codex_proxy.operations.login.browser import BrowserLogins
from codex_proxy.operations.login.cli_file import CliImport
from codex_proxy.operations.login.device import DeviceLogins
from codex_proxy.server.admin.access.entrance import Entrance
from codex_proxy.server.admin.accounts.changing import changing_routes
from codex_proxy.server.admin.accounts.checking import checking_routes
from codex_proxy.server.admin.accounts.explaining import explaining_routes
from codex_proxy.server.admin.accounts.listing import listing_routes
from codex_proxy.server.admin.accounts.logging_in import LoginDesk, login_routes
from codex_proxy.server.admin.accounts.quota import quota_routes
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.jobs import jobs_routes
from codex_proxy.server.security import Caller
from tests.operations.accounts.household import Household
from tests.operations.login.stage import StandInFiles, StandInListener
from tests.server.admin.test_app import REPORT

BOSS = {"authorization": "Bearer boss"}
WORKER = {"authorization": "Bearer worker"}
HOST = "http://localhost:8080"
INFERENCE_KEY = "cp-the-key-for-clients"


class Keys:
    def authenticate(self, secret: str) -> Caller | None:
        scopes = {"boss": frozenset({"admin", "inference"}), "worker": frozenset({"inference"})}.get(secret)
        return Caller(key_id=secret, scopes=scopes) if scopes else None


class Plane:
    """The application, and what is behind it; ``defects`` are the exceptions that nobody expected."""

    def __init__(self, *ports: int, inference_key: Callable[[], str | None] = lambda: INFERENCE_KEY) -> None:
        self.inference_key = inference_key
        self.house = Household()
        self.listener = StandInListener(*(ports or (1455,)))
        self.files = StandInFiles()
        self.browser = BrowserLogins(self.house.login, listener=self.listener)
        self.devices = DeviceLogins(self.house.login)
        numbers = itertools.count(1)
        self.jobs = JobBook(
            clock=self.house.clock, new_id=lambda: f"job-{next(numbers)}", complain=lambda what, error: None
        )
        self.thresholds = Thresholds()
        self.defects: list[str] = []
        self.application = self._application()

    def _application(self) -> Litestar:
        house = self.house
        desk = LoginDesk(
            browser=self.browser,
            devices=self.devices,
            cli=CliImport(house.login, self.files),
            changes=house.changes,
            views=house.views,
            inference_key=self.inference_key,
            now=house.clock.now,
        )
        quota = quota_routes(
            house.quota, house.credits, house.views, thresholds=lambda: self.thresholds, now=house.clock.now
        )
        return control_plane(
            authenticator=Keys(),
            make_report=lambda: REPORT,
            version="1",
            report_defect=lambda where, error: self.defects.append(f"{where}: {error!r}"),
            routes=[
                *login_routes(desk),
                *listing_routes(house.views, house.quota, house.changes),
                *changing_routes(house.changes),
                *checking_routes(house.checks, self.jobs),
                *quota,
                *explaining_routes(house.explaining),
                *jobs_routes(self.jobs),
                *self.further_routes(),
            ],
            entrance=Entrance(names=lambda: frozenset({"gateway.example"})),
        )

    def further_routes(self) -> Sequence[ControllerRouterHandler]:
        """What somebody else's tests add."""
        return ()

    @asynccontextmanager
    async def serving(
        self, *, client: tuple[str, int] = ("127.0.0.1", 5000), base_url: str = HOST
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the owner's, as long as the block runs."""
        transport = httpx.ASGITransport(app=self.application, client=client)  # type: ignore[arg-type]
        async with (
            self.house.serving(),
            self.jobs.serving(),
            httpx.AsyncClient(transport=transport, base_url=base_url, headers=BOSS) as http,
        ):
            yield http
            await self.browser.close()
            await self.devices.close()


def outcome(reply: httpx.Response) -> tuple[int, Any]:
    """The status and the code of an error."""
    return reply.status_code, reply.json().get("code")
