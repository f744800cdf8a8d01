import json

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES, Frame
from codex_proxy.protocols.anthropic.stream.decoder import Answer, AnthropicDecoder
from codex_proxy.protocols.base import CallContext, UpstreamError
from tests.protocols.anthropic.wire import decoded, frame, opened, vendor_stream

TEXT = opened(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "hi"})


def ending(events: list[ev.Event]) -> ev.Ending:
    assert sum(isinstance(event, ev.ResponseEnded) for event in events) == 1
    last = events[-1]
    assert isinstance(last, ev.ResponseEnded)
    return last.ending


def failed(events: list[ev.Event]) -> FailureKind:
    told = ending(events)
    assert isinstance(told, ev.Failed)
    return told.failure.kind


def test_a_whole_stream() -> None:
    assert decoded(vendor_stream(frame("ping"), TEXT)) == [
        ev.ResponseStarted(response_id="msg_1", model="claude-v", created_at=0),
        ev.TextStarted(block=0),
        ev.TextDelta(block=0, text="hi"),
        ev.TextEnded(block=0, text="hi"),
        ev.UsageReported(usage=Usage(input_tokens=5, output_tokens=9)),
        ev.ResponseEnded(ending=ev.Completed()),
    ]


def test_later_counts_replace_earlier_ones_and_what_they_leave_out_holds() -> None:
    events = decoded(vendor_stream(TEXT, cache_read_input_tokens=90))
    (usage,) = [event.usage for event in events if isinstance(event, ev.UsageReported)]
    assert (usage.input_tokens, usage.cached_tokens, usage.output_tokens) == (95, 90, 9)


def test_the_tier_in_our_words() -> None:
    raw = vendor_stream(TEXT).replace(b'"output_tokens": 1', b'"output_tokens": 1, "service_tier": "standard"')
    last = decoded(raw)[-1]
    assert isinstance(last, ev.ResponseEnded)
    assert last.service_tier == "default"


@pytest.mark.parametrize(
    ("reason", "meant"),
    [("max_tokens", ev.Incomplete(reason="max_output_tokens")), ("pause_turn", ev.Incomplete(reason="max_messages"))],
)
def test_stop_reasons(reason: str, meant: ev.Ending) -> None:
    assert ending(decoded(vendor_stream(TEXT, stop_reason=reason))) == meant


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    raw = vendor_stream(TEXT)
    assert failed(decoded(raw.partition(b"event: message_delta")[0])) is FailureKind.DISCONNECTED
    assert failed(decoded(b"")) is FailureKind.DISCONNECTED


def test_a_stop_reason_is_an_end_even_without_the_last_frame() -> None:
    assert ending(decoded(vendor_stream(TEXT).partition(b"event: message_stop")[0])) == ev.Completed()


def test_nothing_follows_the_end() -> None:
    raw = vendor_stream(TEXT)
    assert decoded(raw + TEXT + frame("error", error={"type": "api_error", "message": "x"})) == decoded(raw)


def test_an_error_inside_a_stream_closes_what_is_open() -> None:
    start = frame("message_start", message={"id": "m", "model": "v"})
    begun = frame("content_block_start", index=0, content_block={"type": "text", "text": "a"})
    broken = frame("error", error={"type": "overloaded_error", "message": "Overloaded"})
    events = decoded(start + begun + broken)
    assert isinstance(events[-2], ev.TextEnded)
    assert failed(events) is FailureKind.OVERLOADED
    assert failed(decoded(broken)) is FailureKind.OVERLOADED


@pytest.mark.parametrize("data", [b"not json", b'"text"', b"[]", b'{"type":"content_block_delta","delta":7}', b"\xff"])
def test_a_frame_that_is_no_event_ends_the_answer(data: bytes) -> None:
    raw = frame("message_start", message={}) + b"data: " + data + b"\n\n"
    assert failed(decoded(raw)) is FailureKind.GARBLED


def test_events_nobody_knows_are_passed_on_as_they_came() -> None:
    told = frame("brand_new", depth=1)
    events = decoded(vendor_stream(told))
    (opaque,) = [event for event in events if isinstance(event, ev.OpaqueEvent)]
    assert (opaque.dialect, opaque.name, json.loads(opaque.payload)["depth"]) == ("anthropic", "brand_new", 1)


