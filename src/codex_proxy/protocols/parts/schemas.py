"""JSON Schemas as the upstream takes them.

Rules of this file: the input is never changed; what is dropped or approximated that the answer depends on is noted;
recursion is bounded.  Source: refusals of the Responses API quoted in public reports; schemas the official SDKs send.
"""

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
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return schema
    made: JsonObject = {name: value for name, value in schema.items() if name not in _DROPPED}
    _normalise_words(made)
    for name in _SUBSCHEMA_MAPS:
        if isinstance(made.get(name), dict):
            made[name] = {key: _normalise(member, depth + 1) for key, member in made[name].items()}
    for name in _SUBSCHEMA_LISTS:
        if isinstance(made.get(name), list):
            made[name] = [_normalise(member, depth + 1) for member in made[name]]
    for name in _SUBSCHEMAS:
        if isinstance(made.get(name), dict):
            made[name] = _normalise(made[name], depth + 1)
    return _complete(made)


def _normalise_words(schema: JsonObject) -> None:
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = kind.lower()
    elif isinstance(kind, list):
        schema["type"] = [word.lower() if isinstance(word, str) else word for word in kind]
    if schema.get("type") == "type_unspecified":
        del schema["type"]
    for name in _NUMERIC & schema.keys():
        value = schema[name]
        if isinstance(value, str) and value.lstrip("-").isdigit():
            schema[name] = int(value)
    if schema.get("format") == "enum":
        del schema["format"]
    if schema.get("required", ...) is None:
        del schema["required"]
    if schema.pop("nullable", None) is True:
        _allow_null(schema)


def _allow_null(schema: JsonObject) -> None:
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = [kind, "null"]
    elif kind is None and ("$ref" in schema or "enum" in schema):
        inner = dict(schema)
        schema.clear()
        schema["anyOf"] = [inner, {"type": "null"}]


def _complete(schema: JsonObject) -> JsonObject:
    if schema.get("type") == "object":
        schema.setdefault("properties", {})
    properties = schema.get("properties")
    if isinstance(properties, dict):
        schema["properties"] = {name: _typed(member) for name, member in properties.items()}
        required = schema.get("required")
        if isinstance(required, list):
            schema["required"] = [name for name in required if name in properties]
    if schema.get("type") == "array":
        schema["items"] = _typed(schema.get("items", {}))
    return schema


def _typed(schema: Any) -> Any:
    if schema is True:
        return {"type": ANY_TYPE}
    if isinstance(schema, dict) and not _SAYS_TYPE & schema.keys():
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
    properties = schema.get("properties")
    if isinstance(properties, dict) and not (
        schema.get("additionalProperties") is False and set(schema.get("required", [])) == set(properties)
    ):
        return False
    members = [*(properties or {}).values(), schema.get("items"), *schema.get("anyOf", [])]
    members += [*schema.get("$defs", {}).values()]
    return all(_strict_safe(member, depth + 1) for member in members)
