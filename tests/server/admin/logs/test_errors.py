"""Errors in groups over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.operations.error_log.pace import MOST_REPORTS
from tests.operations.error_log.samples import STACK
from tests.operations.request_log.samples import SECRET, failed, items
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


REPORT: dict[str, Any] = {
    "source": "renderer",
    "error": {"name": "TypeError", "message": f"no {SECRET}", "stack": STACK},
    "context": {"page": "logs", "token": "anything"},
}


async def test_an_error_is_reported_grouped_and_judged(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    reply = await plane.http.post("/admin/error-logs/report", json=REPORT)
    assert (reply.status_code, reply.json()) == (200, {"ok": True})
    [group] = (await plane.http.get("/admin/error-logs")).json()["groups"]
    assert (group["source"], group["name"], group["state"]) == ("renderer", "TypeError", "open")
    assert group["sample_context"] == {"page": "logs", "token": "[redacted]"}
    raw = await plane.http.get("/admin/error-logs/raw?limit=500")
    assert [entry["error"]["name"] for entry in raw.json()["entries"]] == ["TypeError"]
    assert SECRET not in str(group) + raw.text
    path = f"/admin/error-logs/{group['signature']}/state"
    assert (await plane.http.post(path, json={"state": "resolved"})).json()["state"] == "resolved"
    assert (await plane.http.get("/admin/error-logs?state=open")).json() == {"groups": []}
    assert (await plane.http.post(path, json={"state": "forgotten"})).status_code == 400
    unknown = await plane.http.post(f"/admin/error-logs/{'0' * 16}/state", json={"state": "open"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "change",
    [
        {"source": "nobody"},
        {"error": {"message": "no name"}},
        {"error": {"name": "", "message": "m"}},
        {"error": {"name": "n" * 201, "message": "m"}},
        {"error": {"name": "n", "message": "m" * 4_001}},
        {"error": {"name": "n", "message": "m", "stack": "s" * 10_001}},
        {"error": {"name": "n", "message": 5}},
        {"context": ["a list"]},
        {"context": {"long": "x" * 20_000}},
    ],
)
async def test_what_is_too_long_or_nothing_known_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    plane = Plane(tmp_path)
    assert (await plane.http.post("/admin/error-logs/report", json=REPORT | change)).status_code == 400
    assert (await plane.http.get("/admin/error-logs")).json() == {"groups": []}


async def test_reports_are_for_the_owner_alone_few_and_small(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    stranger = await plane.http.post("/admin/error-logs/report", json=REPORT, headers={"authorization": "Bearer x"})
    assert stranger.status_code == 401
    large = await plane.http.post("/admin/error-logs/report", json=REPORT | {"context": {"long": "x" * 70_000}})
    assert large.status_code == 413
    statuses = [
        (await plane.http.post("/admin/error-logs/report", json=REPORT)).status_code for _ in range(MOST_REPORTS)
    ]
    assert set(statuses) == {200}
    refused = await plane.http.post("/admin/error-logs/report", json=REPORT)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_reports")
    assert 0 < int(refused.headers["retry-after"]) <= 60
