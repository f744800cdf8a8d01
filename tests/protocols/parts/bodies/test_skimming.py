"""Chunks of deltas: known without being read, and never taken for deltas when they are more."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.request import Dialect, Request, Role, Turn
from codex_proxy.protocols.anthropic.client import AnthropicClient
from codex_proxy.protocols.anthropic.server import AnthropicServer
from codex_proxy.protocols.base import AnswerIds, ServerCodec, UpstreamCall, VendorCodec
from codex_proxy.protocols.openai_chat.asking.passing import deltas_count as chat_deltas
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.protocols.openai_chat.server import ChatServer
from codex_proxy.protocols.openai_responses.asking.passing import deltas_count as responses_deltas
from codex_proxy.protocols.openai_responses.client import ResponsesClient
from codex_proxy.protocols.openai_responses.server import ResponsesServer
from codex_proxy.protocols.parts.bodies.skimming import named_frames, plain_frames
from tests.laws.answers import answers

IDS = AnswerIds(token="law0law0law0law0law0law0", created_at=1_790_000_000, request_id="req_law")
FACTS = ev.UsageReported | ev.RateLimitsObserved | ev.HostedEnded | ev.ResponseEnded
CODECS: dict[Dialect, tuple[ServerCodec, VendorCodec, Callable[[bytes], int]]] = {
    Dialect.OPENAI_CHAT: (ChatServer(), ChatClient(), chat_deltas),
    Dialect.OPENAI_RESPONSES: (ResponsesServer(), ResponsesClient(), responses_deltas),
    Dialect.ANTHROPIC: (
        AnthropicServer(),
        AnthropicClient(),
        lambda chunk: named_frames(chunk, b"event: content_block_delta\ndata: {"),
    ),
}
SIZES = st.lists(st.integers(1, 4), max_size=20)


def chunks_of(server: ServerCodec, told: Sequence[ev.Event], sizes: Sequence[int]) -> list[bytes]:
    """The stream as it is written, some events to each write."""
    request = Request(dialect=server.dialect, model="m", turns=(Turn(role=Role.USER, blocks=()),), stream=True)
    stream, left, chunks = server.open_stream(request, IDS), list(told), []
    for size in (*sizes, len(left)):
        taken, left = left[:size], left[size:]
        chunks.append(stream.encode(tuple(taken)))
    return [chunk for chunk in (*chunks, stream.finish()) if chunk]


@pytest.mark.parametrize("dialect", sorted(CODECS))
@given(told=answers(), sizes=SIZES)
def test_what_is_taken_for_deltas_tells_nothing_else(dialect: Dialect, told: list[ev.Event], sizes: list[int]) -> None:
    server, client, deltas_count = CODECS[dialect]
    decoder = client.open_stream(UpstreamCall(method="POST", path="/", headers=()))
    for chunk in chunks_of(server, told, sizes):
        events = [event for step in decoder.feed(chunk) for event in step.events]
        if count := deltas_count(chunk):
            assert count == chunk.count(b"data: {")
            assert not [event for event in events if isinstance(event, FACTS)]


@pytest.mark.parametrize("dialect", sorted(CODECS))
def test_deltas_are_known(dialect: Dialect) -> None:
    server, _, deltas_count = CODECS[dialect]
    told: list[ev.Event] = [
        ev.ResponseStarted(response_id="r", model="m", created_at=1),
        ev.TextStarted(block=0, item_id="msg_0"),
        *(ev.TextDelta(block=0, text=f'a word "error" {number}\n\ndata: {{') for number in range(6)),
        ev.TextEnded(block=0, text="…"),
        ev.ResponseEnded(ending=ev.Completed()),
    ]
    counts = [deltas_count(chunk) for chunk in chunks_of(server, told, [3, 1, 2, 2])]
    assert counts[1:4] == [1, 2, 2]
    assert counts[-1] == 0


def frame(**members: Any) -> bytes:
    return b"data: " + json.dumps(members, separators=(",", ":")).encode() + b"\n\n"


WORD = frame(choices=[{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}])


@pytest.mark.parametrize(
    "chunk",
    [
        b"",
        WORD[:-1],
        WORD[:20],
        WORD + b": a comment\n\n",
        WORD + b"data: [DONE]\n\n",
        WORD.replace(b"\n\n", b"\r\n\r\n"),
        b"event: error\n" + WORD,
        WORD + frame(error={"message": "overloaded"}),
        WORD + frame(choices=[], usage={"prompt_tokens": 1}),
        WORD + frame(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
        frame(choices=[{"finish_reason": None}, {"finish_reason": "stop"}]) + WORD[6:],
        frame(choices=[{"finish_reason": None}, {"finish_reason": None}]) + frame(choices=[{"finish_reason": "stop"}]),
        frame(error={"message": "m"}, choices=[{"finish_reason": None}]),
        b"data: {}\ndata: " + WORD[6:],
    ],
)
def test_whatever_is_more_or_unclear_is_none(chunk: bytes) -> None:
    assert chat_deltas(chunk) == 0
    assert named_frames(chunk, b".delta\ndata: {") == 0


@given(chunk=st.binary(max_size=200))
def test_any_bytes_are_taken(chunk: bytes) -> None:
    assert named_frames(chunk, b".delta\ndata: {") == 0
    assert plain_frames(chunk, each=b'"finish_reason":null', none=re.compile(b"no")) == 0
