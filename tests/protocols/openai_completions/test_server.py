"""Text completions in the server role, as the official SDK sees it."""

import json
from collections.abc import Sequence

import pytest
from openai import APIError

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.base import AnswerIds, ServerCodec, ServerStream
from codex_proxy.protocols.openai_completions.server import CompletionsServer
from tests.protocols.openai_chat.recordings import client_of

IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req_1")
ASKED = Request(dialect=Dialect.OPENAI_COMPLETIONS, model="m", turns=(), include_usage=True)
ANSWER: tuple[ev.Event, ...] = (
    ev.ResponseStarted(response_id="resp_1", model="upstream", created_at=1),
    ev.ThinkingStarted(block=0),
    ev.ThinkingDelta(block=0, text="hidden"),
    ev.ThinkingEnded(block=0, summary=("hidden",)),
    ev.TextStarted(block=1),
    ev.TextDelta(block=1, text="Hel\u2028"),
    ev.TextEnded(block=1, text="Hel\u2028"),
    ev.RefusalStarted(block=2),
    ev.RefusalDelta(block=2, text="lo"),
    ev.RefusalEnded(block=2, text="lo"),
    ev.UsageReported(usage=Usage(input_tokens=3, output_tokens=2)),
    ev.ResponseEnded(ending=ev.Incomplete(reason="max_output_tokens")),
)


def stream_of(events: Sequence[ev.Event]) -> bytes:
    stream = CompletionsServer().open_stream(ASKED, IDS)
    return b"".join(stream.encode([event]) + stream.heartbeat() for event in events) + stream.finish()


def test_the_roles_are_filled() -> None:
    codec: ServerCodec = CompletionsServer()
    stream: ServerStream = codec.open_stream(ASKED, IDS)
    assert codec.dialect is Dialect.OPENAI_COMPLETIONS
    assert stream.content_type.startswith("text/event-stream")
    assert codec.parse_request(b'{"prompt": "x", "model": "m"}', headers={}).request.model == "m"


def test_the_sdk_reads_a_whole_answer() -> None:
    reply = CompletionsServer().encode_response(ASKED, fold(ANSWER), IDS)
    with client_of(reply.body) as client:
        told = client.completions.create(model="m", prompt="x")
    assert (told.id, told.model, told.created) == ("cmpl-" + "t" * 24, "m", 7)
    assert (told.choices[0].text, told.choices[0].finish_reason) == ("Hel\u2028lo", "length")
    assert told.usage is not None
    assert told.usage.total_tokens == 5


def test_the_sdk_reads_a_stream() -> None:
    with client_of(stream_of(ANSWER)) as client:
        told = list(client.completions.create(model="m", prompt="x", stream=True))
    choices = [choice for piece in told for choice in piece.choices]
    assert "".join(choice.text for choice in choices) == "Hel\u2028lo"
    assert choices[-1].finish_reason == "length"
    assert told[-1].usage is not None
    assert told[-1].usage.prompt_tokens == 3


def test_the_sdk_raises_where_a_stream_breaks_off() -> None:
    with client_of(stream_of(ANSWER[:-1])) as client, pytest.raises(APIError, match="closed the stream"):
        list(client.completions.create(model="m", prompt="x", stream=True))


def test_failures_are_http_errors() -> None:
    codec, busy = CompletionsServer(), Failure(kind=FailureKind.OVERLOADED, message="busy")
    failed = fold([*ANSWER[:-1], ev.ResponseEnded(ending=ev.Failed(failure=busy))])
    replies = [
        codec.encode_response(ASKED, failed, IDS),
        codec.encode_response(ASKED, Response(), IDS),
        codec.encode_failure(busy, request_id="req_1"),
    ]
    codes = [json.loads(reply.body)["error"]["code"] for reply in replies]
    assert [reply.status for reply in replies] == [503, 502, 503]
    assert codes == ["overloaded", "stream_disconnected", "overloaded"]
