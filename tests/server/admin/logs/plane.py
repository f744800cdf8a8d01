"""The log's routes on a control plane of their own."""

from pathlib import Path

import httpx

from codex_proxy.operations.capsules.capsule import Facts, Product
from codex_proxy.server.admin.app import control_plane
from codex_proxy.server.admin.logs.errors import error_routes
from codex_proxy.server.admin.logs.listing import log_routes
from codex_proxy.server.admin.logs.tailing import tail_route
from tests.gateway.scene import FakeClock
from tests.operations.error_log.test_desk import error_desk
from tests.operations.request_log.test_desk import Scene
from tests.server.admin.test_app import REPORT, Keys, nobody_expects
from tests.server.admin.test_jobs import BOSS

FACTS = Facts(
    made_at="now", product=Product(version="1", python="3", platform="here"), config={"model.default": "gpt-5.4"}
)


class Plane(Scene):
    """The scene, and a client of its owner."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.clock = FakeClock()
        errors = error_routes(error_desk(self.log, self.clock))
        routes = (*log_routes(self.desk, lambda: FACTS), *errors, tail_route(self.desk.tail))
        plane = control_plane(
            authenticator=Keys(),
            make_report=lambda: REPORT,
            version="1",
            report_defect=nobody_expects,
            routes=routes,
        )
        transport = httpx.ASGITransport(app=plane)  # type: ignore[arg-type]
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", headers=BOSS)
