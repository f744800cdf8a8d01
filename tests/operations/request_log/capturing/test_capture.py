"""Bodies as they pass."""

from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.operations.request_log.capturing.capture import MARGIN_BYTES, Body, Capture, CapturedMessage


def body(*chunks: bytes, limit: int = 0) -> Body:
    passed = Body(limit)
    for chunk in chunks:
        passed.add(chunk)
    return passed


@given(st.lists(st.binary(max_size=MARGIN_BYTES), max_size=6))
def test_a_body_is_kept_whole_or_by_its_edges(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    head, tail = body(*chunks).edges()
    if len(whole) <= 2 * MARGIN_BYTES:
        assert (head, tail) == (whole, None)
    else:
        assert (head, tail) == (whole[:MARGIN_BYTES], whole[-MARGIN_BYTES:])


def test_a_long_stream_takes_no_more_memory_than_its_edges() -> None:
    passed = body(*[b"x" * 1000] * 1000, limit=100)
    assert passed.size_bytes == 1_000_000
    head, tail = passed.edges()
    assert (len(head), len(tail or b"")) == (MARGIN_BYTES + 100, MARGIN_BYTES + 100)
    message = CapturedMessage(passed)
    assert Capture(100, 0.0, message, message).size_bytes == 4 * (MARGIN_BYTES + 100)
