"""The routes of the data plane."""

from pathlib import Path

from tests.scenarios.stage import stage

PATHS = {
    "/v1/chat/completions": {"model": "gpt-5.4", "messages": [{"role": "user", "content": "x"}]},
    "/v1/responses": {"model": "gpt-5.4", "input": "x"},
    "/v1/messages": {"model": "gpt-5.4", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]},
    "/v1beta/models/gpt-5.4:generateContent": {"contents": [{"parts": [{"text": "x"}]}]},
    "/v1/completions": {"model": "gpt-5.4", "prompt": "x"},
    "/v1/responses/input_tokens": {"model": "gpt-5.4", "input": "x"},
}


async def test_every_dialect_has_its_routes_and_wants_a_key(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        statuses = {path: (await play.client.post(path, json=body)).status_code for path, body in PATHS.items()}
        assert set(statuses.values()) == {200}
        assert (await play.client.get("/v1/fidelity")).status_code == 200
        del play.client.headers["authorization"]
        refused = {path: (await play.client.post(path, json=body)).status_code for path, body in PATHS.items()}
        assert set(refused.values()) == {401}
        assert (await play.client.get("/health")).status_code == 200


async def test_what_belongs_to_no_endpoint_is_told_in_the_callers_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as play:
        openai = (await play.client.post("/v1/nothing")).json()
        anthropic = (await play.client.post("/v1/messages/nothing")).json()
        gemini = (await play.client.post("/v1beta/nothing")).json()
    assert openai["error"]["code"] == "unknown_url"
    assert (anthropic["type"], anthropic["error"]["type"]) == ("error", "not_found_error")
    assert gemini["error"]["status"] == "NOT_FOUND"
