"""A simulated gateway on the data directory of a real one reaches nothing but this machine, and says so."""

from pathlib import Path
from typing import Any

import httpx

from codex_proxy.bootstrap.run import ServeOptions, serving
from tests.scenarios.stage import KEY

LOCAL = """
server: {proxy_api_key: %s}
tls: {proxy_url: "http://egress.invalid:3128"}
update: {feed_url: "https://feed.invalid/app.xml", engine_feed_url: "https://feed.invalid/tags"}
images: {fetch_remote: true}
providers:
  custom:
    named: {base_url: "https://api.vendor.invalid/v1", api_key: sk-named-for-the-test, models: [m-1]}
    literal: {base_url: "https://198.18.0.9/v1", allow_private: true, api_key: sk-literal-for-the-test, models: [m-1]}
"""
STAYS = "this gateway stays on this machine"


async def test_nothing_is_asked_beyond_this_machine(tmp_path: Path) -> None:
    (tmp_path / "local.yaml").write_text(LOCAL % KEY)
    options = ServeOptions(flags={"server.port": 0}, data_dir=tmp_path, simulate=True)
    async with serving(options, {}) as served, httpx.AsyncClient(base_url=served.url, timeout=20) as client:
        client.headers["authorization"] = f"Bearer {KEY}"
        for vendor in ("named", "literal"):
            for path, body in (
                ("/v1/chat/completions", {"messages": [{"role": "user", "content": "x"}]}),
                ("/v1/embeddings", {"input": "x"}),
            ):
                refused = await client.post(path, json={"model": f"{vendor}:e-1", **body})
                assert (refused.is_error, STAYS in refused.text) == (True, True), refused.text
        listed = await client.post(
            "/auth/api-keys/models", json={"provider": "openai", "apiKey": "sk-of-the-test-and-long"}
        )
        assert STAYS in listed.text
        proxy = await client.post("/api/proxies", json={"name": "far", "url": "http://egress.invalid:3128"})
        checked = await client.post(f"/api/proxies/{proxy.json()['proxy']['id']}/check")
        assert STAYS in checked.text
        message: dict[str, Any] = {"role": "user", "content": "still here"}
        told = await client.post("/v1/chat/completions", json={"model": "gpt-5.4", "messages": [message]})
        assert "still here" in told.text
