"""Calls come out whole, in the order of their announcement."""

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolCall, ToolKind
from codex_proxy.protocols.gemini.answer.calls import CallOrder, call_object, malformed_message


def started(block: int) -> ev.ToolCallStarted:
    return ev.ToolCallStarted(block=block, call_id=f"c{block}", name="f")


def test_a_later_call_waits_for_an_earlier_one() -> None:
    order = CallOrder()
    events: list[ev.ToolCallStarted | ev.ToolCallDelta | ev.ToolCallEnded] = [
        started(1),
        started(2),
        ev.ToolCallDelta(block=1, text='{"a"'),
        ev.ToolCallEnded(block=2, arguments='{"b":2}'),
        ev.ToolCallDelta(block=1, text=":1}"),
        ev.ToolCallEnded(block=1, arguments='{"a":1}'),
    ]
    told = [[call.call_id for call in order.admit(event)] for event in events]
    assert told == [[], [], [], [], [], ["c1", "c2"]]


def test_a_call_that_never_ended_has_what_came_of_it() -> None:
    order = CallOrder()
    for event in (
        started(1),
        started(2),
        ev.ToolCallDelta(block=1, text="{"),
        ev.ToolCallEnded(block=2, arguments="x"),
    ):
        assert list(order.admit(event)) == []
    assert [(call.call_id, call.arguments) for call in order.rest()] == [("c1", "{"), ("c2", "x")]
    assert list(order.rest()) == []


def test_events_of_unannounced_calls_mean_nothing() -> None:
    order = CallOrder()
    assert not [
        *order.admit(ev.ToolCallDelta(block=9, text="x")),
        *order.admit(ev.ToolCallEnded(block=9, arguments="x")),
    ]
    assert not list(order.rest())


@pytest.mark.parametrize(
    ("arguments", "args"), [('{"a":1}', {"a": 1}), ("", {}), ("  ", {}), ("null", {}), ("[1]", None), ('{"a"', None)]
)
def test_arguments_are_an_object_or_no_call(arguments: str, args: JsonObject | None) -> None:
    made = call_object(ToolCall(call_id="c", name="f", arguments=arguments))
    assert made == (None if args is None else {"id": "c", "name": "f", "args": args})


def test_free_text_is_one_member() -> None:
    call = ToolCall(call_id="c", name="f", arguments="{not json", kind=ToolKind.CUSTOM)
    assert call_object(call) == {"id": "c", "name": "f", "args": {"input": "{not json"}}


def test_the_words_for_a_call_that_made_no_sense() -> None:
    call = ToolCall(call_id="c", name="f", arguments="{")
    assert malformed_message(call) == "Malformed function call: f({)"
