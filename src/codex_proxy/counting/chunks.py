"""Passages cut to what the tokeniser takes, and packed into batches.

Rules of this file: pure.  A text is cut before a single space between other characters wherever there is one near
enough: the vocabulary's pattern never reaches across it, so the sum of the parts is the count of the whole.  Elsewhere
(long runs without spaces) each cut, one in 64 KiB, may add or save a few tokens, which is less than 0.1 %.  A page
object of a PDF that lies across a cut is not found.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from codex_proxy.counting.wire import Chunk
from codex_proxy.usage.counting.plan import Passage, PassageKind

CHUNK_BYTES: Final = 1 << 16  # a token is at least a byte: far below the tokeniser's 200,000 tokens
BATCH_BYTES: Final = 1 << 18  # about 15 ms of counting, so that a long text lets short ones pass

_SEAM_SEARCH_BYTES: Final = 4096
_SPACES: Final = frozenset(b" \t\n\r\x0b\x0c")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A chunk of the passage with this index; ``is_last`` says that the passage ends with it."""

    passage_index: int
    chunk: Chunk
    is_last: bool


def batches_of(passages: Sequence[Passage]) -> Iterator[list[Part]]:
    """The parts of all passages, in order, in batches of about ``BATCH_BYTES``."""
    batch: list[Part] = []
    size_bytes = 0
    for part in _parts_of(passages):
        batch.append(part)
        size_bytes += len(part.chunk.content)
        if size_bytes >= BATCH_BYTES:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch


def split_text(text: bytes, limit_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
    """UTF-8 in pieces of at most ``limit_bytes``, never within a character."""
    start = 0
    while len(text) - start > limit_bytes:
        end = _cut(text, start, start + limit_bytes)
        yield text[start:end]
        start = end
    yield text[start:]


def _parts_of(passages: Sequence[Passage]) -> Iterator[Part]:
    for index, passage in enumerate(passages):
        for chunk, is_last in _with_last(_chunks_of(passage)):
            yield Part(passage_index=index, chunk=chunk, is_last=is_last)


def _chunks_of(passage: Passage) -> Iterator[Chunk]:
    for piece in passage.pieces:
        if passage.kind is PassageKind.PDF:
            for start in range(0, len(piece), CHUNK_BYTES):
                yield Chunk(piece[start : start + CHUNK_BYTES], is_pdf=True)
        else:
            for text in split_text(piece):
                yield Chunk(text)


def _with_last(chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, bool]]:
    previous: Chunk | None = None
    for chunk in chunks:
        if previous is not None:
            yield previous, False
        previous = chunk
    if previous is not None:
        yield previous, True


def _cut(text: bytes, start: int, end: int) -> int:
    space = text.rfind(b" ", max(start + 1, end - _SEAM_SEARCH_BYTES), end)
    while space > start:
        if text[space - 1] not in _SPACES and text[space + 1] not in _SPACES:
            return space
        space = text.rfind(b" ", max(start + 1, end - _SEAM_SEARCH_BYTES), space)
    while end > start + 1 and text[end] & 0xC0 == 0x80:  # a continuation byte
        end -= 1
    return end
