"""Frames of a stream, or one body."""

import pytest

from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES
from codex_proxy.protocols.base import UpstreamError
from codex_proxy.protocols.parts.answers.frames_or_body import FramesOrBody


def test_frames_come_as_they_complete() -> None:
    frames = FramesOrBody()
    assert [frame.data for frame in frames.feed(b"\n data")] == []
    assert [frame.data for frame in frames.feed(b": x\n\ndata: 1\n\nda")] == [b"1"]
    assert [frame.data for frame in [*frames.feed(b"ta: 2\n\n"), *frames.end()]] == [b"2"]
    assert frames.body is None


def test_a_body_is_known_by_its_first_brace_however_late_it_comes() -> None:
    frames = FramesOrBody()
    assert frames.feed(b" \n") == frames.feed(b'{"a":') == frames.feed(b"1}") == frames.end() == []
    assert frames.body == b'{"a":1}'


@pytest.mark.parametrize("start", [b"{", b"data: "])
def test_neither_grows_without_limit(start: bytes) -> None:
    frames = FramesOrBody()
    frames.feed(start)
    with pytest.raises(UpstreamError):
        frames.feed(b"x" * (DEFAULT_LIMIT_BYTES + 1))
