"""Texts are cut where no token goes across, and packed so that none holds the others up."""

import base64

import bpe_openai
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codex_proxy.counting.chunks import BATCH_BYTES, CHUNK_BYTES, batches_of, split_text
from tests.counting.stand_ins import passages, pdf_passage

ENCODING = bpe_openai.get_encoding("o200k_base")
WORDS = st.lists(st.text(alphabet="ab1,.'/é漢😀-_(", min_size=1, max_size=20), min_size=30, max_size=60)


@given(text=st.text(max_size=200), limit=st.integers(min_value=4, max_value=40))
def test_pieces_are_the_text_and_each_is_unicode(text: str, limit: int) -> None:
    pieces = list(split_text(text.encode(), limit))
    assert "".join(piece.decode() for piece in pieces) == text
    assert all(len(piece) <= limit for piece in pieces)


@given(words=WORDS, limit=st.integers(min_value=100, max_value=400))
@example(words=["x1"] * 200, limit=100)
def test_cut_between_words_the_sum_is_the_count(words: list[str], limit: int) -> None:
    text = " ".join(words)
    counted = sum(len(ENCODING.encode_ordinary(piece.decode())) for piece in split_text(text.encode(), limit))
    assert counted == len(ENCODING.encode_ordinary(text))


def test_a_text_is_cut_before_a_single_space() -> None:
    assert list(split_text(b"one two  three", 8)) == [b"one", b" two  th", b"ree"]
    assert list(split_text(b"one two three", 9)) == [b"one two", b" three"]


@pytest.mark.parametrize("text", ["漢字かな混じり文。" * 20_000, "0123456789abcdef" * 20_000, " " * 300_000])
def test_without_words_a_cut_costs_next_to_nothing(text: str) -> None:
    counted = sum(len(ENCODING.encode_ordinary(piece.decode())) for piece in split_text(text.encode()))
    assert abs(counted - len(ENCODING.encode_ordinary(text))) <= 5 * len(text.encode()) // CHUNK_BYTES


def test_parts_come_in_order_and_say_where_a_passage_ends() -> None:
    parts = [part for batch in batches_of(passages("a", "b " * CHUNK_BYTES, "c")) for part in batch]
    assert [(part.passage_index, part.is_last) for part in parts] == [
        (0, True),
        (1, False),
        (1, False),
        (1, True),
        (2, True),
    ]
    assert b"".join(part.chunk.content for part in parts) == b"a" + b"b " * CHUNK_BYTES + b"c"


def test_batches_are_bounded() -> None:
    batches = list(batches_of(passages("word " * 400_000, *("x" * 1000 for _ in range(3)))))
    sizes = [sum(len(part.chunk.content) for part in batch) for batch in batches]
    assert len(batches) > 5
    assert max(sizes) < BATCH_BYTES + CHUNK_BYTES
    assert list(batches_of(())) == []


def test_a_pdf_is_cut_into_whole_groups_of_base64() -> None:
    document = b"%PDF-" + bytes(range(256)) * 500
    chunks = [part.chunk for batch in batches_of([pdf_passage(base64.b64encode(document).decode())]) for part in batch]
    assert len(chunks) > 2
    assert all(chunk.is_pdf for chunk in chunks)
    assert b"".join(base64.b64decode(chunk.content) for chunk in chunks) == document
