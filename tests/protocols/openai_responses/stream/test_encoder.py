"""The stream encoder."""

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.request import Dialect, Request
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.openai_responses.stream.decoder import ResponsesDecoder
from tests.protocols.openai_responses.stream.wire import (
    CODEX,
    CREATED,
    SDK,
    completed,
    encoded,
    encoder,
    frame,
    message,
    names,
    told,
)

START = ev.ResponseStarted(response_id="resp_1", model="served", created_at=5)
TEXT: list[ev.Event] = [
    START,
    ev.TextStarted(block=0),
    ev.TextDelta(block=0, text="hel"),
    ev.TextDelta(block=0, text="lo"),
    ev.TextEnded(block=0, text="hello"),
    ev.UsageReported(usage=Usage(input_tokens=3, output_tokens=1)),
    ev.ResponseEnded(ending=ev.Completed()),
]
BUSY = Failure(kind=FailureKind.OVERLOADED, message="busy")


def test_a_text_answer_has_the_backends_sequence_of_events() -> None:
    events = encoded(TEXT)
    assert names(events) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event["sequence_number"] for event in events] == list(range(10))
    response = events[-1]["response"]
    assert (response["id"], response["model"], response["created_at"]) == ("resp_1", "asked", 5)
    assert response["output"][0]["content"][0]["text"] == "hello"
    assert response["usage"]["total_tokens"] == 4


def test_tools_that_only_another_dialect_has_are_left_out_with_a_note() -> None:
    item = {"type": "server_tool_use", "id": "x"}
    stream = encoder(SDK)
    used: list[ev.Event] = [
        ev.HostedStarted(block=7, kind="server_tool_use", item=item, origin="anthropic"),
        ev.HostedEnded(block=7, kind="server_tool_use", item=item, origin="anthropic"),
    ]
    assert b"server_tool_use" not in stream.encode([START, *used, *TEXT[1:]])
    assert ([note.path for note in stream.notes], stream.repairs) == (["item server_tool_use"], 0)


def test_parallel_calls_have_their_own_places() -> None:
    events = encoded(
        [
            START,
            ev.ToolCallStarted(block=0, call_id="a", name="look"),
            ev.ToolCallStarted(block=1, call_id="b", name="look"),
            ev.ToolCallDelta(block=1, text="{}"),
            ev.ToolCallDelta(block=0, text="{}"),
            ev.ToolCallEnded(block=0, arguments="{}"),
            ev.ToolCallEnded(block=1, arguments="{}"),
            ev.ResponseEnded(ending=ev.Completed()),
        ]
    )
    deltas = [event["output_index"] for event in events if event["type"].endswith("arguments.delta")]
    assert deltas == [1, 0]
    assert [item["call_id"] for item in events[-1]["response"]["output"]] == ["a", "b"]


