"""The entrance over sockets: from the setup link to the log of changes."""

from pathlib import Path

import httpx

from codex_proxy.server.admin.access.sessions import COOKIE
from tests.scenarios.stage import stage

PASSWORD = "correct horse battery"


async def test_from_the_setup_link_to_the_log_of_changes(tmp_path: Path) -> None:
    async with stage(tmp_path) as play, httpx.AsyncClient(base_url=play.url, timeout=60) as browser:
        link = (await play.client.post("/admin/dashboard-setup-link")).json()["url"]
        page, _, token = link.partition("#")
        assert (await browser.get(page)).status_code == 200
        setting = {"token": token, "password": PASSWORD}
        assert (await browser.post("/auth/dashboard-setup", json=setting)).status_code == 200
        assert (await browser.post("/auth/dashboard-login", json={"password": PASSWORD})).status_code == 200
        assert COOKIE in browser.cookies
        word = (await browser.get("/auth/dashboard-status")).json()["csrf_token"]
        (row_id, *_) = [account["id"] for account in (await browser.get("/auth/accounts")).json()["accounts"]]
        label = {"label": "mine"}
        assert (await browser.patch(f"/auth/accounts/{row_id}/label", json=label)).status_code == 403
        headers = {"x-csrf-token": word, "origin": play.url}
        assert (await browser.patch(f"/auth/accounts/{row_id}/label", json=label, headers=headers)).status_code == 200
        entries = (await browser.get("/admin/audit")).json()["entries"]
        assert (await browser.get("/admin/audit/verify")).json()["whole"] is True
    assert [(entry["who"], entry.get("outcome", "done")) for entry in entries] == [
        ("dashboard", "done"),
        ("nobody", "refused, 403"),
        ("dashboard", "done"),
        ("setup link", "done"),
        ("owner", "done"),
    ]
    assert entries[0]["details"] == {"fields": "label", "after.label": "mine"}
    assert PASSWORD.encode() not in (tmp_path / "audit.jsonl").read_bytes()
    assert token.encode() not in (tmp_path / "audit.jsonl").read_bytes()


async def test_the_settings_say_how_long_a_session_rests_and_whose_password(tmp_path: Path) -> None:
    settings = {"SECURITY__DASHBOARD_PASSWORD": PASSWORD, "SESSION__LONGEST_HOURS": "0"}
    async with stage(tmp_path, **settings) as play, httpx.AsyncClient(base_url=play.url, timeout=60) as browser:
        assert (await browser.post("/auth/dashboard-login", json={"password": PASSWORD})).status_code == 200
        assert (await browser.get("/auth/accounts")).status_code == 401, "it is older than no time at all"
        refused = await play.client.post("/admin/dashboard-password", json={"password": "another long one"})
        assert refused.json()["code"] == "configured_password"
