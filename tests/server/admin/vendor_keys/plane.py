"""The control plane over vendor keys, asked without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from codex_proxy.operations.accounts.views import PersistenceView
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.vendor_keys.changing import changing_routes
from codex_proxy.server.admin.vendor_keys.desk import VendorKeyDesk
from codex_proxy.server.admin.vendor_keys.files import file_routes
from codex_proxy.server.admin.vendor_keys.listing import listing_routes
from codex_proxy.vendors.key import VendorKey
from tests.operations.vendor_keys.stage import Stage
from tests.server.admin.accounts.plane import BOSS, HOST, Keys
from tests.server.admin.test_app import REPORT
from tests.vendors.samples import SECRET

KEYS = "/auth/api-keys"
KEPT = PersistenceView(ok=True, reason=None, message=None, quarantined=False, backup_path=None)


class Plane:
    """The application, and what is behind it; ``defects`` are the exceptions that nobody expected."""

    def __init__(self, *configured: VendorKey) -> None:
        self.stage = Stage(*configured)
        self.defects: list[str] = []
        self.notices: tuple[str, ...] = ()
        self.desk = VendorKeyDesk(
            book=self.stage.book,
            changes=self.stage.changes,
            lists=self.stage.lists,
            catalogue=self.stage.catalogue,
            authenticator=Keys(),
            persistence=lambda: KEPT,
            notices=lambda: self.notices,
        )
        self.application = control_plane(
            authenticator=Keys(),
            make_report=lambda: REPORT,
            version="1",
            report_defect=lambda where, error: self.defects.append(f"{where}: {error!r}"),
            routes=[*listing_routes(self.desk), *changing_routes(self.desk), *file_routes(self.desk)],
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the owner's, as long as the block runs."""
        transport = httpx.ASGITransport(app=self.application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=BOSS) as http:
            yield http
        assert self.defects == []


def body(*models: str, **members: Any) -> dict[str, Any]:
    """A key as a client sends it."""
    return {"provider": "openai", "apiKey": SECRET, "models": list(models)} | members


async def entries(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Every entry."""
    found: list[dict[str, Any]] = (await http.get(KEYS)).json()["keys"]
    return found