def test_what_was_left_open_is_closed_before_the_end() -> None:
    events = encoded([*TEXT[:3], ev.ResponseEnded(ending=ev.Incomplete(reason="max_output_tokens"))])
    assert names(events)[-2:] == ["response.output_item.done", "response.incomplete"]
    assert events[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "hel"


@pytest.mark.parametrize(("request_", "last"), [(SDK, "error"), (CODEX, "response.failed")])
def test_a_failure_is_told_in_the_form_its_client_acts_on(request_: Request, last: str) -> None:
    events = encoded([*TEXT[:3], ev.ResponseEnded(ending=ev.Failed(failure=BUSY))], request_)
    assert names(events)[-1] == last
    failed = events[-1]["response"] if last == "response.failed" else events[-1]
    assert failed["error"]["message"] == "busy"


@pytest.mark.parametrize(("request_", "last"), [(SDK, "error"), (CODEX, "response.failed")])
def test_an_upstreams_failure_is_told_in_that_form_too(request_: Request, last: str) -> None:
    error = {"code": "server_is_overloaded", "message": "busy"}
    failed = {"type": "response.failed", "sequence_number": 7, "response": {"status": "failed", "error": error}}
    decoder, stream = ResponsesDecoder(), encoder(request_)
    steps = decoder.feed(frame(CREATED) + frame(failed))
    events = told(b"".join(stream.encode(step.events, step.frame) for step in steps) + stream.finish())
    assert names(events) == ["response.created", last]
    heard = events[-1]["response"] if last == "response.failed" else events[-1]
    assert heard["error"]["message"] == "busy"
    assert stream.repairs == 0


def test_a_stream_that_just_stops_ends_as_disconnected() -> None:
    assert encoded(TEXT[:3])[-1]["code"] == "stream_disconnected"
    assert names(encoded([])) == ["response.created", "response.in_progress", "error"]


def test_nothing_is_written_after_the_end() -> None:
    stream = encoder()
    for event in TEXT:
        stream.encode([event])
    assert stream.encode(TEXT[1:3]) == b""
    assert stream.finish() == b""
    assert stream.fail(BUSY) == b""
    assert stream.repairs == 0


def test_an_upstreams_frame_passes_as_it_came() -> None:
    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": "x", "own": {"b": 1, "a": 2}}
    decoder, stream = ResponsesDecoder(), encoder()
    written = b"".join(stream.encode(step.events, step.frame) for step in decoder.feed(frame(CREATED) + frame(delta)))
    assert written.endswith(frame(delta).replace(b", ", b", "))
    assert told(written)[0]["response"]["model"] == "asked"


def test_a_frame_without_a_number_stays_as_it_came_whatever_we_insert() -> None:
    """Of recorded streams every one has numbers everywhere, or nowhere; the SDKs read both."""
    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": "x", "own": 1.50}
    decoder, stream = ResponsesDecoder(), encoder()
    written = [stream.encode(step.events, step.frame) for step in decoder.feed(frame(CREATED) + frame(delta))]
    beat = stream.heartbeat()
    again = [stream.encode(step.events, step.frame) for step in decoder.feed(frame(delta))]
    assert written[1:] == again == [frame(delta)]
    assert [event["sequence_number"] for event in told(beat)] == [0]


def test_numbers_go_on_after_events_that_have_none() -> None:
    """The backend's own counters carry no number, and may be the last thing before the stream breaks off."""
    delta = {"type": "response.output_text.delta", "output_index": 0, "delta": "x", "sequence_number": 7}
    limits = {"type": "codex.rate_limits", "rate_limits": {}}
    alive = {"type": "keepalive", "sequence_number": 8}
    decoder, stream = ResponsesDecoder(), encoder(CODEX)
    raw = frame(CREATED | {"sequence_number": 0}) + frame(delta) + frame(limits)
    steps = decoder.feed(raw) + decoder.feed(frame(alive) + frame(limits))
    written = b"".join(stream.encode(step.events, step.frame) for step in steps) + stream.finish()
    assert [event.get("sequence_number") for event in told(written)] == [0, 7, None, 8, None, 9]


def test_events_only_codex_clients_know_reach_nobody_else() -> None:
    own = {"type": "codex.rate_limits", "rate_limits": {}}
    for request, expected in ((SDK, []), (CODEX, ["codex.rate_limits"])):
        decoder, stream = ResponsesDecoder(), encoder(request)
        written = b"".join(stream.encode(step.events, step.frame) for step in decoder.feed(frame(CREATED) + frame(own)))
        assert names(told(written))[1:] == expected


def test_the_final_response_of_an_upstream_is_shown_in_the_clients_view() -> None:
    decoder, stream = ResponsesDecoder(), encoder()
    raw = frame(CREATED) + frame(completed(message("hello"), usage={"input_tokens": 1}, instructions="theirs"))
    events = told(b"".join(stream.encode(step.events, step.frame) for step in decoder.feed(raw)))
    response = events[-1]["response"]
    assert (response["model"], response["instructions"]) == ("asked", None)
    assert response["output"][0]["content"][0]["text"] == "hello"
    assert response["usage"]["total_tokens"] == 1


@pytest.mark.parametrize(
    ("request_", "beat"), [(SDK, b": ping\n\n"), (CODEX, b'event: keepalive\ndata: {"type":"keepalive"}\n\n')]
)
def test_heartbeats_before_the_first_event(request_: Request, beat: bytes) -> None:
    assert encoder(request_).heartbeat() == beat


def test_a_heartbeat_within_the_stream_is_an_event_that_sdks_ignore() -> None:
    stream = encoder()
    stream.encode([START])
    assert names(told(stream.heartbeat())) == ["response.in_progress"]


def test_what_another_dialect_said_and_we_cannot_say_is_noted() -> None:
    stream = encoder()
    stream.encode([START, ev.OpaqueEvent(dialect=Dialect.GEMINI, name="grounding", payload=b"{}")])
    assert [note.path for note in stream.notes] == ["grounding"]


def test_relayed_blocks_cannot_be_continued_in_our_own_words() -> None:
    stream = encoder()
    for step in ResponsesDecoder().feed(
        frame(CREATED) + frame({"type": "response.output_item.added", "output_index": 0, "item": message("")})
    ):
        stream.encode(step.events, step.frame)
    assert stream.encode([ev.TextDelta(block=0, text="x")]) == b""
    assert stream.repairs == 1
