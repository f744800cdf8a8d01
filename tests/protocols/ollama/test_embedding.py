"""Ollama's two endpoints for embeddings."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest, Embeddings
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.ollama.embedding import EmbedEndpoint, OllamaEmbeddingServer

VECTORS = Embeddings(vectors=((0.5,), (1.0,)), input_tokens=7)


def server(endpoint: EmbedEndpoint) -> OllamaEmbeddingServer:
    seconds = iter((10.0, 12.5))
    return OllamaEmbeddingServer(endpoint, lambda: next(seconds))


def read(endpoint: EmbedEndpoint, **members: Any) -> EmbeddingRequest:
    return server(endpoint).parse_request(json.dumps({"model": "m", **members}).encode())


def test_one_text_or_several() -> None:
    assert read(EmbedEndpoint.EMBED, input="a", truncate=True, keep_alive="5m").inputs == ("a",)
    several = read(EmbedEndpoint.EMBED, input=["a", "b"], dimensions=4)
    assert (several.inputs, several.dimensions) == (("a", "b"), 4)
    assert read(EmbedEndpoint.EMBEDDINGS, prompt="a", options={}).inputs == ("a",)


@pytest.mark.parametrize(
    ("endpoint", "members", "path"),
    [
        (EmbedEndpoint.EMBED, {}, "input"),
        (EmbedEndpoint.EMBED, {"input": [1, 2]}, "input"),
        (EmbedEndpoint.EMBED, {"input": "a", "dimensions": -1}, "dimensions"),
        (EmbedEndpoint.EMBEDDINGS, {"input": "a"}, "prompt"),
    ],
)
def test_what_cannot_be_embedded_is_named(endpoint: EmbedEndpoint, members: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(endpoint, **members)
    assert refused.value.path == path


def test_the_answers() -> None:
    codec = server(EmbedEndpoint.EMBED)
    request = codec.parse_request(b'{"input": ["a", "b"]}')
    assert json.loads(codec.encode_response(request, VECTORS, model="mine:latest")) == {
        "model": "mine:latest",
        "embeddings": [[0.5], [1.0]],
        "total_duration": 2_500_000_000,
        "load_duration": 0,
        "prompt_eval_count": 7,
    }
    older = server(EmbedEndpoint.EMBEDDINGS)
    assert json.loads(older.encode_response(request, VECTORS, model="m")) == {"embedding": [0.5]}
