"""Calls of an answer in the lite form."""

import json
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import Step
from codex_proxy.protocols.codex.lite_answers import LiteDecoder

OURS = {
    "type": "function_call",
    "id": "fc",
    "call_id": "c",
    "name": "look",
    "arguments": "{}",
    "namespace": "functions",
}
PLAIN = {name: value for name, value in OURS.items() if name != "namespace"}
THEIRS = OURS | {"namespace": "places"}


def read(decoder: LiteDecoder, **members: Any) -> tuple[Step, Any]:
    step = decoder.feed_frame(Frame(members["type"], json.dumps(members).encode()))
    assert step.frame is not None
    return step, json.loads(step.frame.data)


def test_the_group_we_made_is_taken_out_of_frames_events_and_the_final_response() -> None:
    decoder = LiteDecoder()
    step, told = read(decoder, type="response.output_item.added", output_index=0, item=OURS)
    assert told["item"] == PLAIN
    (started,) = [event for event in step.events if isinstance(event, ev.ToolCallStarted)]
    assert (started.name, started.namespace) == ("look", None)
    _, told = read(decoder, type="response.output_item.done", output_index=0, item=OURS)
    assert told["item"] == PLAIN
    step, told = read(decoder, type="response.completed", response={"id": "r", "output": [OURS]})
    assert told["response"]["output"] == [PLAIN]
    (ended,) = [event for event in step.events if isinstance(event, ev.ResponseEnded)]
    assert ended.native is not None
    assert ended.native["output"] == [PLAIN]


def test_a_group_of_the_clients_own_stays() -> None:
    step, told = read(LiteDecoder(), type="response.output_item.added", output_index=0, item=THEIRS)
    assert told["item"] == THEIRS
    (started,) = [event for event in step.events if isinstance(event, ev.ToolCallStarted)]
    assert started.namespace == "places"


def test_frames_without_a_group_and_broken_ones_pass_as_they_came() -> None:
    for data in (b'{"type":"response.output_text.delta","delta":"x"}', b'{"namespace": broken', b'"namespace"'):
        frame = Frame("x", data)
        step = LiteDecoder().feed_frame(frame)
        assert step.frame in {frame, None}


def test_a_whole_stream_is_read_in_the_same_way() -> None:
    event = {"type": "response.output_item.done", "output_index": 0, "item": OURS}
    steps = LiteDecoder().feed(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    assert [event.namespace for step in steps for event in step.events if isinstance(event, ev.ToolCallStarted)] == [
        None
    ]
