"""JSON Schema in Gemini's own subset."""

from typing import Any

import pytest

from codex_proxy.protocols.gemini.building.schemas import own_schema


@pytest.mark.parametrize(
    ("schema", "own"),
    [
        ({"type": ["string", "null"], "$schema": "x"}, {"type": "STRING", "nullable": True}),
        ({"const": "a"}, {"enum": ["a"]}),
        ({"type": "array", "items": {"type": "integer"}}, {"type": "ARRAY", "items": {"type": "INTEGER"}}),
        ({"type": "array"}, {"type": "ARRAY", "items": {"type": "STRING"}}),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"nullable": True, "anyOf": [{"type": "STRING"}]}),
        ({"type": ["string", "number"]}, {"anyOf": [{"type": "STRING"}, {"type": "NUMBER"}]}),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "string"}},
                "additionalProperties": False,
                "required": ["a"],
            },
            {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]},
        ),
    ],
)
def test_what_the_subset_has_words_for(schema: dict[str, Any], own: dict[str, Any]) -> None:
    assert own_schema(schema) == own


def test_references_are_put_in_place_as_far_as_they_end() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}
    schema = {
        "type": "object",
        "properties": {"n": {"$ref": "#/$defs/Node", "description": "d"}},
        "$defs": {"Node": node},
    }
    assert own_schema(schema)["properties"]["n"] == {
        "type": "OBJECT",
        "properties": {"next": {"type": "STRING"}},
        "description": "d",
    }
    assert own_schema({"$ref": "#/$defs/Nobody"}) == {"type": "STRING"}


@pytest.mark.parametrize(
    "odd", [{"$defs": {"A": 7}, "$ref": "#/$defs/A"}, {"properties": 7}, {"anyOf": 7}, {"type": 7}]
)
def test_odd_schemas_are_read_over(odd: dict[str, Any]) -> None:
    assert isinstance(own_schema(odd), dict)
