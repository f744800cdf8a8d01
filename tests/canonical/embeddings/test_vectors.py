"""Requests for embeddings and their answers."""

import pytest

from codex_proxy.canonical.embeddings.vectors import EmbeddingRequest, Embeddings


def test_what_is_not_told_is_left_to_the_model_and_not_counted() -> None:
    request, answer = EmbeddingRequest(inputs=("a", (1, 2))), Embeddings(vectors=((0.5,), (1.0,)))
    assert (request.dimensions, request.notes, answer.input_tokens) == (None, (), None)
    with pytest.raises(AttributeError):
        request.dimensions = 3  # type: ignore[misc]
