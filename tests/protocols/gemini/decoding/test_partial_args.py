"""Arguments that come member by member."""

from typing import Any

import pytest

from codex_proxy.protocols.gemini.decoding.partial_args import PartialArgs


def built(*pieces: Any) -> dict[str, Any]:
    partial = PartialArgs({})
    partial.add(list(pieces))
    return partial.args


def test_pieces_of_a_string_are_joined() -> None:
    assert built(
        {"jsonPath": "$.city", "stringValue": "Bos", "willContinue": True},
        {"jsonPath": "$.city", "stringValue": "ton", "willContinue": True},
        {"jsonPath": "$.city", "stringValue": ""},
    ) == {"city": "Boston"}


def test_values_of_every_kind() -> None:
    told = built(
        {"jsonPath": "$.n", "numberValue": 3.0},
        {"jsonPath": "$.x", "numberValue": 0.5},
        {"jsonPath": "$.b", "boolValue": False},
        {"jsonPath": "$.z", "nullValue": "NULL_VALUE"},
    )
    assert told == {"n": 3, "x": 0.5, "b": False, "z": None}
    assert isinstance(told["n"], int)


def test_places_inside() -> None:
    assert built(
        {"jsonPath": "$.a.b[0].c", "stringValue": "x"},
        {"jsonPath": "$.a.b[1]", "numberValue": 2},
        {"jsonPath": "$['odd name'][\"two\"]", "boolValue": True},
    ) == {"a": {"b": [{"c": "x"}, 2]}, "odd name": {"two": True}}


@pytest.mark.parametrize(
    "piece", [7, {}, {"jsonPath": "a"}, {"jsonPath": "$."}, {"jsonPath": "$.a[5]", "numberValue": 1}, {"jsonPath": 7}]
)
def test_what_cannot_be_followed_is_read_over(piece: Any) -> None:
    assert built(piece) in ({}, {"a": []})
    partial = PartialArgs({"kept": 1})
    partial.add("no list")
    assert partial.args == {"kept": 1}
