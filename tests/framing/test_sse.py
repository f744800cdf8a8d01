"""Server-sent events survive any split and stay linear."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.framing.sse import Frame, FrameTooLarge, SseDecoder, encode_comment, encode_frame

LINE = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)
NAME = st.text(st.sampled_from("abc._"), min_size=1, max_size=8)


def decode(pieces: list[bytes]) -> list[Frame]:
    decoder = SseDecoder()
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    return frames + decoder.end()


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[start:end] for start, end in pairwise(edges)]


@given(
    st.lists(st.tuples(st.none() | NAME, st.lists(LINE, min_size=1, max_size=3))),
    st.lists(st.integers(0)),
    st.sampled_from(["\n", "\r\n"]),
)
def test_any_split_gives_the_same_frames(
    sent: list[tuple[str | None, list[str]]], places: list[int], line_end: str
) -> None:
    blocks = [
        ([f"event: {event}"] if event else []) + [f"data: {line}" for line in lines] + [""] for event, lines in sent
    ]
    stream = "".join(line + line_end for block in blocks for line in block).encode()
    expected = [Frame(event, "\n".join(lines).encode()) for event, lines in sent]
    assert decode(cut(stream, places)) == expected


@given(st.binary(max_size=300), st.lists(st.integers(0)))
def test_arbitrary_bytes_decode_alike_however_cut(stream: bytes, places: list[int]) -> None:
    assert decode(cut(stream, places)) == decode([stream])


def test_comments_ids_and_unknown_fields_are_read_over() -> None:
    assert decode([b": ping\n\nid: 3\nretry: 9\nfoo\ndata:x\n\n"]) == [Frame(None, b"x")]


def test_a_byte_order_mark_is_read_over() -> None:
    assert decode([b"\xef\xbb", b"\xbfdata: x\n\n"]) == [Frame(None, b"x")]


def test_an_event_without_data_is_no_frame() -> None:
    assert decode([b"event: lonely\n\ndata: x\n\n"]) == [Frame(None, b"x")]


def test_the_last_frame_may_lack_its_blank_line() -> None:
    assert decode([b"event: end\ndata: x"]) == [Frame("end", b"x")]


def test_a_frame_over_the_limit_is_refused() -> None:
    decoder = SseDecoder(limit_bytes=100)
    decoder.feed(b"data: " + b"x" * 60)
    with pytest.raises(FrameTooLarge):
        decoder.feed(b"x" * 60)


def test_many_small_frames_never_reach_the_limit() -> None:
    decoder = SseDecoder(limit_bytes=100)
    for _ in range(50):
        assert decoder.feed(b"data: " + b"x" * 40 + b"\n\n") == [Frame(None, b"x" * 40)]


def test_endless_comments_never_reach_the_limit() -> None:
    decoder = SseDecoder(limit_bytes=100)
    for _ in range(50):
        assert decoder.feed(b": keep-alive\n\n") == []


def test_a_frame_of_many_lines_counts_as_one() -> None:
    decoder = SseDecoder(limit_bytes=100)
    for _ in range(3):
        decoder.feed(b"data: " + b"x" * 20 + b"\n")
    with pytest.raises(FrameTooLarge):
        decoder.feed(b"data: " + b"x" * 20 + b"\n")


def test_a_giant_frame_in_small_pieces_is_joined_once() -> None:
    decoder = SseDecoder()
    piece = b"y" * 65_536
    frames = decoder.feed(b"data: ")
    for _ in range(256):
        frames += decoder.feed(piece)
    frames += decoder.feed(b"\n\n")
    assert [len(frame.data) for frame in frames] == [256 * 65_536]


def test_frames_are_written_as_they_are_read() -> None:
    wire = encode_frame(b'{"a":1}', "named") + encode_comment("ping") + encode_frame(b"[DONE]")
    assert decode([wire]) == [Frame("named", b'{"a":1}'), Frame(None, b"[DONE]")]
