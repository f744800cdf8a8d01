"""Testing a connection over HTTP, against a gateway that runs."""

from pathlib import Path

from tests.scenarios.stage import stage

NAMES = ["server", "accounts", "egress", "dns", "transport", "upstream"]


async def test_the_steps_are_told_in_the_form_that_clients_know(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        told = (await play.client.post("/admin/test-connection")).json()
        row_id = (await play.client.get("/auth/accounts")).json()["accounts"][1]["id"]
        named = (await play.client.post("/admin/test-connection", json={"accountId": row_id})).json()
        missing = await play.client.post("/admin/test-connection", json={"accountId": "0" * 16})
        unknown = await play.client.post("/admin/test-connection", json={"vendorKeyId": "nobody"})
    assert told.keys() == {"checks", "overall", "timestamp"}
    assert [check["name"] for check in told["checks"]] == NAMES
    assert [check["status"] for check in told["checks"]] == ["pass"] * 6
    assert told["checks"][0].keys() == {"name", "status", "latencyMs", "detail", "error"}
    assert told["overall"] == named["overall"] == "pass"
    assert row_id in named["checks"][1]["detail"]
    assert (missing.status_code, unknown.status_code) == (404, 404)


async def test_an_upstream_that_refuses_fails_the_test_and_not_the_request(tmp_path: Path) -> None:
    async with stage(tmp_path, API__BASE_URL="http://127.0.0.1:9/backend-api") as play:
        reply = await play.client.post("/admin/test-connection")
    assert (reply.status_code, reply.json()["overall"]) == (200, "fail")
    assert reply.json()["checks"][4]["error"] == "the connection was refused or broke off"
