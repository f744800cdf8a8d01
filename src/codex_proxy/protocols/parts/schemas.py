"""JSON Schemas as the upstream takes them.

Rules of this file: the input is never changed; what is dropped or approximated that the answer depends on is noted;
recursion is bounded.  Source: refusals of the Responses API quoted in public reports; schemas the official SDKs send.
"""

import re
from collections.abc import Callable
from itertools import takewhile
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
_SUBSCHEMA_MAPS: Final = ("properties", "patternProperties")
_DEFINITIONS: Final = ("$defs", "definitions")
_SUBSCHEMA_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_ALTERNATIVES: Final = frozenset({"anyOf", "oneOf"})
_SUBSCHEMAS: Final = ("items", "if", "then", "else", "contains", "propertyNames")
_SAYS_TYPE: Final = frozenset({"type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"})
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,18}")
_COMBINED: Final = ("anyOf", "oneOf", "allOf")
STRICT_REFUSES: Final = frozenset(
    {
        "allOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else", "patternProperties",
        "propertyNames", "unevaluatedItems", "unevaluatedProperties", "minContains", "contains", "uniqueItems",
        "prefixItems",
    }
)  # fmt: skip
MAX_STRICT_LEVELS: Final = 10
MAX_STRICT_PROPERTIES: Final = 5000
MAX_STRICT_VALUES: Final = 1000
MAX_STRICT_CHARACTERS: Final = 120_000


def normalise_parameters(parameters: JsonObject | None, path: str) -> tuple[JsonObject, tuple[Note, ...]]:
    """Function parameters as the upstream takes them: an object schema, nothing combined at its root."""
    if not isinstance(parameters, dict):
        return {"type": "object", "properties": {}}, ()
    schema, notes = normalise_output(parameters, path)
    if not any(name in schema for name in _COMBINED):
        return _as_object(schema), notes
    note = Note(
        path=path,
        verdict=Verdict.APPROXIMATED,
        weight=Weight.LOSSY,
        detail="alternatives at the root of tool parameters were merged into one object",
    )
    return _merged(schema), (*notes, note)


def normalise_output(schema: JsonObject, path: str) -> tuple[JsonObject, tuple[Note, ...]]:
    """A structured-output schema with spelling differences removed, and what it lost."""
    walk = _Walk()
    normalised = _normalise(schema, walk)
    return normalised if isinstance(normalised, dict) else {}, walk.notes(path)


def is_strict_safe(schema: JsonObject) -> bool:
    """Whether the upstream accepts this schema with ``strict``: closed objects with every property required."""
    if schema.get("type") != "object" or "anyOf" in schema:
        return False
    size = _StrictSize()
    return _strict_safe(schema, 0, size) and size.fits


class _Walk:
    """One pass over a schema: how deep it is in, and where it left a schema out that nothing fits."""

    __slots__ = ("depth", "left_out")

    def __init__(self) -> None:
        self.depth = 0
        self.left_out: list[str] = []

    def notes(self, path: str) -> tuple[Note, ...]:
        if not self.left_out:
            return ()
        detail = f"a schema that nothing fits was left out: {', '.join(dict.fromkeys(self.left_out))}"
        return (Note(path=path, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail),)


def _normalise(schema: Any, walk: _Walk) -> Any:
    """One pass over the members; most of a request's tools are schemas, so nothing is looked up that is not there."""
    if schema is True:
        return {"type": ANY_TYPE}
    if not isinstance(schema, dict) or walk.depth > MAX_DEPTH:
        return schema
    made: JsonObject = {}
    walk.depth += 1
    for name, value in schema.items():
        rule = _RULES.get(name)
        if rule is None:
            made[name] = value
        else:
            rule(made, name, value, walk)
    walk.depth -= 1
    return _nullable(made) if "nullable" in made else _complete(made)


def _drop(_made: JsonObject, _name: str, _value: Any, _walk: _Walk) -> None:
    """The upstream refuses the member, or it means nothing to it."""


def _type(made: JsonObject, name: str, value: Any, _walk: _Walk) -> None:
    if isinstance(value, str):
        value = value.lower()
        if value == "type_unspecified":
            return
    elif isinstance(value, list):
        value = [word.lower() if isinstance(word, str) else word for word in value]
    made[name] = value


def _number(made: JsonObject, name: str, value: Any, _walk: _Walk) -> None:
    made[name] = int(value) if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value) else value


