"""JSON Schemas as the upstream takes them.

Rules of this file: the input is never changed; what is dropped or approximated that the answer depends on is noted;
recursion is bounded.  Source: refusals of the Responses API quoted in public reports; schemas the official SDKs send.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight

MAX_DEPTH: Final = 64
ANY_TYPE: Final = ["string", "number", "boolean", "object", "array", "null"]

_DROPPED: Final = frozenset(
    {"$schema", "$id", "$comment", "cache_control", "defer_loading", "propertyOrdering", "property_ordering", "example"}
)
_NUMERIC: Final = frozenset(
    {"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties", "minimum", "maximum"}
)
_SUBSCHEMA_MAPS: Final = ("properties", "$defs", "definitions", "patternProperties")
_SUBSCHEMA_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SUBSCHEMAS: Final = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_SAYS_TYPE: Final = frozenset({"type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"})
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_COMBINED: Final = ("anyOf", "oneOf", "allOf")
_STRICT_REFUSES: Final = frozenset(
    {
        "allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "patternProperties",
        "propertyNames", "unevaluatedItems", "unevaluatedProperties", "minContains", "contains", "uniqueItems",
    }
)  # fmt: skip


def normalise_parameters(parameters: JsonObject | None, path: str) -> tuple[JsonObject, tuple[Note, ...]]:
    """Function parameters as the upstream takes them: an object schema, nothing combined at its root."""
    if not isinstance(parameters, dict):
        return {"type": "object", "properties": {}}, ()
    schema = _normalise(parameters, 0)
    if not isinstance(schema, dict) or not any(name in schema for name in _COMBINED):
        return _as_object(schema if isinstance(schema, dict) else {}), ()
    note = Note(
        path=path,
        verdict=Verdict.APPROXIMATED,
        weight=Weight.LOSSY,
        detail="alternatives at the root of tool parameters were merged into one object",
    )
    return _merged(schema), (note,)


def normalise_schema(schema: JsonObject) -> JsonObject:
    """A structured-output schema with spelling differences removed."""
    normalised = _normalise(schema, 0)
    return normalised if isinstance(normalised, dict) else {}


def is_strict_safe(schema: JsonObject) -> bool:
    """Whether the upstream accepts this schema with ``strict``: closed objects with every property required."""
    return schema.get("type") == "object" and "anyOf" not in schema and _strict_safe(schema, 0)


def _normalise(schema: Any, depth: int) -> Any:
    """One pass over the members; most of a request's tools are schemas, so nothing is looked up that is not there."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return schema
    made: JsonObject = {}
    for name, value in schema.items():
        rule = _RULES.get(name)
        if rule is None:
            made[name] = value
        else:
            rule(made, name, value, depth + 1)
    return _nullable(made) if "nullable" in made else _complete(made)


def _drop(_made: JsonObject, _name: str, _value: Any, _depth: int) -> None:
    """The upstream refuses the member, or it means nothing to it."""


def _type(made: JsonObject, name: str, value: Any, _depth: int) -> None:
    if isinstance(value, str):
        value = value.lower()
        if value == "type_unspecified":
            return
    elif isinstance(value, list):
        value = [word.lower() if isinstance(word, str) else word for word in value]
    made[name] = value


def _number(made: JsonObject, name: str, value: Any, _depth: int) -> None:
    made[name] = int(value) if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value) else value


def _format(made: JsonObject, name: str, value: Any, _depth: int) -> None:
    if value != "enum":
        made[name] = value


def _required(made: JsonObject, name: str, value: Any, _depth: int) -> None:
    if value is not None:
        made[name] = value


def _map(made: JsonObject, name: str, value: Any, depth: int) -> None:
    told = isinstance(value, dict)
    made[name] = {key: _normalise(member, depth) for key, member in value.items()} if told else value


def _list(made: JsonObject, name: str, value: Any, depth: int) -> None:
    made[name] = [_normalise(member, depth) for member in value] if isinstance(value, list) else value


def _single(made: JsonObject, name: str, value: Any, depth: int) -> None:
    made[name] = _normalise(value, depth)


_RULES: Final[dict[str, Callable[[JsonObject, str, Any, int], None]]] = {
    **dict.fromkeys(_DROPPED, _drop),
    **dict.fromkeys(_NUMERIC, _number),
    **dict.fromkeys(_SUBSCHEMA_MAPS, _map),
    **dict.fromkeys(_SUBSCHEMA_LISTS, _list),
    **dict.fromkeys(_SUBSCHEMAS, _single),
    "type": _type,
    "format": _format,
    "required": _required,
}


def _nullable(schema: JsonObject) -> JsonObject:
    """OpenAPI's word for a null among the types."""
    allowed = schema.pop("nullable") is True
    kind = schema.get("type")
    if allowed and isinstance(kind, str):
        schema["type"] = [kind, "null"]
        if isinstance(schema.get("enum"), list):
            schema["enum"] = [*(word for word in schema["enum"] if word is not None), None]
    elif allowed and isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
    elif allowed and kind is None and ("$ref" in schema or "enum" in schema):
        return {"anyOf": [_complete(schema), {"type": "null"}]}
    return _complete(schema)


def _complete(schema: JsonObject) -> JsonObject:
    kind, properties = schema.get("type"), schema.get("properties")
    if kind == "object" and "properties" not in schema:
        schema["properties"] = properties = {}
    if isinstance(properties, dict):
        schema["properties"] = {name: _typed(member) for name, member in properties.items()}
        required = schema.get("required")
        if isinstance(required, list):
            schema["required"] = [name for name in required if isinstance(name, str) and name in properties]
    if kind == "array":
        schema["items"] = _typed(schema.get("items", {}))
    return schema


def _typed(schema: Any) -> Any:
    if schema is True:
        return {"type": ANY_TYPE}
    if isinstance(schema, dict) and "type" not in schema and _SAYS_TYPE.isdisjoint(schema):
        return {"type": ANY_TYPE} | schema
    return schema


def _as_object(schema: JsonObject) -> JsonObject:
    return {"type": "object", "properties": {}} | schema


def _merged(schema: JsonObject) -> JsonObject:
    branches = [
        branch
        for name in _COMBINED
        for branch in schema.get(name, [])
        if isinstance(branch, dict) and isinstance(branch.get("properties"), dict)
    ]
    rest = {name: value for name, value in schema.items() if name not in {*_COMBINED, "enum", "not"}}
    properties: JsonObject = {}
    for branch in branches:
        properties |= branch["properties"]
    required = [set(branch.get("required", [])) for branch in branches]
    common = set.intersection(*required) if required else set()
    merged = _as_object(rest)
    merged["properties"] = properties | merged["properties"]
    merged["required"] = sorted(common | set(rest.get("required", [])))
    return merged


def _strict_safe(schema: Any, depth: int) -> bool:
    if not isinstance(schema, dict):
        return True
    if depth > 10 or _STRICT_REFUSES & schema.keys():
        return False
    properties = _members(schema.get("properties"))
    required = [name for name in _elements(schema.get("required")) if isinstance(name, str)]
    if "properties" in schema and not (
        schema.get("additionalProperties") is False and set(required) == properties.keys()
    ):
        return False
    inner = [*properties.values(), schema.get("items"), *_elements(schema.get("anyOf"))]
    inner += _members(schema.get("$defs")).values()
    return all(_strict_safe(member, depth + 1) for member in inner)


def _members(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
