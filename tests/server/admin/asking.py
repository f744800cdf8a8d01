"""A control plane of some routes, to be asked without a socket."""

from litestar import Litestar
from litestar.testing import TestClient
from litestar.types import ControllerRouterHandler

from codex_proxy.server.admin.app import control_plane
from tests.server.admin.test_app import REPORT, Keys, nobody_expects

BOSS = {"authorization": "Bearer boss"}


def plane_of(*routes: ControllerRouterHandler) -> TestClient[Litestar]:
    """A client of these routes; ``BOSS`` may ask them."""
    plane = control_plane(
        authenticator=Keys(), make_report=lambda: REPORT, version="1", report_defect=nobody_expects, routes=routes
    )
    return TestClient(plane, base_url="http://127.0.0.1:8080")