def test_the_terminator_of_other_dialects_is_read_over() -> None:
    assert decoded(vendor_stream(TEXT) + b"data: [DONE]\n\n") == decoded(vendor_stream(TEXT))


def test_frames_without_names_are_known_by_their_type() -> None:
    raw = b"".join(line + b"\n\n" for line in vendor_stream(TEXT).split(b"\n") if line.startswith(b"data"))
    assert decoded(raw) == decoded(vendor_stream(TEXT))


def test_content_before_the_beginning_has_one_made_for_it() -> None:
    events = decoded(TEXT)
    assert events[0] == ev.ResponseStarted(response_id="", model="claude-v", created_at=0)


def test_frames_are_handed_on_only_while_they_are_in_order() -> None:
    decoder = AnthropicDecoder(CallContext())
    call = {"type": "tool_use", "id": "a", "name": "f"}
    steps = decoder.feed(
        vendor_stream(TEXT, frame("content_block_start", index=1, content_block=call), opened(2, {"type": "text"}))
    )
    assert [step.frame is not None for step in steps] == [True] * 5 + [False] * 4


def test_a_second_message_in_one_stream_closes_what_the_first_left_open() -> None:
    start = frame("message_start", message={"id": "m", "model": "v"})
    call = frame("content_block_start", index=0, content_block={"type": "tool_use", "id": "a", "name": "f"})
    decoder = AnthropicDecoder(CallContext())
    steps = decoder.feed(start + call + start + TEXT)
    assert [step.frame is not None for step in steps] == [True, True, False, False, False, False]
    assert isinstance(steps[2].events[-1], ev.ToolCallEnded)
    assert steps[3].events == (ev.TextStarted(block=1),)


# Whole answers

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "model": "claude-v",
    "content": [{"type": "text", "text": "hi"}, {"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}],
    "stop_reason": "tool_use",
    "usage": {"input_tokens": 5, "output_tokens": 9},
}


def whole(value: object) -> list[ev.Event]:
    return list(Answer(CallContext(model="claude-v")).whole(json.dumps(value).encode()))


def test_a_message() -> None:
    events = whole(MESSAGE)
    assert [type(event).__name__ for event in events] == [
        "ResponseStarted",
        "TextStarted",
        "TextDelta",
        "TextEnded",
        "ToolCallStarted",
        "ToolCallDelta",
        "ToolCallEnded",
        "UsageReported",
        "ResponseEnded",
    ]
    assert ending(events) == ev.Completed()


def test_a_message_where_a_stream_was_asked_for() -> None:
    raw = json.dumps(MESSAGE).encode()
    decoder = AnthropicDecoder(CallContext(model="claude-v"))
    assert decoder.feed(b" \n" + raw[:40]) == decoder.feed(raw[40:]) == []
    assert [event for step in decoder.end() for event in step.events] == whole(MESSAGE)


@pytest.mark.parametrize("value", [7, [], {}, {"content": "x"}, {"content": None}])
def test_what_is_no_message(value: object) -> None:
    assert failed(whole(value)) is FailureKind.GARBLED


def test_bodies_that_are_errors_or_unfinished() -> None:
    told = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    assert failed(whole(told)) is FailureKind.OVERLOADED
    assert failed(whole(MESSAGE | {"stop_reason": None})) is FailureKind.DISCONNECTED
    assert failed(list(Answer(CallContext()).whole(b"<html>"))) is FailureKind.GARBLED


def test_a_framed_transport_brings_frames() -> None:
    step = AnthropicDecoder(CallContext()).feed_frame(Frame("ping", b'{"type":"ping"}'))
    assert (step.frame, step.events) == (Frame("ping", b'{"type":"ping"}'), ())


@pytest.mark.parametrize("lead", [b"data: ", b"{"])
def test_a_frame_or_body_beyond_every_limit_ends_the_reading(lead: bytes) -> None:
    decoder = AnthropicDecoder(CallContext())
    with pytest.raises(UpstreamError):
        decoder.feed(lead + b"x" * DEFAULT_LIMIT_BYTES)
