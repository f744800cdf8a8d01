"""Answers taken out of their wrapper, at any borders."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.parts.answers.unwrap import Unwrapper, needs_wrapping, wrap_schema

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
