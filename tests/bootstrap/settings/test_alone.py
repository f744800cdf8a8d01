"""Settings changed where no gateway runs."""

import os
from pathlib import Path

import httpx

from codex_proxy.bootstrap.settings.alone import settings_plane
from codex_proxy.settings.load import load_settings


async def test_the_file_is_changed_and_nothing_else_is_made(tmp_path: Path) -> None:
    alone = settings_plane(load_settings(flags={}, environ={}, data_dir=tmp_path), {})
    inner = httpx.ASGITransport(app=alone.application)
    async with httpx.AsyncClient(transport=inner, base_url="http://localhost") as http:
        assert (await http.get("/admin/settings")).status_code == 401
        assert (await http.get("/admin/settings", headers={"authorization": "Bearer x"})).status_code == 401
        http.headers["authorization"] = f"Bearer {alone.token}"
        body = {"values": {"auth.queue_limit": 5}}
        assert (await http.post("/admin/settings", json=body)).json()["success"] is True
        refused = await http.post("/admin/settings", json={"values": {"model_routing": {"x": "nobody"}}})
        assert (refused.status_code, "there is no vendor nobody" in refused.json()["error"]) == (400, True)
        assert (await http.get("/auth/accounts")).status_code == 404
    assert (tmp_path / "local.yaml").read_text() == "auth:\n  queue_limit: 5\n"
    made = [path.name for folder, _, _ in os.walk(tmp_path) for path in [Path(folder)]]
    assert made == [tmp_path.name, ".locks"]
