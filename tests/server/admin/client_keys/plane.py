"""The control plane over handed-out keys, asked without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from codex_proxy.access.granted.key import GrantedKey
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.client_keys.routes import ClientKeyDesk, client_key_routes
from tests.operations.granted.stage import Desk, desk
from tests.server.admin.accounts.plane import BOSS, HOST, Keys
from tests.server.admin.test_app import REPORT

KEYS = "/admin/client-keys"


def application(made: Desk, defects: list[str]) -> Litestar:
    """The application; ``defects`` are the exceptions that nobody expected."""
    return control_plane(
        authenticator=Keys(),
        make_report=lambda: REPORT,
        version="1",
        report_defect=lambda where, error: defects.append(f"{where}: {error!r}"),
        routes=client_key_routes(ClientKeyDesk(changes=made.changes, views=made.views)),
    )


@asynccontextmanager
async def serving(folder: Path, *keys: GrantedKey) -> AsyncIterator[tuple[httpx.AsyncClient, Desk]]:
    """A client of the owner's, as long as the block runs."""
    defects: list[str] = []
    async with desk(folder, *keys) as made:
        transport: Any = httpx.ASGITransport(app=application(made, defects))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=HOST, headers=BOSS) as http:
            yield http, made
    assert defects == []
