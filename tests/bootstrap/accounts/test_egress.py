"""Ways out, put together and reached over the control plane."""

from pathlib import Path

from tests.scenarios.stage import stage

DEAD = "http://user:secret-of-the-proxy@127.0.0.1:9"


async def test_p_02_an_account_given_a_dead_proxy_says_so_and_never_goes_round_it(tmp_path: Path) -> None:
    async with stage(tmp_path, QUOTA__CONCURRENCY="1") as play:
        await play.models_fetched()
        proxy = (await play.client.post("/api/proxies", json={"name": "Home", "url": DEAD})).json()["proxy"]
        accounts = (await play.client.get("/auth/accounts")).json()["accounts"]
        rows = [{"accountId": account["id"], "proxyId": proxy["id"]} for account in accounts]
        given = await play.client.post("/api/proxies/assign-bulk", json={"assignments": rows})
        assert given.json()["applied"] == len(rows) == 2
        before = len(await play.asked())
        reply = await play.chat()
        assert reply.status_code == 502
        assert "Home" in reply.text
        assert "secret-of-the-proxy" not in reply.text
        assert len(await play.asked()) == before
        freed = [{"accountId": account["id"], "proxyId": "direct"} for account in accounts]
        await play.client.post("/api/proxies/assign-bulk", json={"assignments": freed})
        assert (await play.chat()).status_code == 200


async def test_p_05_no_answer_shows_a_proxys_password(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        await play.client.post("/api/proxies", json={"url": DEAD})
        for path in ("/api/proxies", "/api/proxies/assignments", "/auth/accounts", "/health/details"):
            assert "secret-of-the-proxy" not in (await play.client.get(path)).text


async def test_q_11_who_wins_over_a_kept_interval_of_checks_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path, EGRESS__CHECK_INTERVAL_MINUTES="7") as play:
        assert (await play.client.get("/api/proxies")).json()["healthCheckIntervalMinutes"] == 7
        kept = await play.client.put("/api/proxies/settings", json={"healthCheckIntervalMinutes": 60})
        assert "CODEX_PROXY_EGRESS__CHECK_INTERVAL_MINUTES" in kept.json()["overridden"]
        assert (await play.client.get("/api/proxies")).json()["healthCheckIntervalMinutes"] == 7
    assert "check_interval_minutes: 60" in (tmp_path / "local.yaml").read_text()
