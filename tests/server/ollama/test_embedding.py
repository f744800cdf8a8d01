"""Ollama's endpoints for embeddings, answered by vendors."""

import json
from typing import Any

import pytest

from codex_proxy.protocols.ollama.embedding import EmbedEndpoint
from codex_proxy.server.ollama.embedding import EmbeddingParts, OllamaEmbedding
from codex_proxy.server.security import Caller
from tests.gateway.raw.test_relay import RawScene, answer, embedding_key
from tests.gateway.scene import Scene, refusing
from tests.server.ollama.calling import Call, inference_parts

TWO = b'{"data":[{"embedding":[0.5]},{"embedding":[1.0]}],"usage":{"prompt_tokens":3}}'


async def ask(raw: RawScene, body: Any, endpoint: EmbedEndpoint = EmbedEndpoint.EMBED) -> Call:
    caller = Caller(key_id="ollama", scopes=frozenset({"inference"}))
    parts = EmbeddingParts(inference=inference_parts(Scene(), max_body_bytes=500), raw=raw.gateway, caller=caller)
    call = Call(body)
    await OllamaEmbedding(endpoint, parts)(call.incoming())
    return call


async def test_the_vendor_is_asked_in_openais_words() -> None:
    raw = RawScene(embedding_key("k"))
    raw.transport.add(answer(TWO))
    call = await ask(raw, {"model": "mine", "input": ["a", "b"], "dimensions": 1, "truncate": True})
    assert json.loads(raw.transport.calls[0][1].body) == {"model": "embed-1", "input": ["a", "b"], "dimensions": 1}
    assert (call.status, call.json["embeddings"], call.json["prompt_eval_count"]) == (200, [[0.5], [1.0]], 3)
    record = raw.records.all[0]
    assert record.usage is not None
    assert (record.dialect, record.client_key_id, record.usage.input_tokens) == ("ollama_embed", "ollama", 3)


async def test_the_older_endpoint() -> None:
    raw = RawScene(embedding_key("k"))
    raw.transport.add(answer())
    call = await ask(raw, {"model": "embed-1", "prompt": "a"}, EmbedEndpoint.EMBEDDINGS)
    assert call.json == {"embedding": [0.1]}


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"{", 400, "JSON"),
        (b"x" * 501, 413, "500"),
        ({"input": "a"}, 400, "model"),
        ({"model": "embed-1"}, 400, "input"),
        ({"model": "nobodys", "input": "a"}, 404, "nobodys"),
    ],
)
async def test_errors_have_this_dialects_shape(body: Any, status: int, told: str) -> None:
    call = await ask(RawScene(embedding_key("k")), body)
    assert (call.status, set(call.json)) == (status, {"error"})
    assert told in call.json["error"]


async def test_the_vendors_refusal_is_told_in_this_shape() -> None:
    raw = RawScene(embedding_key("k"))
    raw.transport.add(refusing(402, {"error": {"message": "pay"}}))
    call = await ask(raw, {"model": "embed-1", "input": "a"})
    assert (call.status, call.json) == (402, {"error": "pay"})


async def test_where_nobody_embeds_that_is_what_is_told() -> None:
    call = await ask(RawScene(), {"model": "nobodys", "input": "a"})
    assert (call.status, "no vendor key" in call.json["error"]) == (501, True)
