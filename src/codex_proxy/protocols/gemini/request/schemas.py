"""Gemini's ``Schema`` as JSON Schema.

Rules of this file: Gemini's spellings become JSON Schema's, in every subschema and nowhere else, so that a property
may be called ``any_of``; upper-case types, ``nullable`` and numbers as text are the shared rules' matter.
"""

from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.parts.answers.unwrap import needs_wrapping, wrap_schema
from codex_proxy.protocols.parts.schemas import MAX_DEPTH, is_strict_safe, normalise_schema

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


def as_declared(told: JsonObject) -> JsonObject:
    """A schema declared as JSON Schema: as it is, which builders put right; clients also put Gemini's own there."""
    return told if told.get("type") == "object" else json_schema(told)


def json_schema(told: JsonObject) -> JsonObject:
    """The schema in JSON Schema's words."""
    return normalise_schema(_respelt(told, 0))


def strict_form(schema: JsonObject) -> JsonObject | None:
    """The schema with its objects closed, as ``strict`` wants it; None where that would change what it admits."""
    closed: JsonObject = _closed(schema, 0)
    whole = wrap_schema(closed) if needs_wrapping(closed) else closed
    return closed if is_strict_safe(whole) else None


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


def _closed(schema: Any, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return schema
    made: JsonObject = {}
    for name, value in schema.items():
        if name in _MAPS and isinstance(value, dict):
            made[name] = {key: _closed(member, depth + 1) for key, member in value.items()}
        elif name in _LISTS and isinstance(value, list):
            made[name] = [_closed(member, depth + 1) for member in value]
        else:
            made[name] = _closed(value, depth + 1) if name in _SINGLE else value
    if made.get("type") == "object" and made.get("properties"):
        made.setdefault("additionalProperties", False)
    return made
