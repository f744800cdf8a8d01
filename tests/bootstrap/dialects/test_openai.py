"""OpenAI's routes put together."""

from pathlib import Path

import pytest

from tests.scenarios.stage import stage

CODEX = {"originator": "codex_exec"}
ASK = {"model": "gpt-5.4"}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/completions",
        "/completions",
        "/v1/responses/compact",
        "/responses/compact",
        "/backend-api/codex/responses/compact",
        "/v1/alpha/search",
        "/backend-api/codex/alpha/search",
        "/v1/memories/trace_summarize",
        "/openai/v1/completions",
    ],
)
async def test_every_route_and_its_variants_answer(tmp_path: Path, path: str) -> None:
    async with stage(tmp_path) as play:
        words = {"prompt" if path.endswith("completions") else "input": "x"}
        assert (await play.client.post(path, json=ASK | words, headers=CODEX)).status_code == 200
        wrong = await play.client.get(path, headers=CODEX)
        del play.client.headers["authorization"]
        unknown = await play.client.post(path, json=ASK, headers=CODEX)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_models_are_listed_on_every_path(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        for path in ("", "/gpt-5.4", "/gpt-5.4/info", "/catalog"):
            for prefix in ("/v1/models", "/models", "/v1/v1/models"):
                assert (await play.client.get(prefix + path)).status_code == 200, prefix + path
