"""The gateway put together."""

from pathlib import Path

from tests.scenarios.stage import KEY, stage


async def test_every_route_and_its_variants_answer(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        for path in (
            "/v1/chat/completions",
            "/chat/completions",
            "/v1/v1/chat/completions",
            "/openai/v1/chat/completions",
        ):
            body = {"model": "gpt-5.4", "messages": [{"role": "user", "content": "hi"}]}
            assert (await play.client.post(path, json=body)).status_code == 200, path
        for path in ("/v1/responses", "/responses", "/backend-api/codex/responses", "/v1//responses/"):
            assert (await play.client.post(path, json={"model": "gpt-5.4", "input": "hi"})).status_code == 200, path
        for path in ("/", "/health", "/v1/models", "/models", "/v1/models/gpt-5.4", "/health/details", "/openapi"):
            assert (await play.client.get(path)).status_code == 200, path


async def test_settings_reach_the_parts(tmp_path: Path) -> None:
    settings = {
        "MODEL__ALIASES": '{"mine":"gpt-5.5-high"}',
        "CHAT__REASONING_FIELD": "reasoning",
        "MODEL__DEFAULT_INSTRUCTIONS": "be brief",
        "CLIENT__PROFILE": "cli",
        "AUTH__MAX_CONCURRENT_PER_ACCOUNT": "3",
    }
    async with stage(tmp_path, **settings) as play:
        reply = await play.chat(model="mine", reasoning_effort="low")
        (asked,) = await play.asked()
        slots = (await play.client.get("/health/details")).json()["slots"]
    assert asked["body"]["model"] == "gpt-5.5"
    assert asked["body"]["instructions"] == "be brief"
    assert asked["body"]["reasoning"]["effort"] == "low"
    assert dict(asked["headers"])["originator"] == "codex-tui"
    assert reply.json()["choices"][0]["message"]["reasoning"]
    assert slots["total_count"] == 6


async def test_an_interval_between_the_requests_of_an_account_is_kept(tmp_path: Path) -> None:
    settings = {"AUTH__REQUEST_INTERVAL_MS": "600000", "AUTH__QUEUE_TIMEOUT_MS": "10"}
    async with stage(tmp_path, **settings) as play:
        replies = [await play.chat() for _ in range(3)]
        callers = [entry["account"] for entry in await play.asked()]
    assert [reply.status_code for reply in replies] == [200, 200, 503]
    assert replies[2].json()["error"]["code"] == "busy"
    assert sorted(callers) == ["account-1", "account-2"]


async def test_no_interval_may_be_null(tmp_path: Path) -> None:
    async with stage(tmp_path, AUTH__REQUEST_INTERVAL_MS="null") as play:
        assert [(await play.chat()).status_code for _ in range(3)] == [200, 200, 200]


async def test_keys_are_asked_for_where_they_should_be(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        del play.client.headers["authorization"]
        for path, status in (
            ("/", 200),
            ("/health", 200),
            ("/openapi", 200),
            ("/v1/models", 401),
            ("/health/details", 401),
        ):
            assert (await play.client.get(path)).status_code == status, path
        assert (await play.client.get("/v1/models", headers={"x-api-key": KEY})).status_code == 200
        assert (await play.client.get(f"/v1/models?key={KEY}")).status_code == 200
        assert (await play.client.get(f"/health/details?key={KEY}")).status_code == 403
