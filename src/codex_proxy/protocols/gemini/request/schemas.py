"""Gemini's ``Schema`` as JSON Schema.

Rules of this file: Gemini's spellings become JSON Schema's, in every subschema and nowhere else, so that a property
may be called ``any_of``; upper-case types, ``nullable`` and numbers as text are the shared rules' matter.
"""

from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note
from codex_proxy.protocols.parts.schemas import MAX_DEPTH, normalise_output

_SPELLINGS: Final = {
    "any_of": "anyOf",
    "one_of": "oneOf",
    "all_of": "allOf",
    "prefix_items": "prefixItems",
    "additional_properties": "additionalProperties",
    "min_items": "minItems",
    "max_items": "maxItems",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_properties": "minProperties",
    "max_properties": "maxProperties",
    "unique_items": "uniqueItems",
    "defs": "$defs",
    "ref": "$ref",
}
_MAPS: Final = frozenset({"properties", "$defs", "definitions", "patternProperties"})
_LISTS: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLE: Final = frozenset({"items", "additionalProperties", "not"})
_NESTED: Final = _MAPS | _LISTS | _SINGLE


def as_declared(told: JsonObject, path: str, notes: list[Note]) -> JsonObject:
    """A schema declared as JSON Schema: as it is, which builders put right; clients also put Gemini's own there."""
    return told if told.get("type") == "object" else json_schema(told, path, notes)


def json_schema(told: JsonObject, path: str, notes: list[Note]) -> JsonObject:
    """The schema in JSON Schema's words; adds a note for what it loses."""
    schema, lost = normalise_output(_respelt(told, 0), path)
    notes.extend(lost)
    return schema


def _respelt(schema: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return schema
    made: JsonObject = {}
    for told, value in schema.items():
        name = _SPELLINGS.get(told) or told
        if name in _NESTED:
            made[name] = _respelt_inside(name, value, depth + 1)
        elif value is not None:
            made[name] = value
    return made


def _respelt_inside(name: str, value: Any, depth: int) -> Any:
    if name in _SINGLE:
        return _respelt(value, depth)
    if name in _MAPS and isinstance(value, dict):
        return {key: _respelt(member, depth) for key, member in value.items()}
    if name in _LISTS and isinstance(value, list):
        return [_respelt(member, depth) for member in value]
    return value
