"""Lines of JSON survive any split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.framing.ndjson import NdjsonDecoder, encode_line
from codex_proxy.framing.sse import Frame, FrameTooLarge


@given(
    st.lists(st.binary(min_size=1, max_size=20).map(bytes.strip).filter(lambda line: line and b"\n" not in line)),
    st.integers(1, 7),
)
def test_any_split_gives_the_same_lines(lines: list[bytes], width: int) -> None:
    stream = b"".join(encode_line(line) for line in lines)
    decoder = NdjsonDecoder()
    frames = [frame for start in range(0, len(stream), width) for frame in decoder.feed(stream[start : start + width])]
    assert frames + decoder.end() == [Frame(None, line) for line in lines]


def test_blank_lines_are_no_frames_and_the_last_line_may_lack_its_break() -> None:
    decoder = NdjsonDecoder()
    assert decoder.feed(b'\n\r\n{"a":1}\r\n{"b"') == [Frame(None, b'{"a":1}')]
    assert decoder.feed(b":2}") == []
    assert decoder.end() == [Frame(None, b'{"b":2}')]


def test_a_line_over_the_limit_is_refused() -> None:
    decoder = NdjsonDecoder(limit_bytes=10)
    with pytest.raises(FrameTooLarge):
        decoder.feed(b"x" * 11)
