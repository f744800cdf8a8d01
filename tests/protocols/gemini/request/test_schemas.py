"""Gemini's schemas in JSON Schema's words."""

import copy
from typing import Any

import pytest

from codex_proxy.protocols.gemini.request.schemas import as_declared, json_schema, strict_form

TOLD: dict[str, Any] = {
    "type": "OBJECT",
    "properties": {
        "any_of": {"type": "STRING", "nullable": True},
        "list": {"type": "ARRAY", "items": {"type": "INTEGER"}, "min_items": "1"},
        "either": {"any_of": [{"type": "STRING"}, {"ref": "#/$defs/a"}]},
    },
    "property_ordering": ["list"],
    "defs": {"a": {"type": "BOOLEAN"}},
}


def test_spellings_change_and_names_of_properties_do_not() -> None:
    before = copy.deepcopy(TOLD)
    assert json_schema(TOLD) == {
        "type": "object",
        "properties": {
            "any_of": {"type": ["string", "null"]},
            "list": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
            "either": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/a"}]},
        },
        "$defs": {"a": {"type": "boolean"}},
    }
    assert before == TOLD


def test_what_is_declared_as_json_schema_is_believed_unless_it_speaks_the_other_language() -> None:
    declared = {"type": "object", "properties": {"a": {"any_of": []}}, "$schema": "x"}
    assert as_declared(declared) is declared
    assert as_declared(TOLD) == json_schema(TOLD)
    assert as_declared({"any_of": []}) == {"anyOf": []}


def test_closed_where_every_member_is_required() -> None:
    inner = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
    schema = {"type": "object", "properties": {"a": inner}, "required": ["a"]}
    assert strict_form(schema) == {
        **schema,
        "properties": {"a": {**inner, "additionalProperties": False}},
        "additionalProperties": False,
    }


@pytest.mark.parametrize("root", [{"type": "array", "items": {"type": "string"}}, {"type": "string", "enum": ["a"]}])
def test_another_root_can_be_strict_inside_its_wrapper(root: dict[str, Any]) -> None:
    assert strict_form(root) == root


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": True},
        {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}},
        {"type": "object", "properties": {}, "allOf": []},
    ],
)
def test_no_strictness_where_it_would_change_the_meaning(schema: dict[str, Any]) -> None:
    assert strict_form(schema) is None


@pytest.mark.parametrize("odd", [{"required": [{}], "properties": {}}, {"minItems": "--5"}, {"items": 7}, {"anyOf": 7}])
def test_odd_schemas_are_read_over(odd: dict[str, Any]) -> None:
    strict_form(json_schema({"type": "object"} | odd))
