"""Requests for embeddings and their answers."""

import pytest

from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest, Embeddings, joined


def test_what_is_not_told_is_left_to_the_model_and_not_counted() -> None:
    request, answer = EmbeddingRequest(inputs=("a", (1, 2))), Embeddings(vectors=((0.5,), (1.0,)))
    assert (request.dimensions, request.notes, answer.input_tokens) == (None, (), None)
    with pytest.raises(AttributeError):
        request.dimensions = 3  # type: ignore[misc]


def test_parts_are_one_answer_and_counted_where_all_are() -> None:
    first, second = Embeddings(vectors=((1.0,),), input_tokens=2), Embeddings(vectors=((2.0,), (3.0,)), input_tokens=3)
    assert joined([first, second]) == Embeddings(vectors=((1.0,), (2.0,), (3.0,)), input_tokens=5)
    assert joined([first, Embeddings(vectors=())]).input_tokens is None
    assert joined([]) == Embeddings(vectors=())
