"""The log over HTTP."""

from pathlib import Path

import pytest

from codex_proxy.operations.capsules.capsule import read_capsule
from codex_proxy.operations.request_log.capturing.capture import Body, Capture, CapturedMessage
from tests.operations.request_log.samples import answered, failed, items, told
from tests.server.admin.logs.plane import Plane


async def test_pages_and_single_requests(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    plane.log.write(items(3))
    page = (await plane.http.get("/admin/logs?limit=2")).json()
    assert ([line["id"] for line in page["records"]], page["total"], page["limit"]) == (["req_2", "req_1"], 3, 2)
    rest = (await plane.http.get(f"/admin/logs?limit=2&cursor={page['next_cursor']}")).json()
    assert ([line["id"] for line in rest["records"]], rest["next_cursor"]) == (["req_0"], None)
    one = (await plane.http.get("/admin/logs/req_1")).json()
    assert (one["status"], one["attempts"][0]["outcome"], one["request"]) == (200, "usage_limit", None)
    reply = await plane.http.get("/admin/logs/req_9")
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


async def test_a_cost_is_in_lines_and_in_the_record(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    plane.log.write(items(1))
    [line] = (await plane.http.get("/admin/logs")).json()["records"]
    assert (line["costUsd"], (await plane.http.get("/admin/logs/req_0")).json()["costUsd"]) == ("0.125", "0.125")


async def test_the_summary_is_of_what_the_filters_leave(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    plane.log.write([*items(3), failed("req_8"), answered("req_8", status=502)])
    whole = (await plane.http.get("/admin/logs/summary")).json()
    assert (whole["count"], whole["error_count"], whole["error_percent"], whole["cost_usd"]) == (4, 1, 25.0, "0.375")
    assert whole["duration_ms"] == {"p50": 2500.0, "p95": 2500.0}
    failures = (await plane.http.get("/admin/logs/summary?status=5xx&search=broke")).json()
    assert (failures["count"], failures["error_percent"], failures["cost_usd"]) == (1, 100.0, None)
    assert (await plane.http.get("/admin/logs/summary?status=9xx")).status_code == 400


async def test_the_state_is_shown_and_changed(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    plane.log.write(items(3))
    state = (await plane.http.get("/admin/logs/state")).json()
    assert (state["enabled"], state["paused"], state["level"], state["size"], state["dropped"]) == (
        True,
        False,
        "metadata",
        3,
        0,
    )
    changed = await plane.http.post("/admin/logs/state", json={"paused": True, "level": "bodies"})
    assert (changed.status_code, changed.json()["paused"], changed.json()["level"]) == (200, True, "bodies")
    plane.keeper.is_broken = True
    refused = await plane.http.post("/admin/logs/state", json={"enabled": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "settings_not_kept")


@pytest.mark.parametrize(
    "body", [{"level": "everything"}, {"enabled": "yes"}, {"bodies_hours": 0}, {"bodies_hours": 1e9}, [], "x"]
)
async def test_a_change_that_makes_no_sense_is_refused(tmp_path: Path, body: object) -> None:
    assert (await Plane(tmp_path).http.post("/admin/logs/state", json=body)).status_code == 400


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/admin/logs"), ("POST", "/admin/logs/clear")])
async def test_it_is_cleared_in_both_ways(tmp_path: Path, method: str, path: str) -> None:
    plane = Plane(tmp_path)
    plane.log.write(items(3))
    reply = await plane.http.request(method, path)
    assert (reply.status_code, reply.json()) == (200, {"ok": True, "success": True})
    assert (await plane.http.get("/admin/logs")).json()["total"] == 0


async def test_a_capsule_is_a_file_to_give_away(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    capture = Capture(10, 0.0, CapturedMessage(Body(10), method="POST", target="/v1/x"), CapturedMessage(Body(10)))
    plane.log.write([told(), answered(capture=capture)])
    reply = await plane.http.get("/admin/logs/req_1/capsule")
    assert reply.headers["content-disposition"] == 'attachment; filename="req_1.capsule.json"'
    assert reply.headers["cache-control"] == "no-store"
    capsule = read_capsule(reply.content)
    assert (capsule.record["id"], capsule.config) == ("req_1", {"model.default": "gpt-5.4"})
    assert capsule.exchange is not None
    assert (await plane.http.get("/admin/logs/req_9/capsule")).status_code == 404


async def test_an_unreadable_log_is_a_503(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    plane.log.path.write_bytes(b"no database at all" * 100)
    reply = await plane.http.get("/admin/logs")
    assert (reply.status_code, reply.json()["code"]) == (503, "log_unusable")
