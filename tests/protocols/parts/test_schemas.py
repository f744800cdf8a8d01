"""Schemas as the upstream takes them."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Weight
from codex_proxy.protocols.parts.schemas import ANY_TYPE, is_strict_safe, normalise_parameters, normalise_schema


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
