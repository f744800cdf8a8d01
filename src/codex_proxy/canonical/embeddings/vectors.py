"""A request for embeddings and its answer.

Rules of this file: pure values.  A vector belongs to the input at its own place.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from codex_proxy.canonical.notes import Note

EmbeddingInput: TypeAlias = str | tuple[int, ...]
"""A text, or the ids of its tokens."""


class EmbeddingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to embed, never nothing; ``dimensions`` None leaves the length of the vectors to the model.

    ``notes`` tell what of the client's request is not said on.
    """

    inputs: tuple[EmbeddingInput, ...]
    dimensions: int | None = None
    notes: tuple[Note, ...] = ()


class Embeddings(msgspec.Struct, frozen=True, kw_only=True):
    """One vector for each input; ``input_tokens`` is None where the vendor does not count them."""

    vectors: tuple[tuple[float, ...], ...]
    input_tokens: int | None = None


def joined(parts: Sequence[Embeddings]) -> Embeddings:
    """The vectors of several answers in their order; tokens are counted where all of them are."""
    counts = [part.input_tokens for part in parts]
    counted = [count for count in counts if count is not None]
    return Embeddings(
        vectors=tuple(vector for part in parts for vector in part.vectors),
        input_tokens=sum(counted) if counted and len(counted) == len(counts) else None,
    )
