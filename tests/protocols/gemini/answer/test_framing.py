"""The two forms of a stream."""

import json

import pytest

from codex_proxy.protocols.base import EVENT_STREAM
from codex_proxy.protocols.gemini.answer.framing import HEARTBEAT, framing


def test_events() -> None:
    stream = framing(sse=True)
    assert stream.content_type == EVENT_STREAM
    assert stream.chunk(b"{}") + stream.close() == b"data: {}\n\n"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_an_array_is_json_with_every_heartbeat_in_it(count: int) -> None:
    stream = framing(sse=False)
    assert stream.content_type.startswith("application/json")
    chunks = [HEARTBEAT + stream.chunk(b'{"n":%d}' % number) for number in range(count)]
    assert json.loads(b"".join(chunks) + HEARTBEAT + stream.close()) == [{"n": number} for number in range(count)]
