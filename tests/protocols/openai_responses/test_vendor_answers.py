"""A stream, or a whole response in its place."""

import json
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES, Frame, encode_frame
from codex_proxy.protocols.base import CallContext, Step, UpstreamError
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder, decode_whole
from codex_proxy.protocols.openai_responses.vendor_answers import VendorDecoder

ITEM = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "hello"}]}
RESPONSE = {"id": "r", "object": "response", "model": "m", "status": "completed", "output": [ITEM]}
COMPLETED = {"type": "response.completed", "response": RESPONSE}


def decoder() -> VendorDecoder:
    context = CallContext()
    return VendorDecoder(ResponsesDecoder(context), lambda body: decode_whole(body, context))


def texts(steps: list[Step]) -> list[str]:
    return [event.text for step in steps for event in step.events if isinstance(event, ev.TextEnded)]


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("wire", [encoded(RESPONSE), b" \n" + encoded(RESPONSE), encode_frame(encoded(COMPLETED))])
def test_both_are_read(wire: bytes, size: int) -> None:
    reading = decoder()
    steps = [step for start in range(0, len(wire), size) for step in reading.feed(wire[start : start + size])]
    assert texts([*steps, *reading.end()]) == ["hello"]


def test_a_framed_transport_gives_the_same_steps() -> None:
    reading = decoder()
    assert texts([reading.feed_frame(Frame(None, encoded(COMPLETED))), *reading.end()]) == ["hello"]


def test_an_error_in_place_of_a_stream_is_a_failure() -> None:
    reading = decoder()
    reading.feed(encoded({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}))
    ended = [event for step in reading.end() for event in step.events if isinstance(event, ev.ResponseEnded)]
    assert isinstance(ended[0].ending, ev.Failed)


def test_a_body_beyond_every_limit_ends_the_reading() -> None:
    with pytest.raises(UpstreamError):
        decoder().feed(b"{" + b"x" * DEFAULT_LIMIT_BYTES)
