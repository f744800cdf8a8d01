"""Gemini's endpoints for embeddings, answered by vendors."""

import json
from typing import Any

import pytest

from codex_proxy.protocols.gemini.server import GeminiServer
from codex_proxy.server.api.inference import FailureEncoder
from codex_proxy.server.raw.endpoints import VendorEndpointParts
from codex_proxy.server.raw.gemini import GeminiEmbedding
from codex_proxy.server.registry import RunningExchanges
from tests.gateway.raw.test_relay import RawScene, answer, embedding_key
from tests.server.ollama.calling import Call

ONE = {"content": {"parts": [{"text": "hi"}]}}


async def ask(raw: RawScene, verb: str, model: str, body: Any) -> Call:
    parts = VendorEndpointParts(
        gateway=raw.gateway,
        running=RunningExchanges(),
        encode_failure=FailureEncoder(GeminiServer()),
        max_body_bytes=lambda: 1000,
    )
    endpoint = GeminiEmbedding(parts)(verb, model)
    assert endpoint is not None
    call = Call(body)
    await endpoint(call.incoming())
    return call


def test_other_verbs_are_not_its_own() -> None:
    parts = VendorEndpointParts(
        gateway=RawScene().gateway,
        running=RunningExchanges(),
        encode_failure=FailureEncoder(GeminiServer()),
        max_body_bytes=lambda: 1,
    )
    assert GeminiEmbedding(parts)("generateContent", "m") is None


async def test_a_vendor_of_openais_words_answers_in_geminis() -> None:
    raw = RawScene(embedding_key("k"))
    raw.transport.add(answer(), answer())
    one = await ask(raw, "embedContent", "mine", ONE | {"taskType": "CLUSTERING"})
    assert (one.status, one.json["embedding"]) == (200, {"values": [0.1]})
    assert "taskType" in one.told["x-codex-proxy-notes"]
    batch = await ask(raw, "batchEmbedContents", "embed-1", {"requests": [ONE]})
    assert batch.json["embeddings"] == [{"values": [0.1]}]
    assert [json.loads(call.body) for _, call in raw.transport.calls] == [{"model": "embed-1", "input": "hi"}] * 2
    assert [record.dialect for record in raw.records.all] == ["gemini_embed_content", "gemini_batch_embed_contents"]


@pytest.mark.parametrize(
    ("model", "body", "status", "told"),
    [
        ("embed-1", {}, 400, "INVALID_ARGUMENT"),
        ("embed-1", b"{", 400, "INVALID_ARGUMENT"),
        ("nobodys", ONE, 404, "NOT_FOUND"),
        ("gpt-5.4", ONE, 404, "NOT_FOUND"),
    ],
)
async def test_errors_are_worded_as_geminis(model: str, body: Any, status: int, told: str) -> None:
    call = await ask(RawScene(embedding_key("k")), "embedContent", model, body)
    assert (call.status, call.json["error"]["code"], call.json["error"]["status"]) == (status, status, told)
