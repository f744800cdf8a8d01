"""OpenAI's words for embeddings, in both roles."""

import base64
import json
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest, Embeddings
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.openai.embeddings import OpenAiEmbeddingClient, OpenAiEmbeddingServer

SERVER, CLIENT = OpenAiEmbeddingServer(), OpenAiEmbeddingClient()
VECTORS = Embeddings(vectors=((0.5, -1.0), (0.25, 2.0)), input_tokens=7)


def read(**members: Any) -> EmbeddingRequest:
    return SERVER.parse_request(json.dumps({"model": "m", **members}).encode())


@pytest.mark.parametrize(
    ("told", "inputs"),
    [
        ("one", ("one",)),
        ("", ("",)),
        (["one", "two"], ("one", "two")),
        ([1, 2], ((1, 2),)),
        ([[1], [2, 3]], ((1,), (2, 3))),
        (["one", [2]], ("one", (2,))),
    ],
)
def test_an_input_is_a_text_or_tokens_or_several_of_them(told: Any, inputs: Any) -> None:
    assert read(input=told).inputs == inputs


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": {}}, "input"),
        ({"input": ["a", 1]}, "input[1]"),
        ({"input": [[]]}, "input[0]"),
        ({"input": [[True]]}, "input[0]"),
        ({"input": "a", "dimensions": 0}, "dimensions"),
        ({"input": "a", "dimensions": "8"}, "dimensions"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format"),
    ],
)
def test_what_cannot_be_embedded_is_named(members: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read(**members)
    assert refused.value.path == path


def test_what_only_openai_knows_is_noted() -> None:
    request = read(input="a", dimensions=8, user="me", metadata=None)
    assert (request.dimensions, [note.path for note in request.notes]) == (8, ["user"])


def test_the_answer_comes_in_numbers_or_packed_as_the_client_asked() -> None:
    plain = json.loads(SERVER.encode_response(read(input=["a", "b"]), VECTORS, model="mine"))
    assert [row["embedding"] for row in plain["data"]] == [[0.5, -1.0], [0.25, 2.0]]
    assert [row["index"] for row in plain["data"]] == [0, 1]
    assert (plain["model"], plain["usage"]) == ("mine", {"prompt_tokens": 7, "total_tokens": 7})
    asked = read(input=["a", "b"], encoding_format="base64")
    packed = json.loads(SERVER.encode_response(asked, VECTORS, model="mine"))
    assert base64.b64decode(packed["data"][0]["embedding"]) == struct.pack("<2f", 0.5, -1.0)


def test_a_vendor_is_asked_for_one_text_as_for_one() -> None:
    def built(**members: Any) -> Any:
        (body,) = CLIENT.build_bodies(read(**members), model="theirs")
        return json.loads(body)

    assert built(input=["a"], dimensions=4) == {"model": "theirs", "input": "a", "dimensions": 4}
    assert built(input=["a", "b"]) == {"model": "theirs", "input": ["a", "b"]}
    assert built(input=[1, 2])["input"] == [[1, 2]]
    assert built(input="")["input"] == [""]


@pytest.mark.parametrize("form", ["float", "base64"])
def test_the_client_reads_what_the_server_says(form: str) -> None:
    request = read(input=["a", "b"], encoding_format=form)
    assert CLIENT.parse_response(SERVER.encode_response(request, VECTORS, model="m")) == VECTORS


def test_the_vectors_come_in_the_order_of_the_inputs() -> None:
    rows = [{"index": 1, "embedding": [2]}, {"index": 0, "embedding": [1]}]
    told = CLIENT.parse_response(json.dumps({"data": rows}).encode())
    assert told == Embeddings(vectors=((1,), (2,)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"data": 1}',
        b'{"data": [1]}',
        b'{"data": [{}]}',
        b'{"data": [{"embedding": ["x"]}]}',
        b'{"data": [{"embedding": [1e300]}]}',
        b'{"data": [{"embedding": "*"}]}',
        b'{"data": [{"embedding": "AAA="}]}',
        b'{"data": [{"index": 0, "embedding": [1]}, {"index": "x", "embedding": [1]}]}',
    ],
)
def test_an_answer_that_is_none(body: bytes) -> None:
    assert CLIENT.parse_response(body) is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["embedding", "index"]), inner),
    max_leaves=6,
)


@given(members=st.dictionaries(st.sampled_from(["input", "data", "usage", "dimensions", "encoding_format"]), ANYTHING))
def test_anything_is_read_or_refused(members: Any) -> None:
    body = json.dumps(members).encode()
    assert CLIENT.parse_response(body) is None or members["data"] is not None
    with suppress(InvalidRequest):
        assert SERVER.parse_request(body).inputs
