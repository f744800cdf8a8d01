"""Errors in groups over HTTP."""

from pathlib import Path

from tests.operations.request_log.samples import failed, items
from tests.server.admin.logs.plane import Plane


async def test_groups_counts_and_reading(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    plane.log.write([*items(2), failed("req_8"), failed("req_9")])
    [group] = (await plane.http.get("/admin/error-logs")).json()["groups"]
    assert (group["count"], group["name"], group["sample_id"], group["source"]) == (
        2,
        "upstream_error",
        "req_9",
        "server",
    )
    raw = (await plane.http.get("/admin/error-logs/raw?limit=1")).json()
    assert ([line["id"] for line in raw["records"]], raw["total"]) == (["req_9"], 2)
    assert (await plane.http.get("/admin/error-logs/count")).json() == {"total": 2, "unread": 2}
    assert (await plane.http.post("/admin/error-logs/seen")).json() == {"ok": True, "cursor": 2}
    assert (await plane.http.get("/admin/error-logs/count")).json() == {"total": 2, "unread": 0}
    assert (await plane.http.delete("/admin/error-logs")).json() == {"ok": True}
    assert (await plane.http.get("/admin/error-logs")).json() == {"groups": []}
    assert (await plane.http.get("/admin/logs")).json()["total"] == 4
    assert (await plane.http.get("/admin/error-logs/raw?limit=501")).status_code == 400
