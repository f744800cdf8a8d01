"""Gemini's endpoints on their own: what the path says, and who shares it."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from codex_proxy.bootstrap.clock import RandomIds, SystemClock
from codex_proxy.canonical.target import ModelFacts
from codex_proxy.operations.token_count import TokenCounting
from codex_proxy.protocols.base import WireReply
from codex_proxy.server.api.counting import CountParts
from codex_proxy.server.api.gemini import (
    GeminiClientsFirst,
    GeminiEndpoint,
    GeminiModelsEndpoint,
    is_gemini_client,
    model_part,
)
from codex_proxy.server.api.inference import InferenceParts
from codex_proxy.server.incoming import Endpoint, Incoming
from codex_proxy.server.registry import RunningExchanges
from codex_proxy.server.streaming import Pace
from codex_proxy.usage.counting.plan import Passage
from tests.gateway.scene import Scene, answering

ASK = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
MODELS = [ModelFacts(slug="gpt-5.4"), ModelFacts(slug="openai/gpt")]


class Counter:
    """Counts every passage as ten."""

    async def count(self, passages: Sequence[Passage]) -> Sequence[int | None]:
        return [10 for _ in passages]


def embeds(verb: str, model: str) -> Endpoint | None:
    """Stands where the endpoints of embeddings stand, and says what it was asked."""

    async def answer(incoming: Incoming) -> None:
        await incoming.reply(WireReply(status=200, body=f"{verb} of {model}".encode()))

    return answer if verb == "embedContent" else None


def asking(scene: Scene) -> GeminiEndpoint:
    running = RunningExchanges()
    parts = InferenceParts(
        gateway=scene.gateway,
        running=running,
        clock=SystemClock(),
        ids=RandomIds(),
        pace=Pace,
        max_body_bytes=lambda: 10_000,
    )
    counting = CountParts(counting=TokenCounting(Counter()), running=running, max_body_bytes=lambda: 10_000)
    return GeminiEndpoint(parts, counting, embeds)


def incoming(path: str, query: str = "", *, method: str = "POST", **headers: str) -> tuple[Incoming, list[Any]]:
    waiting = [{"type": "http.request", "body": json.dumps(ASK).encode(), "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop() if waiting else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    made = Incoming(
        method=method, path=path, query=query, headers=headers, request_id="req", receive=receive, send=send
    )
    return made, sent


async def answer(endpoint: Endpoint, path: str, query: str = "", **how: Any) -> tuple[int, str, bytes]:
    """Status, media type and body."""
    request, sent = incoming(path, query, **how)
    await endpoint(request)
    start, *parts = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers["content-type"], b"".join(part["body"] for part in parts)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1beta/models/gpt-5.4:generateContent", "gpt-5.4"),
        ("/v1/models/gpt-5.4:generateContent", "gpt-5.4"),
        ("/v1beta/models/models/gpt-5.4:generateContent", "gpt-5.4"),
    ],
)
async def test_a_whole_answer(path: str, model: str) -> None:
    scene = Scene()
    scene.transport.add(answering("hello"))
    status, media_type, body = await answer(asking(scene), path, "alt=sse")
    told = json.loads(body)
    assert (status, media_type) == (200, "application/json")
    assert told["candidates"][0]["content"]["parts"][0]["text"] == "hello"
    assert told["modelVersion"] == model


@pytest.mark.parametrize(
    ("query", "media_type"),
    [
        ("alt=sse", "text/event-stream"),
        ("key=x&alt=sse", "text/event-stream"),
        ("", "application/json"),
        ("alt=json", "application/json"),
    ],
)
async def test_the_query_decides_the_form_of_a_stream(query: str, media_type: str) -> None:
    scene = Scene()
    scene.transport.add(answering("hello"))
    status, told, body = await answer(asking(scene), "/v1beta/models/gpt-5.4:streamGenerateContent", query)
    assert (status, told.partition(";")[0]) == (200, media_type)
    if media_type == "application/json":
        assert json.loads(body)[0]["candidates"][0]["content"]["parts"] == [{"text": "hello"}]
    else:
        assert body.startswith(b"data: ")


async def test_a_count() -> None:
    status, _, body = await answer(asking(Scene()), "/v1beta/models/gpt-5.4:countTokens")
    told = json.loads(body)
    assert status == 200
    assert told["totalTokens"] == told["promptTokensDetails"][0]["tokenCount"] > 0


@pytest.mark.parametrize("path", ["/v1beta/models/m:predict", "/v1/models/m", "/v1beta/models/:generateContent"])
async def test_verbs_that_are_not_served_get_geminis_own_404(path: str) -> None:
    status, _, body = await answer(asking(Scene()), path)
    error = json.loads(body)["error"]
    assert (status, error["code"], error["status"]) == (404, 404, "NOT_FOUND")
    assert path in error["message"]


async def test_the_list_and_one_model() -> None:
    endpoint = GeminiModelsEndpoint(lambda _: MODELS)
    status, _, body = await answer(endpoint, "/v1beta/models", "pageSize=1", method="GET")
    assert (status, json.loads(body)["nextPageToken"]) == (200, "1")
    for path in ("/v1beta/models/gpt-5.4", "/v1/models/gpt-5.4"):
        assert json.loads((await answer(endpoint, path, method="GET"))[2])["name"] == "models/gpt-5.4"
    encoded = await answer(endpoint, "/v1beta/models/openai%2Fgpt", method="GET")
    assert json.loads(encoded[2])["baseModelId"] == "openai/gpt"
    status, _, body = await answer(endpoint, "/v1beta/models/nobody", method="GET")
    assert (status, json.loads(body)["error"]["status"]) == (404, "NOT_FOUND")
    assert (await answer(endpoint, "/v1beta/models", "pageToken=x", method="GET"))[0] == 400


@pytest.mark.parametrize(
    ("query", "headers", "gemini"),
    [
        ("", {"x-goog-api-key": "k"}, True),
        ("", {"x-goog-api-client": "google-genai-sdk/3"}, True),
        ("key=k", {}, True),
        ("", {"authorization": "Bearer k"}, False),
        ("keys=k", {}, False),
    ],
)
async def test_a_shared_path_is_told_apart_by_who_asks(query: str, headers: dict[str, str], gemini: bool) -> None:
    asked: list[str] = []

    def noting(name: str) -> Endpoint:
        async def endpoint(incoming: Incoming) -> None:
            asked.append(name)

        return endpoint

    shared = GeminiClientsFirst(gemini=noting("gemini"), others=noting("others"))
    request, _ = incoming("/v1/models", query, method="GET", **headers)
    await shared(request)
    assert is_gemini_client(request) is gemini
    assert asked == ["gemini" if gemini else "others"]


def test_what_stands_behind_models() -> None:
    assert model_part("/v1beta/models") == model_part("/v1/models/") == ""
    assert model_part("/v1beta/models/a%2Fb:generateContent") == "a/b:generateContent"
