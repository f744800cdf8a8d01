"""Nulls of optional members taken out, at any borders."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.protocols.parts.answers.nulls import NullRemover

ITEM = {"type": "object", "properties": {"k": {"type": "string"}, "n": {"$ref": "#/$defs/item"}}}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "opt": {"type": "string"},
        "must": {"type": ["string", "null"]},
        "may": {"type": ["integer", "null"]},
        "list": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        "any": {"anyOf": [ITEM, {"type": "string"}, {"type": "null"}]},
        "wörd\\": {"type": "boolean"},
    },
    "required": ["must"],
    "$defs": {"item": ITEM},
}
TEXTS = st.text('null",:{}[]\\é ', max_size=5)
ITEMS: st.SearchStrategy[Any] = st.deferred(
    lambda: st.fixed_dictionaries({}, optional={"k": st.none() | TEXTS, "n": st.none() | ITEMS})
)
VALUES = st.fixed_dictionaries(
    {"must": st.none() | TEXTS},
    optional={
        "opt": st.none() | TEXTS,
        "may": st.none() | st.integers(),
        "list": st.none() | st.lists(ITEMS, max_size=3),
        "any": st.none() | TEXTS | ITEMS,
        "wörd\\": st.none() | st.booleans(),
        "unknown": st.none() | st.lists(st.none(), max_size=2),
    },
)
OPTIONAL = {"opt", "list", "wörd\\", "k", "n"}


def without(value: Any) -> Any:
    """What a client is to read of it."""
    if isinstance(value, list):
        return [without(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {name: without(inner) for name, inner in value.items() if inner is not None or name not in OPTIONAL}


def pieces_of(text: str, cuts: list[int]) -> list[str]:
    borders = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[start:end] for start, end in itertools.pairwise(borders)]


def fed(text: str, cuts: list[int] | None = None) -> str:
    remover = NullRemover(SCHEMA)
    return "".join([remover.feed(piece) for piece in pieces_of(text, cuts or [])]) + remover.end()


@given(
    value=VALUES,
    cuts=st.lists(st.integers(0, 999), max_size=12),
    indent=st.none() | st.just(2),
    ascii_only=st.booleans(),
)
def test_only_nulls_that_stand_for_absence_go(
    value: dict[str, Any], cuts: list[int], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert json.loads(fed(text, cuts)) == without(value)


@given(text=st.text('{}[]":,nul opt', max_size=40), cuts=st.lists(st.integers(0, 99), max_size=6))
def test_any_text_gives_the_same_at_any_borders(text: str, cuts: list[int]) -> None:
    assert fed(text, cuts) == fed(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain words",
        "[1, 2]",
        '"opt"',
        "null",
        '{"opt" 1}',
        '{"opt":nulx}',
        "{7}",
        '{"must":1}}',
        '{"must":"a}',
        "{}",
    ],
)
def test_what_has_nothing_to_take_out_passes_as_it_came(text: str) -> None:
    assert fed(text) == text


@pytest.mark.parametrize(
    "text", ['{"must":1,', '{"must":1,"opt', '{"must":1,"opt":', '{"must":1,"opt": nu', '{"opt":nul']
)
def test_what_breaks_off_is_told_as_far_as_it_came(text: str) -> None:
    assert fed(text) == text
    assert fed(text, list(range(len(text)))) == text


def test_members_keep_their_commas_and_their_lines() -> None:
    assert fed('{"opt":null,"must":1,"may":null,"list":null}') == '{"must":1,"may":null}'
    assert fed('{"opt":null}') == "{}"
    assert fed('{\n  "opt": null,\n  "must": 1\n}') == '{\n  "must": 1\n}'


def test_a_member_that_only_some_alternatives_know_goes_if_none_of_them_wants_the_null() -> None:
    one = {"type": "object", "properties": {"a": {"type": "string"}}}
    other = {"type": "object", "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "string"}}}
    remover = NullRemover({"anyOf": [one, other]})
    assert remover.feed('{"a":null,"b":null}') == '{"a":null}'


def test_text_flows_and_a_member_is_held_until_its_value_begins() -> None:
    remover = NullRemover(SCHEMA)
    told = [remover.feed(piece) for piece in ('{"must":"a', 'b","op', 't":', ' "x', '"', ',"may":7', "}")]
    assert told == ['{"must":"a', 'b"', "", ',"opt": "x', '"', ',"may":7', "}"]
