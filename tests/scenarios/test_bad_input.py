"""The rows of docs/bad-input.md."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import zstandard

from tests.scenarios.stage import CHAT, RESPONSES, Stage, stage

MESSAGES = [{"role": "user", "content": "hi"}]
DEEP = b'{"model":"gpt-5.4","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
LONE = b'{"model":"gpt-5.4","messages":[{"role":"user","content":"a\\ud800b"}],"input":"a\\ud800b"}'


@pytest_asyncio.fixture
async def play(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as running:
        yield running


async def post(play: Stage, path: str, body: bytes | dict[str, Any], **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await play.client.post(path, content=content, headers=headers)


def told(reply: httpx.Response) -> tuple[int, str | None, str | None]:
    error = reply.json()["error"]
    assert error["message"]
    assert reply.headers["x-request-id"]
    return reply.status_code, error["code"], error["param"]


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"model": "m",\n  nonsense}', "line 2"),
        (b"[1]", "object"),
        (b"", "JSON"),
        (b'{"model":"gpt-5.4","messages":"\xff"}', "UTF-8"),
        (DEEP, "nested"),
    ],
)
async def test_what_is_no_json_object_is_said_so(play: Stage, path: str, body: bytes, words: str) -> None:
    reply = await post(play, path, body)
    assert told(reply)[0] == 400
    assert words in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        (CHAT, {"model": "gpt-5.4", "messages": 7}, "messages"),
        (CHAT, {"model": "gpt-5.4", "messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        (CHAT, {"model": "gpt-5.4", "messages": MESSAGES, "stream": "yes"}, "stream"),
        (CHAT, {"model": "gpt-5.4", "messages": []}, "messages"),
        (CHAT, {"model": "gpt-5.4"}, "messages"),
        (RESPONSES, {"model": "gpt-5.4"}, "input"),
        (RESPONSES, {"model": "gpt-5.4", "input": [{"role": "user", "content": 7}]}, "input[0].content"),
    ],
)
async def test_a_wrong_or_missing_field_is_named(play: Stage, path: str, body: dict[str, Any], param: str) -> None:
    status, _, named = told(await post(play, path, body))
    assert (status, named) == (400, param)


async def test_without_a_model_the_default_answers(play: Stage) -> None:
    assert (await post(play, CHAT, {"messages": MESSAGES})).status_code == 200
    assert (await play.asked())[0]["body"]["model"] == "gpt-5.4"


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
async def test_a_body_over_the_limit_is_refused(play: Stage, path: str) -> None:
    big = b'{"model":"' + b"x" * (65 * 1024 * 1024) + b'"}'
    reply = await post(play, path, big)
    assert told(reply)[:2] == (413, "request_too_large")
    packed = await post(play, path, zstandard.compress(big), **{"content-encoding": "zstd"})
    assert told(packed)[:2] == (413, "request_too_large")


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
async def test_a_lone_surrogate_becomes_a_replacement_character(play: Stage, path: str) -> None:
    assert (await post(play, path, LONE)).status_code == 200
    assert "a\ufffdb" in json.dumps((await play.asked())[0]["body"]["input"], ensure_ascii=False)


async def test_an_unknown_field_is_noted(play: Stage) -> None:
    reply = await post(play, CHAT, {"model": "gpt-5.4", "messages": MESSAGES, "brand_new": 1})
    assert reply.status_code == 200
    assert "brand_new" in reply.headers["x-codex-proxy-notes"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (CHAT, {"messages": MESSAGES, "reasoning_effort": "banana"}, "reasoning_effort"),
        (RESPONSES, {"input": "hi", "reasoning": {"effort": "banana"}}, "reasoning.effort"),
    ],
)
async def test_an_unknown_effort_is_noted(play: Stage, path: str, body: dict[str, Any], field: str) -> None:
    reply = await post(play, path, {"model": "gpt-5.4-high", **body})
    assert reply.status_code == 200
    assert f"{field};dropped" in reply.headers["x-codex-proxy-notes"]
    assert (await play.asked())[0]["body"]["reasoning"]["effort"] == "high"


@pytest.mark.parametrize("authorization", ["", "Bearer wrong"])
async def test_a_wrong_key_is_refused(play: Stage, authorization: str) -> None:
    reply = await post(play, CHAT, {"messages": MESSAGES}, authorization=authorization)
    assert told(reply)[:2] == (401, "invalid_api_key")


async def test_unknown_paths_methods_models_and_pages(play: Stage) -> None:
    assert told(await play.client.get("/v1/nowhere"))[:2] == (404, "unknown_url")
    refused = await play.client.get(CHAT)
    assert told(refused)[:2] == (405, "method_not_allowed")
    assert refused.headers["allow"] == "POST"
    await play.models_fetched()
    unknown = await post(play, CHAT, {"model": "gpt-5.4-mimi", "messages": MESSAGES})
    assert told(unknown) == (404, "model_not_found", "model")
    assert "gpt-5.4-mini" in unknown.json()["error"]["message"]
    foreign = await post(play, CHAT, {"messages": MESSAGES}, origin="https://evil.example")
    assert told(foreign)[:2] == (403, "forbidden")
    assert await play.asked() == []
