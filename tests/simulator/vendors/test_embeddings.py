"""Vectors of texts."""

import base64
import math
import struct
from typing import Any

import pytest

from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.simulator.vendors.embeddings import embed_content, embed_contents, embeddings, vector


@pytest.mark.parametrize("dimensions", [1, 8, 32, 33, 1536])
def test_a_vector_hangs_on_its_text_and_has_the_length_1(dimensions: int) -> None:
    made = vector("one", dimensions)
    assert len(made) == dimensions
    assert math.isclose(sum(number * number for number in made), 1.0, abs_tol=1e-4)
    assert made == vector("one", dimensions)
    assert dimensions == 1 or made != vector("two", dimensions)


@pytest.mark.parametrize(("told", "count"), [("one", 1), (["one", "two"], 2), ([1, 2, 3], 1), ([[1, 2], [3]], 2)])
def test_an_input_is_one_or_several_texts_or_lists_of_tokens(told: Any, count: int) -> None:
    made = embeddings({"model": "m", "input": told})
    assert [one["index"] for one in made["data"]] == list(range(count))
    assert made["usage"]["total_tokens"] >= count


def test_packed_numbers_are_the_same_numbers() -> None:
    packed = embeddings({"input": "one", "encoding_format": "base64"})["data"][0]["embedding"]
    assert list(struct.unpack("<8f", base64.b64decode(packed))) == pytest.approx(vector("one"))


def test_gemini_asks_for_one_or_several() -> None:
    def content(text: str, **members: Any) -> dict[str, Any]:
        return {"content": {"parts": [{"text": text}]}} | members

    assert embed_content(content("one")) == {"embedding": {"values": vector("one")}}
    asked = {"requests": [content("one", outputDimensionality=4), content("two")]}
    assert embed_contents(asked) == {"embeddings": [{"values": vector("one", 4)}, {"values": vector("two")}]}


@pytest.mark.parametrize("body", [{}, {"input": []}, {"input": 7}, {"input": "x", "dimensions": 0}])
def test_what_cannot_be_embedded(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        embeddings(body)


@pytest.mark.parametrize("body", [{}, {"requests": []}, {"requests": [{}]}, {"requests": [{"content": "x"}]}])
def test_what_cannot_be_embedded_by_gemini(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        embed_contents(body)
