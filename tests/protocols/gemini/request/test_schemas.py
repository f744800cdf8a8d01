"""Gemini's schemas in JSON Schema's words."""

import copy
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note
from codex_proxy.protocols.gemini.request import schemas
from codex_proxy.protocols.parts.answers.closing import closed_schema

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


Read: TypeAlias = Callable[[JsonObject, str, list[Note]], JsonObject]


def noting(read: Read, told: JsonObject) -> tuple[JsonObject, list[Note]]:
    notes: list[Note] = []
    return read(told, "parameters", notes), notes


def json_schema(told: JsonObject) -> JsonObject:
    schema, notes = noting(schemas.json_schema, told)
    assert notes == []
    return schema


def as_declared(told: JsonObject) -> JsonObject:
    schema, notes = noting(schemas.as_declared, told)
    assert notes == []
    return schema


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


@pytest.mark.parametrize("odd", [{"required": [{}], "properties": {}}, {"minItems": "--5"}, {"items": 7}, {"anyOf": 7}])
def test_odd_schemas_are_read_over(odd: dict[str, Any]) -> None:
    closed_schema(json_schema({"type": "object"} | odd))


@pytest.mark.parametrize("read", [schemas.json_schema, schemas.as_declared])
def test_a_schema_that_nothing_fits_is_lost_with_a_note(read: Read) -> None:
    schema, (note,) = noting(read, {"type": "ARRAY", "items": {"type": "OBJECT", "properties": {"a": False}}})
    assert schema["items"] == {"type": "object", "properties": {}}
    assert (note.path, "properties.a" in note.detail) == ("parameters", True)
