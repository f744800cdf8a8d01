"""Updates over HTTP: what is told, and the events of one that is installed."""

import json
from typing import Any

from codex_proxy.operations.updates.own.updater import Former, UpdateMode
from codex_proxy.server.admin.operating.updating import UpdateDesk, update_routes
from tests.operations.updates.own.world import World
from tests.operations.updates.test_watch import Stage
from tests.server.admin.asking import BOSS, plane_of
from tests.server.admin.test_app import Keys


class Desk:
    """Routes over a world, and what they asked of it."""

    def __init__(self, world: World, *, can_restart: bool = True) -> None:
        self.world = world
        self.restarts = 0
        self.can_restart = can_restart
        self.shows_dialog = False

    def restart(self) -> bool:
        self.restarts += self.can_restart
        return self.can_restart

    async def look(self) -> None:
        self.world.asked.append("feeds")

    def desk(self) -> UpdateDesk:
        return UpdateDesk(
            updater=self.world.updater,
            watch=Stage().watch,
            look_at_clients=self.look,
            shows_dialog=lambda: self.shows_dialog,
            restart=self.restart,
            authenticator=Keys(),
        )

    def ask(self, method: str, path: str, **told: Any) -> Any:
        with plane_of(*update_routes(self.desk())) as http:
            return http.request(method, path, headers=told.pop("headers", BOSS), **told)


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line]


def test_what_was_found_last_is_told_and_nobody_asked() -> None:
    desk = Desk(World("0.2.0"))
    told = desk.ask("GET", "/admin/update-status").json()
    assert told["proxy"] == {
        "version": "0.1.0",
        "mode": "uv_tool",
        "policy": "apply",
        "can_self_update": True,
        "hint": None,
        "release": None,
        "update_available": False,
        "update_in_progress": False,
        "last_check": None,
        "error": None,
        "former_version": None,
        "commit": None,
        "commits_behind": 0,
        "commits": [],
        "changelog": None,
    }
    assert told["settings"] == {"show_update_dialog": False}
    assert (told["codex"]["current_version"], told["codex"]["update_in_progress"]) == ("26.1120.10001", False)
    assert desk.world.asked == []


def test_looking_asks_the_index_and_the_feeds() -> None:
    desk = Desk(World("0.2.0"))
    desk.world.kept = Former(version="0.0.9", replaced_by="0.1.0", replaced_at=0.0)
    told = desk.ask("POST", "/admin/check-update").json()["proxy"]
    assert told["release"] == {"version": "0.2.0", "body": None, "url": None}
    assert (told["update_available"], told["former_version"]) == (True, "0.0.9")
    assert desk.world.asked[0] == "feeds"
    desk.world.is_shut, desk.shows_dialog = True, True
    status = desk.ask("GET", "/admin/update-status").json()
    assert status["proxy"]["former_version"] is None
    assert status["settings"]["show_update_dialog"]


def test_an_update_tells_its_steps_and_then_restarts() -> None:
    desk = Desk(World("0.2.0"))
    reply = desk.ask("POST", "/admin/apply-update", json={})
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = events(reply.text)
    assert told[0] == {"step": "verify", "status": "running", "detail": "0.2.0"}
    assert told[-1] == {"started": True, "restarting": True, "error": None, "done": True}
    assert desk.restarts == 1


async def test_an_update_goes_on_although_its_browser_left() -> None:
    desk = Desk(World("0.2.0"))
    made = desk.desk()
    routes = {path: route for route in update_routes(made) for path in route.paths}
    stream = await routes["/admin/apply-update"].fn(None)
    await anext(stream.iterator)
    await stream.iterator.aclose()
    await made.lasting.wait()
    assert desk.restarts == 1
    assert desk.world.ran


def test_one_that_failed_does_not_restart() -> None:
    desk = Desk(World("0.1.0", "0.2.0"))
    desk.world.failing = ("codex-proxy==0.2.0",)
    told = events(desk.ask("POST", "/admin/apply-update").text)
    assert told[-1] == {"started": True, "restarting": False, "error": "install: no room left", "done": True}
    assert desk.restarts == 0


def test_one_that_cannot_begin_is_refused_and_says_why() -> None:
    reply = Desk(World("0.2.0", mode=UpdateMode.OFF)).ask("POST", "/admin/apply-update", json={"back": True})
    assert (reply.status_code, reply.json()["code"], reply.json()["started"]) == (400, "not_updated", False)


def test_installing_wants_the_admin_key_itself() -> None:
    desk = Desk(World("0.2.0"))
    assert desk.ask("POST", "/admin/apply-update", headers={"x-api-key": "boss"}).status_code == 403
    assert desk.world.ran == []
