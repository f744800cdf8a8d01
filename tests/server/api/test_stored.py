"""What is not stored and not upgraded."""

from pathlib import Path

import pytest

from tests.scenarios.stage import stage


@pytest.mark.parametrize(("method", "path"), [("GET", "resp_1"), ("DELETE", "resp_1"), ("GET", "resp_1/input_items")])
async def test_a_response_is_never_found_again(tmp_path: Path, method: str, path: str) -> None:
    async with stage(tmp_path) as play:
        reply = await play.client.request(method, f"/v1/responses/{path}")
    error = reply.json()["error"]
    assert (reply.status_code, error["code"], error["param"]) == (404, "response_not_found", "response_id")
    assert "'resp_1'" in error["message"]


async def test_a_websocket_is_told_to_come_back_over_http(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        upgrade = {
            "connection": "upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "eA==",
        }
        assert (await play.client.get("/v1/responses", headers=upgrade)).status_code == 426
        assert (await play.client.get("/v1/responses")).status_code == 405
