"""Streams of text completions: bytes for events, and what holds for every stream."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import given

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Annotation
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import SseDecoder
from codex_proxy.protocols.base import AnswerIds
from codex_proxy.protocols.openai_completions.encoder import CompletionEncoder
from codex_proxy.protocols.openai_completions.server import CompletionsServer
from tests.laws.answers import answers

IDS = AnswerIds(token="t" * 24, created_at=7, request_id="req_1")
ASKED = Request(dialect=Dialect.OPENAI_COMPLETIONS, model="m", turns=(), stream=True)
START = ev.ResponseStarted(response_id="resp_1", model="upstream", created_at=1)
END = ev.ResponseEnded(ending=ev.Completed())
COUNTED = ev.UsageReported(usage=Usage(input_tokens=3, output_tokens=2))
HELLO = (ev.TextStarted(block=0), ev.TextDelta(block=0, text="hel"), ev.TextDelta(block=0, text="lo"))


def encoder(*, include_usage: bool = False) -> CompletionEncoder:
    asked = Request(dialect=Dialect.OPENAI_COMPLETIONS, model="m", turns=(), stream=True, include_usage=include_usage)
    return CompletionEncoder(asked, IDS)


def written(events: Sequence[ev.Event], *, include_usage: bool = False) -> bytes:
    stream = encoder(include_usage=include_usage)
    content = b"".join([stream.encode([event]) for event in events]) + stream.finish()
    assert stream.repairs == 0
    return content


def pieces(wire: bytes) -> list[dict[str, Any]]:
    framer = SseDecoder()
    frames = [*framer.feed(wire), *framer.end()]
    assert frames[-1].data == b"[DONE]"
    return [json.loads(frame.data) for frame in frames[:-1]]


def test_an_answer_byte_by_byte() -> None:
    head = (
        'data: {"id":"cmpl-tttttttttttttttttttttttt","object":"text_completion","created":7,"model":"m",'
        '"system_fingerprint":null,"choices":'
    )
    expected = (
        head + '[{"index":0,"text":"hel","logprobs":null,"finish_reason":null}]}\n\n'
        + head + '[{"index":0,"text":"lo","logprobs":null,"finish_reason":null}]}\n\n'
        + head + '[{"index":0,"text":"","logprobs":null,"finish_reason":"stop"}]}\n\n'
        + "data: [DONE]\n\n"
    )  # fmt: skip
    assert written([START, *HELLO, COUNTED, END]).decode() == expected


def test_counts_come_last_and_only_if_asked_for() -> None:
    told = pieces(written([START, *HELLO, COUNTED, END], include_usage=True))
    assert [piece["usage"] for piece in told[:-1]] == [None, None, None]
    assert told[-1]["choices"] == []
    assert told[-1]["usage"]["total_tokens"] == 5
    assert all("usage" not in piece for piece in pieces(written([START, *HELLO, COUNTED, END])))


def test_a_refusal_is_text_and_an_incomplete_answer_says_why() -> None:
    refusal = (ev.RefusalStarted(block=0), ev.RefusalDelta(block=0, text="no"), ev.RefusalEnded(block=0, text="no"))
    filtered = ev.ResponseEnded(ending=ev.Incomplete(reason="content_filter"))
    told = [piece["choices"][0] for piece in pieces(written([START, *refusal, filtered]))]
    assert [(choice["text"], choice["finish_reason"]) for choice in told] == [("no", None), ("", "content_filter")]


def test_an_answer_without_words_still_ends() -> None:
    (piece,) = pieces(written([START, END]))
    assert piece["choices"][0]["finish_reason"] == "stop"


def test_a_stream_that_breaks_off_is_an_error_and_nothing_follows() -> None:
    failed = ev.ResponseEnded(ending=ev.Failed(failure=Failure(kind=FailureKind.OVERLOADED, message="busy")))
    assert pieces(written([START, *HELLO]))[-1]["error"]["code"] == "stream_disconnected"
    assert pieces(written([START, *HELLO, failed, END]))[-1]["error"]["code"] == "overloaded"
    stream = encoder()
    assert b"overloaded" in stream.fail(Failure(kind=FailureKind.OVERLOADED, message="busy"))
    late = stream.fail(Failure(kind=FailureKind.TIMEOUT, message="late"))
    assert stream.encode([*HELLO, END]) + stream.finish() + late == b""
    assert stream.repairs == 0


def test_a_heartbeat_is_a_comment() -> None:
    assert encoder().heartbeat() == b": ping\n\n"


def test_what_is_no_text_is_noted() -> None:
    stream = encoder()
    stream.encode([
        ev.ToolCallStarted(block=1, call_id="c", name="look"),
        ev.HostedEnded(block=2, kind="web_search_call", item={}),
        ev.AnnotationAdded(block=0, annotation=Annotation(kind="url_citation")),
        ev.OpaqueEvent(dialect="codex", name="codex.odd", payload=b"{}"),
        ev.ResponseEnded(ending=ev.Incomplete(reason="no_image")),
    ])  # fmt: skip
    assert {note.path: note.weight for note in stream.notes} == {
        "call of look": Weight.LOSSY,
        "item web_search_call": Weight.COSMETIC,
        "annotations": Weight.COSMETIC,
        "event codex.odd": Weight.COSMETIC,
        "finish_reason": Weight.LOSSY,
    }


@given(events=answers())
def test_every_answer_is_a_legal_stream_that_says_what_the_whole_one_says(events: list[ev.Event]) -> None:
    reply = CompletionsServer().encode_response(ASKED, fold(events), IDS)
    told = pieces(written(events, include_usage=True))
    if reply.status != 200:
        assert told[-1]["error"] == json.loads(reply.body)["error"]
        return
    whole = json.loads(reply.body)
    streamed = [choice for piece in told for choice in piece["choices"]]
    assert "".join(choice["text"] for choice in streamed) == whole["choices"][0]["text"]
    assert streamed[-1]["finish_reason"] == whole["choices"][0]["finish_reason"]
    assert told[-1].get("usage") == whole.get("usage")