def _format(made: JsonObject, name: str, value: Any, _walk: _Walk) -> None:
    if value != "enum":
        made[name] = value


def _required(made: JsonObject, name: str, value: Any, _walk: _Walk) -> None:
    if value is not None:
        made[name] = value


def _map(made: JsonObject, name: str, value: Any, walk: _Walk) -> None:
    if not isinstance(value, dict):
        made[name] = value
        return
    kept = {key: _normalise(member, walk) for key, member in value.items() if member is not False}
    if len(kept) < len(value):
        walk.left_out += [f"{name}.{key}" for key in value if key not in kept]
    made[name] = kept


def _definitions(made: JsonObject, name: str, value: Any, walk: _Walk) -> None:
    """References lead here, so what nothing fits stays, in the form of an object."""
    told = isinstance(value, dict)
    made[name] = {key: _definition(member, walk) for key, member in value.items()} if told else value


def _definition(schema: Any, walk: _Walk) -> Any:
    return {"not": {}} if schema is False else _normalise(schema, walk)


def _list(made: JsonObject, name: str, value: Any, walk: _Walk) -> None:
    if not isinstance(value, list):
        made[name] = value
        return
    kept = value
    if any(member is False for member in value):
        in_order = name == "prefixItems"  # from there on nothing can stand
        kept = list(takewhile(_may_fit, value)) if in_order else list(filter(_may_fit, value))
        if not kept or name not in _ALTERNATIVES:
            walk.left_out.append(name)
        if not kept:
            return
    made[name] = [_normalise(member, walk) for member in kept]


def _single(made: JsonObject, name: str, value: Any, walk: _Walk) -> None:
    if value is False:
        walk.left_out.append(name)
    else:
        made[name] = _normalise(value, walk)


def _not(made: JsonObject, name: str, value: Any, walk: _Walk) -> None:
    if value is not False:  # which would allow everything
        made[name] = _normalise(value, walk)


def _additional(made: JsonObject, name: str, value: Any, walk: _Walk) -> None:
    """Where both truth values are in use everywhere."""
    made[name] = value if isinstance(value, bool) else _normalise(value, walk)


def _may_fit(schema: Any) -> bool:
    return schema is not False


_RULES: Final[dict[str, Callable[[JsonObject, str, Any, _Walk], None]]] = {
    **dict.fromkeys(_DROPPED, _drop),
    **dict.fromkeys(_NUMERIC, _number),
    **dict.fromkeys(_SUBSCHEMA_MAPS, _map),
    **dict.fromkeys(_DEFINITIONS, _definitions),
    **dict.fromkeys(_SUBSCHEMA_LISTS, _list),
    **dict.fromkeys(_SUBSCHEMAS, _single),
    "not": _not,
    "additionalProperties": _additional,
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


class _StrictSize:
    """What the upstream counts of a strict schema: properties, enumerated values, characters of names and values."""

    __slots__ = ("characters", "properties_count", "values_count")

    def __init__(self) -> None:
        self.characters = self.properties_count = self.values_count = 0

    @property
    def fits(self) -> bool:
        return (
            self.properties_count <= MAX_STRICT_PROPERTIES
            and self.values_count <= MAX_STRICT_VALUES
            and self.characters <= MAX_STRICT_CHARACTERS
        )

    def add(self, schema: JsonObject) -> None:
        properties, values = _members(schema.get("properties")), _elements(schema.get("enum"))
        self.properties_count += len(properties)
        self.values_count += len(values)
        words = [*properties, *_members(schema.get("$defs")), *values, schema.get("const")]
        self.characters += sum(len(word) for word in words if isinstance(word, str))


def _strict_safe(schema: Any, depth: int, size: _StrictSize) -> bool:
    if not isinstance(schema, dict):
        return not isinstance(schema, list)  # items in a list are a tuple's
    if depth > MAX_STRICT_LEVELS or STRICT_REFUSES & schema.keys():
        return False
    size.add(schema)
    properties = _members(schema.get("properties"))
    required = [name for name in _elements(schema.get("required")) if isinstance(name, str)]
    if "properties" in schema and not (
        schema.get("additionalProperties") is False and set(required) == properties.keys()
    ):
        return False
    inner = [*properties.values(), schema.get("items"), *_elements(schema.get("anyOf"))]
    inner += _members(schema.get("$defs")).values()
    return all(_strict_safe(member, depth + 1, size) for member in inner)


def _members(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
