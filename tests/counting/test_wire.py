"""Frames survive any way of being cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.counting.wire import (
    READY,
    Batch,
    Chunk,
    Counts,
    FrameReader,
    decode_batch,
    decode_counts,
    encode_frame,
)

BATCHES = [Batch(1, (Chunk(b"a"), Chunk(b"JVBE", is_pdf=True))), Batch(2, ()), Batch(70_000, (Chunk(b"x" * 300),))]


@given(cuts=st.lists(st.integers(min_value=0, max_value=400), max_size=20))
def test_batches_arrive_as_they_were_sent(cuts: list[int]) -> None:
    stream = b"".join(map(encode_frame, BATCHES))
    reader, told = FrameReader(), []
    borders = [0, *sorted(cuts), len(stream)]
    for start, end in pairwise(borders):
        told += [decode_batch(frame) for frame in reader.feed(stream[start:end])]
    assert told == BATCHES


def test_a_frame_begins_with_its_length() -> None:
    frame = encode_frame(Counts(3, (1, 2)))
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert decode_counts(frame[4:]) == Counts(3, (1, 2))


def test_ready_has_a_number_that_no_batch_has() -> None:
    assert READY.number == 0
