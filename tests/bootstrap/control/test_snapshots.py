"""What the log of changes tells of things, over a whole gateway."""

from pathlib import Path
from typing import Any

from tests.scenarios.stage import Stage, stage

PROXY = "http://user:marked-secret@proxy.example:3128"


async def last(play: Stage) -> dict[str, Any]:
    entry: dict[str, Any] = (await play.client.get("/admin/audit?limit=1")).json()["entries"][0]
    return entry


async def test_before_and_after_of_each_kind_without_a_secret(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        account = (await play.client.get("/auth/accounts")).json()["accounts"][0]["id"]
        await play.client.patch(f"/auth/accounts/{account}/label", json={"label": "one"})
        await play.client.patch(f"/auth/accounts/{account}/label", json={"label": "two"})
        assert (await last(play))["details"] == {"fields": "label", "before.label": "one", "after.label": "two"}
        made = (await play.client.post("/api/proxies", json={"url": PROXY, "name": "mine"})).json()
        proxy = made["proxy"]["id"]
        await play.client.post(f"/api/proxies/{proxy}/disable")
        assert (await last(play))["details"] == {"before.enabled": True, "after.enabled": False}
        await play.client.put(f"/api/proxies/{proxy}", json={"url": PROXY.replace("3128", "3129")})
        assert "3129" in (await last(play))["details"]["after.url"]
        await play.client.post("/api/proxies/assign", json={"accountId": account, "proxyId": "direct"})
        await play.client.delete(f"/api/proxies/assign/{account}")
        assert (await last(play))["details"] == {"before.way": "direct", "after.way": "global"}
        await play.client.post("/admin/ollama-settings", json={"version": "9.9.9"})
        assert (await last(play))["details"]["after.version"] == "9.9.9"
        key = {"provider": "openai", "apiKey": "sk-marked-secret-0123456789", "models": ["gpt-4o"]}
        added = await play.client.post("/auth/api-keys", json=key)
        assert added.status_code < 300, added.text
        entry = (await play.client.get("/auth/api-keys")).json()["keys"][0]["id"]
        await play.client.patch(f"/auth/api-keys/{entry}/label", json={"label": "mine"})
        assert (await last(play))["details"] == {"fields": "label", "after.label": "mine"}
        await play.client.delete(f"/auth/api-keys/{entry}")
        assert (await last(play))["details"]["before.vendor"] == "openai"
        assert (await play.client.delete("/auth/accounts/ffffffffffffffff")).status_code == 404
        assert (await last(play))["outcome"] == "refused, 404"
    assert b"marked-secret" not in (tmp_path / "audit.jsonl").read_bytes()
