"""Gemini's words for embeddings, in both roles."""

import json
from typing import Any

import pytest

from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest, Embeddings
from codex_proxy.protocols.base import InvalidRequest, Unsupported
from codex_proxy.protocols.gemini.embedding import (
    BATCH_EMBED,
    EMBED,
    MOST_IN_A_BATCH,
    GeminiEmbeddingClient,
    GeminiEmbeddingServer,
    with_model,
)

CLIENT = GeminiEmbeddingClient()
VECTORS = Embeddings(vectors=((0.5, -1.0),), input_tokens=7)


def content(*texts: str, **members: Any) -> dict[str, Any]:
    return {"content": {"parts": [{"text": text} for text in texts]}, **members}


def read(verb: str, body: Any) -> EmbeddingRequest:
    return GeminiEmbeddingServer(verb).parse_request(json.dumps(body).encode())


def test_the_parts_of_a_content_are_one_text() -> None:
    request = read(EMBED, content("a", "b", model="models/m", output_dimensionality=8))
    assert (request.inputs, request.dimensions, request.notes) == (("a\nb",), 8, ())


def test_of_a_batch_each_request_is_a_text() -> None:
    request = read(
        BATCH_EMBED, {"requests": [content("a", outputDimensionality="4"), content("b", outputDimensionality=4)]}
    )
    assert (request.inputs, request.dimensions) == (("a", "b"), 4)


def test_what_only_gemini_knows_is_noted_once() -> None:
    request = read(
        EMBED, content("a", taskType="RETRIEVAL_QUERY", embedContentConfig={"title": "t", "outputDimensionality": 2})
    )
    assert request.dimensions == 2
    assert sorted(note.path for note in request.notes) == ["embedContentConfig.title", "taskType"]
    batch = read(BATCH_EMBED, {"requests": [content("a", task_type="X"), content("b", task_type="X")]})
    assert [note.path for note in batch.notes] == ["requests[0].task_type"]


@pytest.mark.parametrize(
    ("verb", "body", "path"),
    [
        (EMBED, {}, "content"),
        (EMBED, {"content": {"parts": []}}, "content"),
        (EMBED, {"content": {"parts": [{"inlineData": {}}]}}, "content.parts[0]"),
        (EMBED, content("a", model="models/"), "model"),
        (EMBED, content("a", outputDimensionality=0), "outputDimensionality"),
        (BATCH_EMBED, {}, "requests"),
        (BATCH_EMBED, {"requests": []}, "requests"),
        (BATCH_EMBED, {"requests": [content("a"), {}]}, "requests[1].content"),
        (BATCH_EMBED, {"requests": [content("a", outputDimensionality=1), content("b")]}, "requests"),
    ],
)
def test_what_cannot_be_embedded_is_named(verb: str, body: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(verb, body)
    assert refused.value.path == path


def test_the_answer_of_either_verb_is_read_by_the_client() -> None:
    one = GeminiEmbeddingServer(EMBED).encode_response(read(EMBED, content("a")), VECTORS, model="m")
    assert json.loads(one) == {"embedding": {"values": [0.5, -1.0]}, "usageMetadata": {"promptTokenCount": 7}}
    batch = read(BATCH_EMBED, {"requests": [content("a")]})
    several = GeminiEmbeddingServer(BATCH_EMBED).encode_response(batch, VECTORS, model="m")
    assert json.loads(several)["embeddings"] == [{"values": [0.5, -1.0]}]
    assert CLIENT.parse_response(one) == CLIENT.parse_response(several) == VECTORS


def test_a_vendor_is_asked_in_a_batch_and_for_texts_alone() -> None:
    (body,) = CLIENT.build_bodies(EmbeddingRequest(inputs=("a", "b"), dimensions=4), model="theirs")
    told = content("a") | {"model": "models/theirs", "outputDimensionality": 4}
    assert json.loads(body)["requests"][0] == told
    assert read(BATCH_EMBED, json.loads(body)).inputs == ("a", "b")
    with pytest.raises(Unsupported):
        CLIENT.build_bodies(EmbeddingRequest(inputs=((1, 2),)), model="theirs")


def test_more_texts_than_one_batch_may_hold_go_in_several() -> None:
    texts = tuple(str(number) for number in range(2 * MOST_IN_A_BATCH + 1))
    bodies = CLIENT.build_bodies(EmbeddingRequest(inputs=texts), model="theirs")
    asked = [read(BATCH_EMBED, json.loads(body)).inputs for body in bodies]
    assert ([len(part) for part in asked], sum(asked, ())) == ([100, 100, 1], texts)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"embeddings": 1}', b'{"embeddings": [1]}', b'{"embedding": {"values": ["x"]}}']
)
def test_an_answer_that_is_none(body: bytes) -> None:
    assert CLIENT.parse_response(body) is None


def test_another_name_of_the_model_leaves_every_other_byte() -> None:
    assert with_model(b'{"model": "models/a",  "content": {}}', "b") == b'{"model": "models/b",  "content": {}}'
    assert with_model(b'{"content":  {}}', "b") == b'{"content":  {}}'
    batch = with_model(b'{"requests":[{"model":"models/a", "x": 1.50},{"x":2}]}', "b")
    assert batch == b'{"requests":[{"model":"models/b", "x": 1.50},{"x":2}]}'
    for broken in (b"{", b'{"requests": [1]}', b'{"requests": 7}'):
        with pytest.raises(InvalidRequest):
            with_model(broken, "b")
