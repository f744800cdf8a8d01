"""Models and routes through the interface."""

from collections.abc import Sequence

from litestar.types import ControllerRouterHandler

from codex_proxy.server.admin.catalogue import catalogue_routes
from tests.operations.catalogue.test_explaining import explaining
from tests.operations.catalogue.test_lists import DOWN, Scene
from tests.server.admin.accounts.plane import WORKER, Plane, outcome


class ModelPlane(Plane):
    """The control plane with lists that a scene feeds."""

    def further_routes(self) -> Sequence[ControllerRouterHandler]:
        self.scene = Scene()
        return catalogue_routes(self.scene.lists, explaining())


async def test_models_are_fetched_when_they_are_asked_for() -> None:
    plane = ModelPlane()
    async with plane.serving() as http:
        plane.scene.tell("free", "gpt-5.4")
        plane.scene.tell("plus", "gpt-5.4", "gpt-5.5")
        first = await http.post("/admin/refresh-models")
        plane.scene.tell("free", "gpt-5.4")
        plane.scene.transport.add(DOWN, account_id="plus")
        second = (await http.post("/admin/refresh-models", json={})).json()
        refused = outcome(await http.post("/admin/refresh-models", headers=WORKER))
    assert (first.status_code, first.json()) == (
        200,
        {
            "success": True,
            "ok": True,
            "message": "the models of 2 plans are up to date",
            "plans": {"free": 1, "plus": 2},
            "added": ["gpt-5.5"],
            "removed": [],
            "changed": ["gpt-5.4"],
            "failures": [],
            "fetched_at": "1970-01-01T00:16:40.000Z",
        },
    )
    assert (second["success"], second["ok"], second["plans"]) == (False, False, {"free": 1, "plus": 2})
    assert second["message"] == "no list came for these plans, which keep the one they had: plus"
    assert second["failures"] == [{"plan": "plus", "reason": "unreachable: no way there"}]
    assert refused == (403, "missing_scope")


async def test_a_route_is_explained() -> None:
    plane = ModelPlane()
    async with plane.serving() as http:
        told = (await http.get("/admin/route", params={"model": "openai:gpt-4o-low"})).json()
        default = (await http.get("/admin/route")).json()
        long = await http.get("/admin/route", params={"model": "x" * 4000})
        assert outcome(await http.get("/admin/route", headers=WORKER)) == (403, "missing_scope")
    assert (told["asked"], told["upstream"], told["vendor"]) == ("openai:gpt-4o-low", "vendor", "openai")
    assert (told["model"], told["effort"], told["keys"][0]["id"]) == ("gpt-4o", "low", "works")
    assert (default["upstream"], default["model"], default["plans"]) == ("codex", "gpt-5.4", None)
    assert (long.status_code, long.json()["upstream"], long.json()["nearest"]) == (200, None, [])
