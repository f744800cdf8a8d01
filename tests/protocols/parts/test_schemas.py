"""Schemas as the upstream takes them."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Weight
from codex_proxy.protocols.parts.schemas import (
    ANY_TYPE,
    is_strict_safe,
    normalise_output,
    normalise_parameters,
)


def normalise_schema(schema: JsonObject) -> JsonObject:
    """Of a schema that loses nothing."""
    normalised, notes = normalise_output(schema, "response_format")
    assert notes == ()
    return normalised


@pytest.mark.parametrize(
    ("given_schema", "sent"),
    [
        ({"type": "STRING"}, {"type": "string"}),
        ({"type": ["String", "NULL"]}, {"type": ["string", "null"]}),
        ({"type": "object"}, {"type": "object", "properties": {}}),
        ({"type": "array"}, {"type": "array", "items": {"type": ANY_TYPE}}),
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "STRING", "enum": ["a"], "nullable": True}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"anyOf": [{"type": "STRING"}], "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"$ref": "#/$defs/a", "nullable": True}, {"anyOf": [{"$ref": "#/$defs/a"}, {"type": "null"}]}),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": "2"},
            {"type": "array", "items": {"type": "string"}, "minItems": 2},
        ),
        ({"type": "string", "$schema": "x", "example": 1, "format": "enum"}, {"type": "string"}),
        ({"type": "TYPE_UNSPECIFIED", "enum": ["a"]}, {"enum": ["a"]}),
        (
            {"type": "object", "properties": {"a": {}, "b": True}, "required": ["a", "gone"]},
            {"type": "object", "properties": {"a": {"type": ANY_TYPE}, "b": {"type": ANY_TYPE}}, "required": ["a"]},
        ),
    ],
)
def test_spelling_differences_go(given_schema: JsonObject, sent: JsonObject) -> None:
    assert normalise_schema(given_schema) == sent


def test_parameters_that_are_missing_become_an_empty_object() -> None:
    assert normalise_parameters(None, "tools.x") == ({"type": "object", "properties": {}}, ())


def test_alternatives_at_the_root_are_merged_with_a_lossy_note() -> None:
    branches = [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "number"}}, "required": ["a", "b"]},
    ]
    schema, notes = normalise_parameters({"anyOf": branches}, "tools.x")
    assert schema["type"] == "object"
    assert set(schema["properties"]) == {"a", "b"}
    assert schema["required"] == ["a"]
    assert "anyOf" not in schema
    assert [note.weight for note in notes] == [Weight.LOSSY]


def test_a_property_may_have_alternatives() -> None:
    schema = {"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}
    assert normalise_parameters(schema, "tools.x") == (schema, ())


TEXT = {"type": "string"}
ANY = {"type": ANY_TYPE}


@pytest.mark.parametrize(
    ("given_schema", "sent", "left_out"),
    [
        ({"properties": {"a": False, "b": TEXT}}, {"properties": {"b": TEXT}}, "properties.a"),
        ({"patternProperties": {"^x": False}}, {"patternProperties": {}}, "patternProperties.^x"),
        ({"type": "array", "items": False}, {"type": "array", "items": ANY}, "items"),
        ({"prefixItems": [TEXT, False, TEXT]}, {"prefixItems": [TEXT]}, "prefixItems"),
        ({"allOf": [TEXT, False]}, {"allOf": [TEXT]}, "allOf"),
        ({"anyOf": [False, False]}, {}, "anyOf"),
        ({"contains": False, "propertyNames": False}, {}, "contains, propertyNames"),
        ({"items": {"properties": {"a": False}}}, {"items": {"properties": {}}}, "properties.a"),
    ],
)
def test_a_schema_that_nothing_fits_is_left_out_with_a_lossy_note(
    given_schema: JsonObject, sent: JsonObject, left_out: str
) -> None:
    schema, (note,) = normalise_output(given_schema, "response_format")
    assert schema == sent
    assert (note.path, note.weight) == ("response_format", Weight.LOSSY)
    assert note.detail == f"a schema that nothing fits was left out: {left_out}"


@pytest.mark.parametrize(
    ("given_schema", "sent"),
    [
        ({"anyOf": [False, TEXT]}, {"anyOf": [TEXT]}),
        ({"oneOf": [True, False]}, {"oneOf": [ANY]}),
        ({"not": False}, {}),
        ({"additionalProperties": False}, {"additionalProperties": False}),
        ({"additionalProperties": True}, {"additionalProperties": True}),
        ({"$defs": {"never": False, "ever": True}}, {"$defs": {"never": {"not": {}}, "ever": ANY}}),
    ],
)
def test_truth_values_that_can_be_said_otherwise_lose_nothing(given_schema: JsonObject, sent: JsonObject) -> None:
    assert normalise_output(given_schema, "x") == (sent, ())


def test_parameters_tell_all_that_they_lost() -> None:
    branch = {"type": "object", "properties": {"a": False}}
    schema, notes = normalise_parameters({"anyOf": [branch]}, "tools.x")
    assert schema["properties"] == {}
    assert [note.detail.partition(":")[0] for note in notes] == [
        "a schema that nothing fits was left out",
        "alternatives at the root of tool parameters were merged into one object",
    ]


@pytest.mark.parametrize(
    ("schema", "safe"),
    [
        ({"type": "object", "properties": {}, "additionalProperties": False}, True),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}, False),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "required": ["a"],
                "additionalProperties": False,
            },
            True,
        ),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}, False),
        ({"type": "object", "properties": {}, "additionalProperties": False, "allOf": []}, False),
        ({"type": "string"}, False),
    ],
)
def test_strict_needs_closed_objects_with_everything_required(schema: JsonObject, safe: bool) -> None:
    assert is_strict_safe(schema) is safe


def shut(**properties: Any) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@pytest.mark.parametrize("items", [[{"type": "string"}], {"type": "array", "prefixItems": [{"type": "string"}]}])
def test_tuples_are_not_strict(items: Any) -> None:
    assert not is_strict_safe(shut(a={"type": "array", "items": items}))


def test_strict_has_its_limits() -> None:
    def fits(**properties: Any) -> bool:
        return is_strict_safe(shut(**properties))

    many = {f"a{number}": {"type": "null"} for number in range(5000)}
    assert fits(**many)
    assert not fits(**many, b={"type": "null"})
    assert fits(a={"enum": list(range(1000))})
    assert not fits(a={"enum": list(range(1001))})
    assert fits(a={"const": "x" * 119_999})
    assert not fits(a={"const": "x" * 120_000})


SCHEMAS = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(["string", "OBJECT", "array", "Null"])}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.text(max_size=4), inner, max_size=3)}
    ),
    max_leaves=8,
)


@given(SCHEMAS)
def test_the_input_is_not_changed_and_the_second_time_changes_nothing(schema: JsonObject) -> None:
    before = copy.deepcopy(schema)
    once = normalise_schema(schema)
    assert schema == before
    assert normalise_schema(once) == once
