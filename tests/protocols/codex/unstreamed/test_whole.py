"""A body that is read at its end."""

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import ClientStream, UpstreamError
from codex_proxy.protocols.codex.unstreamed.whole import WholeBody


def echo(body: bytes) -> list[ev.Event]:
    return [ev.TextDelta(block=0, text=body.decode())]


def test_nothing_is_told_before_the_end_and_everything_then() -> None:
    stream: ClientStream = WholeBody(echo)
    assert stream.feed(b"one ") == []
    assert stream.feed_frame(Frame("", b"two")).events == ()
    (step,) = stream.end()
    assert step.events == (ev.TextDelta(block=0, text="one two"),)
    assert step.frame is None


def test_a_body_without_end_is_given_up() -> None:
    stream = WholeBody(echo, limit_bytes=4)
    stream.feed(b"1234")
    with pytest.raises(UpstreamError, match="larger than 4 bytes") as caught:
        stream.feed(b"5")
    assert caught.value.failure.kind is FailureKind.GARBLED
