"""Calls of disguised tools, lifted out of a vendor's answer."""

import json
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.canonical.fold import fold
from codex_proxy.framing.sse import Frame, encode_frame
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_responses.disguised_answers import DisguisedDecoder, decode_disguised, unwrapped

CONTEXT = CallContext(tool_names={"p_atch": "p.atch"}, custom_tools=frozenset({"p.atch"}))
ARGUMENTS = '{"input":"*** End"}'
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "p_atch", "status": "completed"}
LOOK = CALL | {"id": "fc_2", "call_id": "d", "name": "look", "arguments": '{"input":"x"}'}
LIFTED = {"type": "custom_tool_call", "id": "fc_1", "call_id": "c", "status": "completed", "input": "*** End"}


def stream(item: dict[str, Any], arguments: str) -> list[dict[str, Any]]:
    place = {"output_index": 0, "item_id": item["id"]}
    return [
        {"type": "response.created", "response": {"id": "r", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": item | {"arguments": ""}},
        {"type": "response.function_call_arguments.delta", **place, "delta": arguments[:5]},
        {"type": "response.function_call_arguments.delta", **place, "delta": arguments[5:]},
        {"type": "response.function_call_arguments.done", **place, "arguments": arguments},
        {"type": "response.output_item.done", "output_index": 0, "item": item | {"arguments": arguments}},
        {"type": "response.completed", "response": {"id": "r", "output": [item | {"arguments": arguments}]}},
    ]


def read(told: list[dict[str, Any]], size: int = 10_000) -> tuple[list[ev.Event], list[dict[str, Any]]]:
    raw = b"".join(encode_frame(json.dumps(event).encode(), event["type"]) for event in told)
    decoder = DisguisedDecoder(CONTEXT)
    steps = [step for start in range(0, len(raw), size) for step in decoder.feed(raw[start : start + size])]
    steps += decoder.end()
    frames = [json.loads(step.frame.data) for step in steps if step.frame is not None]
    return [event for step in steps for event in step.events], frames


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_disguised_call_is_told_as_what_it_stands_for(size: int) -> None:
    events, frames = read(stream(CALL, ARGUMENTS), size)
    (started,) = [event for event in events if isinstance(event, ev.ToolCallStarted)]
    assert (started.name, started.kind) == ("p.atch", ToolKind.CUSTOM)
    assert [event.text for event in events if isinstance(event, ev.ToolCallDelta)] == ["*** End"]
    (ended,) = [event for event in events if isinstance(event, ev.ToolCallEnded)]
    assert ended.arguments == "*** End"
    assert [frame["type"].removeprefix("response.") for frame in frames] == [
        "created",
        "output_item.added",
        "custom_tool_call_input.done",
        "output_item.done",
        "completed",
    ]
    assert frames[2]["input"] == "*** End"
    assert frames[3]["item"] == LIFTED | {"name": "p.atch"}
    (last,) = [event for event in events if isinstance(event, ev.ResponseEnded)]
    assert last.native is not None
    assert last.native["output"] == [LIFTED | {"name": "p.atch"}]


def test_a_function_of_the_clients_own_stays_one() -> None:
    told = stream(LOOK, '{"input":"x"}')
    events, frames = read(told)
    (started,) = [event for event in events if isinstance(event, ev.ToolCallStarted)]
    assert started.kind is ToolKind.FUNCTION
    assert frames == told


def test_a_whole_answer_is_read_in_the_same_way() -> None:
    body = {"id": "r", "status": "completed", "output": [CALL | {"arguments": ARGUMENTS}, LOOK]}
    calls = [part.block for part in fold(decode_disguised(json.dumps(body).encode(), CONTEXT)).parts]
    assert [(call.name, call.kind, call.arguments) for call in calls] == [  # type: ignore[union-attr]
        ("p.atch", ToolKind.CUSTOM, "*** End"),
        ("look", ToolKind.FUNCTION, '{"input":"x"}'),
    ]


def test_a_body_that_is_no_answer_is_a_failed_one() -> None:
    (ended,) = [event for event in decode_disguised(b"<html>", CONTEXT) if isinstance(event, ev.ResponseEnded)]
    assert isinstance(ended.ending, ev.Failed)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (ARGUMENTS, "*** End"),
        ('{"input": 7}', '{"input": 7}'),
        ("*** End", "*** End"),
        ("[1]", "[1]"),
        ("", ""),
        (None, ""),
        ("\ud800", "\ud800"),
    ],
)
def test_arguments_of_another_form_are_taken_as_they_are(arguments: Any, text: str) -> None:
    assert unwrapped(arguments) == text


@pytest.mark.parametrize(
    "data",
    [
        b'{"type":["function_call"]}',
        b'{"type":"response.output_item.added","output_index":{},"item":["function_call"]}',
        b'{"type":"response.output_item.added","output_index":[],"item":{"type":"function_call","name":"p_atch","id":{}}}',
        b'{"type":"response.function_call_arguments.done","output_index":{}}',
        b'{"type":"response.completed","response":{"output":[7,{"type":"function_call","name":[]}]}}',
        b"function_call",
    ],
)
def test_nothing_a_vendor_sends_breaks_it(data: bytes) -> None:
    decoder = DisguisedDecoder(CallContext(custom_tools=frozenset({"p_atch"})))
    events = [*decoder.feed_frame(Frame("response.function_call", data)).events]
    events += [event for step in decoder.end() for event in step.events]
    assert isinstance(events[-1], ev.ResponseEnded)
