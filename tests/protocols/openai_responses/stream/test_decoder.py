"""The stream decoder."""

import json
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import Frame, encode_frame
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder, decode_whole
from tests.protocols.openai_responses.stream.wire import CREATED, completed, decoded, frame, frames, message

ADDED = {"type": "response.output_item.added", "output_index": 0}
TEXT: list[dict[str, Any]] = [
    CREATED,
    ADDED | {"item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []}},
    {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "hel"},
    {"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "lo"},
    {"type": "response.output_item.done", "output_index": 0, "item": message("hello")},
    completed(message("hello"), usage={"input_tokens": 3, "output_tokens": 1}),
]


def text_of(events: list[ev.Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, ev.TextDelta))


def test_a_text_answer() -> None:
    events = decoded(frames(*TEXT))
    assert events[:-1] == [
        ev.ResponseStarted(response_id="resp_1", model="served", created_at=5),
        ev.TextStarted(block=0, item_id="msg_1"),
        ev.TextDelta(block=0, text="hel"),
        ev.TextDelta(block=0, text="lo"),
        ev.TextEnded(block=0, text="hello"),
        ev.UsageReported(usage=Usage(input_tokens=3, output_tokens=1)),
    ]
    ended = events[-1]
    assert isinstance(ended, ev.ResponseEnded)
    assert ended.ending == ev.Completed()
    assert ended.native is not None
    assert ended.native["id"] == "resp_1"


@pytest.mark.parametrize("left_out", [(2, 3), (1, 2, 3), (1, 2, 3, 4), (4,), (1,)])
def test_text_comes_from_whichever_events_have_it_and_never_twice(left_out: tuple[int, ...]) -> None:
    events = decoded(frames(*(event for place, event in enumerate(TEXT) if place not in left_out)))
    assert text_of(events) == "hello"
    assert [event.text for event in events if isinstance(event, ev.TextEnded)] == ["hello"]


def test_an_empty_final_output_is_rebuilt_from_the_items() -> None:
    events = decoded(frames(*TEXT[:-1], completed()))
    ended = events[-1]
    assert isinstance(ended, ev.ResponseEnded)
    assert ended.native is not None
    assert ended.native["output"] == [message("hello")]


def test_parallel_calls_keep_their_arguments_apart() -> None:
    def added(index: int, name: str) -> dict[str, Any]:
        item = {"type": "function_call", "id": f"fc_{index}", "call_id": f"c{index}", "name": name, "arguments": ""}
        return {"type": "response.output_item.added", "output_index": index, "item": item}

    def delta(index: int, text: str) -> dict[str, Any]:
        name = "response.function_call_arguments.delta"
        return {"type": name, "output_index": index, "item_id": f"fc_{index}", "delta": text}

    def done(index: int, text: str) -> dict[str, Any]:
        item = {"type": "function_call", "id": f"fc_{index}", "call_id": f"c{index}", "name": "x", "arguments": text}
        return {"type": "response.output_item.done", "output_index": index, "item": item}

    raw = frames(
        CREATED, added(0, "a"), added(1, "b"), delta(0, '{"x"'), delta(1, '{"y"'), delta(0, ":1}"), delta(1, ":2}"),
        done(1, '{"y":2}'), done(0, '{"x":1}'), completed(),
    )  # fmt: skip
    events = decoded(raw)
    started = [event for event in events if isinstance(event, ev.ToolCallStarted)]
    assert [(call.block, call.call_id, call.name) for call in started] == [(0, "c0", "a"), (1, "c1", "b")]
    ended = {event.block: event.arguments for event in events if isinstance(event, ev.ToolCallEnded)}
    assert ended == {0: '{"x":1}', 1: '{"y":2}'}


def test_changed_tool_names_are_changed_back_in_event_and_frame() -> None:
    item = {"type": "function_call", "id": "fc", "call_id": "c", "name": "a_b", "arguments": "{}"}
    decoder = ResponsesDecoder(CallContext(tool_names={"a_b": "a.b"}))
    steps = decoder.feed(frames(CREATED, ADDED | {"item": item}))
    assert [event.name for event in steps[1].events if isinstance(event, ev.ToolCallStarted)] == ["a.b"]
    assert steps[1].frame is not None
    assert b'"a.b"' in steps[1].frame.data
    assert b'"a_b"' not in steps[1].frame.data


@pytest.mark.parametrize("item", [None, "text", []])
def test_an_item_that_is_no_object_has_no_name_to_change(item: object) -> None:
    decoder = ResponsesDecoder(CallContext(tool_names={"a_b": "a.b"}))
    (step,) = decoder.feed(frames(ADDED | {"item": item}))
    assert step.frame is not None


def test_reasoning_with_summary_and_encrypted_content() -> None:
    done = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "x",
    }
    delta = {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "hm"}
    raw = frames(
        CREATED,
        ADDED | {"item": {"type": "reasoning", "id": "rs_1", "summary": []}},
        delta,
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        completed(),
    )
    events = decoded(raw)
    assert ev.ThinkingDelta(block=0, text="hm", part=0) in events
    assert ev.ThinkingEnded(block=0, summary=("hm",), signature="x", item_id="rs_1") in events


def test_an_unknown_event_passes_as_opaque() -> None:
    news = {"type": "response.news", "a": 1}
    (event,) = ResponsesDecoder().feed(frame(news))[0].events
    assert isinstance(event, ev.OpaqueEvent)
    assert event.name == "response.news"


@pytest.mark.parametrize(
    ("terminal", "kind"),
    [
        ({"type": "response.failed", "response": {"error": {"code": "server_is_overloaded"}}}, FailureKind.OVERLOADED),
        ({"type": "error", "error": {"code": "context_length_exceeded", "message": "m"}}, FailureKind.CONTEXT_TOO_LONG),
        ({"type": "error", "code": "rate_limit_exceeded", "message": "m"}, FailureKind.RATE_LIMITED),
    ],
)
def test_failures_inside_the_stream_are_classified(terminal: dict[str, Any], kind: FailureKind) -> None:
    ended = decoded(frames(CREATED, terminal))[-1]
    assert isinstance(ended, ev.ResponseEnded)
    assert isinstance(ended.ending, ev.Failed)
    assert ended.ending.failure.kind is kind


def test_an_incomplete_answer_says_why() -> None:
    terminal = {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "max_output_tokens"}}}
    ended = decoded(frames(CREATED, terminal))[-1]
    assert isinstance(ended, ev.ResponseEnded)
    assert ended.ending == ev.Incomplete(reason="max_output_tokens")


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (frames(*TEXT[:3]), FailureKind.DISCONNECTED),
        (b"<html>not a stream</html>", FailureKind.GARBLED),
        (b"", FailureKind.GARBLED),
    ],
)
def test_a_stream_without_its_end_has_failed(raw: bytes, kind: FailureKind) -> None:
    ended = decoded(raw)[-1]
    assert isinstance(ended, ev.ResponseEnded)
    assert isinstance(ended.ending, ev.Failed)
    assert ended.ending.failure.kind is kind


