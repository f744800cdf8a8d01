"""Values that fit schemas."""

from typing import Any

import pytest

from codex_proxy.simulator.unscripted.schema_values import value_for


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "simulated"),
        ({"type": "string", "minLength": 12}, "simulatedxxx"),
        ({"type": "string", "maxLength": 3}, "sim"),
        ({"type": "string", "format": "date"}, "2026-11-24"),
        ({"type": "integer"}, 7),
        ({"type": "integer", "minimum": 10}, 10),
        ({"type": "integer", "exclusiveMinimum": 10}, 11),
        ({"type": "number", "maximum": 2.5}, 2.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "string"]}, "simulated"),
        ({"enum": ["a", "b"]}, "a"),
        ({"const": 3}, 3),
        ({"default": "d"}, "d"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 7),
        ({"allOf": [{"type": "string"}, {"maxLength": 2}]}, "si"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [7, 7]),
        ({"type": "array"}, []),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "integer"}}}, {"a": 7}),
        (None, None),
    ],
)
def test_a_value_fits_its_schema(schema: Any, value: Any) -> None:
    expected = {"type": "object", "properties": {}} if schema is None else None
    assert value_for(schema if schema is not None else {"type": "null"}) == value
    assert expected is None or value_for(expected) == {}


def test_a_schema_that_holds_itself_ends() -> None:
    schema = {"$ref": "#/$defs/n", "$defs": {"n": {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}}}}
    assert value_for(schema)["n"]["n"] is not None
