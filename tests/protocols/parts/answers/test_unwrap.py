"""Answers taken out of their wrapper, at any borders."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import Step
from codex_proxy.protocols.parts.answers.unwrap import (
    Unwrapper,
    needs_wrapping,
    unwrapped,
    unwrapped_stream,
    wrap_schema,
)

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    borders = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in itertools.pairwise(borders)]


def fed(text: str, cuts: list[int]) -> str:
    unwrapper = Unwrapper("value")
    return "".join([unwrapper.feed(piece) for piece in pieces_of(text, cuts)]) + unwrapper.end()


@given(value=VALUES, cuts=st.lists(st.integers(0, 999), max_size=12), indent=st.none() | st.just(2))
def test_the_value_comes_out_whatever_it_is(value: Any, cuts: list[int], indent: int | None) -> None:
    text = json.dumps({"value": value}, indent=indent, ensure_ascii=False)
    assert json.loads(fed(text, cuts)) == value


@given(text=st.text('{}":value ,', max_size=30), cuts=st.lists(st.integers(0, 99), max_size=6))
def test_any_text_gives_the_same_at_any_borders(text: str, cuts: list[int]) -> None:
    assert fed(text, cuts) == fed(text, [])


@pytest.mark.parametrize("text", ["", "plain words", '{"other":1}', "[1]", '{"val', '{"value"'])
def test_what_is_no_wrapper_passes_unchanged(text: str) -> None:
    assert fed(text, []) == text


def test_a_value_that_breaks_off_is_told_as_far_as_it_came() -> None:
    assert fed('{"value":["a","b', [3, 12]) == '["a","b'


def test_members_after_the_value_are_no_part_of_it() -> None:
    assert fed('{"value": 12, "more": 3}', []) == "12"


def test_deltas_keep_flowing() -> None:
    unwrapper = Unwrapper("value")
    assert [unwrapper.feed(piece) for piece in ('{"val', 'ue":["a"', ',"b"]', "}")] == ["", '["a"', ',"b"]', ""]


def answer(*pieces: str) -> list[ev.Event]:
    whole = "".join(pieces)
    deltas = [ev.TextDelta(block=1, text=piece) for piece in pieces]
    ended = ev.ResponseEnded(ending=ev.Completed(), native={"output": []})
    return [ev.TextStarted(block=1), *deltas, ev.TextEnded(block=1, text=whole), ended]


UNWRAPPED = [
    ev.TextStarted(block=1),
    ev.TextDelta(block=1, text='["a"'),
    ev.TextDelta(block=1, text="]"),
    ev.TextEnded(block=1, text='["a"]'),
    ev.ResponseEnded(ending=ev.Completed()),
]


class Decoder:
    """A decoder that has its events already."""

    def __init__(self, events: list[ev.Event]) -> None:
        self._events = events

    def feed(self, chunk: bytes) -> list[Step]:
        return [Step(Frame(None, chunk), (event,)) for event in self._events[:-1]]

    def feed_frame(self, frame: Frame) -> Step:
        return Step(frame, tuple(self._events))

    def end(self) -> list[Step]:
        return [Step(None, (self._events[-1],))]


def test_a_stream_and_a_whole_answer() -> None:
    events = answer('{"value":["a"', "]}")
    stream = unwrapped_stream(Decoder(events), "value")
    steps = [*stream.feed(b"x"), *stream.end()]
    assert [event for step in steps for event in step.events] == UNWRAPPED
    assert {step.frame for step in steps} == {None}
    assert list(unwrapped_stream(Decoder(events), "value").feed_frame(Frame(None, b"x")).events) == UNWRAPPED
    assert unwrapped(events, "value") == UNWRAPPED


def test_without_a_key_everything_stays_as_it_is() -> None:
    decoder = Decoder([])
    assert unwrapped_stream(decoder, None) is decoder
    events = answer("{}")
    assert unwrapped(events, None) is events


def test_a_text_without_deltas_is_unwrapped_and_one_without_an_end_flushed() -> None:
    lone: list[ev.Event] = [ev.TextStarted(block=0), ev.TextEnded(block=0, text='{"value":1}')]
    assert unwrapped(lone, "value")[1] == ev.TextEnded(block=0, text="1")
    cut: list[ev.Event] = [
        ev.TextStarted(block=0),
        ev.TextDelta(block=0, text='{"val'),
        ev.ResponseEnded(ending=ev.Incomplete(reason="max_output_tokens")),
    ]
    assert unwrapped(cut, "value")[1] == ev.TextDelta(block=0, text='{"val')


@pytest.mark.parametrize(
    ("schema", "wraps"),
    [
        ({"type": "object", "properties": {}}, False),
        ({"type": "array"}, True),
        ({"type": ["object", "null"]}, True),
        ({"type": "object", "anyOf": []}, True),
        ({"$ref": "#/$defs/a"}, True),
        ({}, True),
    ],
)
def test_what_needs_a_wrapper(schema: dict[str, Any], wraps: bool) -> None:
    assert needs_wrapping(schema) is wraps


def test_shared_definitions_stay_at_the_root() -> None:
    schema = {"type": "array", "items": {"$ref": "#/$defs/a"}, "$defs": {"a": {"type": "string"}}}
    assert wrap_schema(schema) == {
        "type": "object",
        "properties": {"value": {"type": "array", "items": {"$ref": "#/$defs/a"}}},
        "required": ["value"],
        "additionalProperties": False,
        "$defs": {"a": {"type": "string"}},
    }