def test_nothing_follows_the_end() -> None:
    events = decoded(frames(*TEXT, *TEXT))
    assert sum(isinstance(event, ev.ResponseEnded) for event in events) == 1


def test_nonsense_in_a_frame_is_skipped() -> None:
    decoder = ResponsesDecoder()
    assert decoder.feed_frame(Frame(None, b"{")).events == ()
    assert text_of(decoded(frames(*TEXT[:2]) + b"data: [1,2\n\n" + frames(*TEXT[2:]))) == "hello"


def test_a_whole_answer_is_told_by_the_same_code() -> None:
    body = (
        b'{"id":"r","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"x"}]}]}'
    )
    answer = fold(decode_whole(body))
    assert [getattr(part.block, "text", None) for part in answer.parts] == ["x"]
    assert answer.ending == ev.Completed()
    failed = fold(decode_whole(b'{"error":{"message":"no"},"output":[]}'))
    assert isinstance(failed.ending, ev.Failed)


def test_a_frame_without_a_type_takes_its_name() -> None:
    name = "response.output_text.delta"
    data = b'{"delta":"x","output_index":0,"content_index":0,"item_id":"m"}'
    (step,) = ResponsesDecoder().feed(encode_frame(data, name))
    assert step.frame is not None
    assert json.loads(step.frame.data)["type"] == name
    assert any(isinstance(event, ev.TextDelta) for event in step.events)
