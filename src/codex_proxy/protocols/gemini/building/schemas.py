"""JSON Schema in Gemini's own subset, for vendors that take nothing else.

Rules of this file: references are put in place as far as they end; what the subset has no word for is left out, because
an unknown member is refused.  Source: the ``Schema`` message of the Google AI reference.
"""

from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.parts.schemas import MAX_DEPTH

_KEPT: Final = frozenset(
    {
        "title", "description", "format", "enum", "required", "minItems", "maxItems", "minLength", "maxLength",
        "minProperties", "maxProperties", "minimum", "maximum", "pattern", "default",
    }
)  # fmt: skip
_NULL: Final = "null"
_ANYTHING: Final[JsonObject] = {"type": "STRING"}
_REFERENCE_PREFIXES: Final = ("#/$defs/", "#/definitions/")


def own_schema(schema: JsonObject) -> JsonObject:
    """The schema in the subset."""
    shared = {name: schema[name] for name in ("$defs", "definitions") if isinstance(schema.get(name), dict)}
    defined = {**shared.get("definitions", {}), **shared.get("$defs", {})}
    return _own(schema, defined, ())


def _own(schema: Any, defined: JsonObject, within: tuple[str, ...]) -> JsonObject:
    if not isinstance(schema, dict) or len(within) > MAX_DEPTH:
        return dict(_ANYTHING)
    name = _referenced(schema.get("$ref"))
    if name is not None:
        inner = None if name in within else defined.get(name)
        if not isinstance(inner, dict):
            return dict(_ANYTHING)  # a schema that holds itself cannot be written out
        return _own({**inner, **_beside_reference(schema)}, defined, (*within, name))
    made = {key: value for key, value in schema.items() if key in _KEPT}
    if "const" in schema:
        made["enum"] = [schema["const"]]
    _add_type(made, schema)
    deeper = (*within, "")
    if isinstance(schema.get("properties"), dict):
        made["properties"] = {key: _own(member, defined, deeper) for key, member in schema["properties"].items()}
    if made.get("type") == "ARRAY":
        made["items"] = _own(schema.get("items"), defined, deeper)
    branches = [branch for key in ("anyOf", "oneOf") for branch in _list(schema.get(key))]
    alternatives = [branch for branch in branches if not _is_null(branch)]
    if len(alternatives) < len(branches):
        made["nullable"] = True
    if alternatives:
        made["anyOf"] = [_own(branch, defined, deeper) for branch in alternatives]
    return made


def _add_type(made: JsonObject, schema: JsonObject) -> None:
    told = schema.get("type")
    words = [word for word in (told if isinstance(told, list) else [told]) if isinstance(word, str)]
    kinds = [word.upper() for word in words if word != _NULL]
    if len(kinds) < len(words):
        made["nullable"] = True
    if len(kinds) == 1:
        made["type"] = kinds[0]
    elif kinds:
        made["anyOf"] = [{"type": kind} for kind in kinds]


def _referenced(reference: Any) -> str | None:
    for prefix in _REFERENCE_PREFIXES:
        if isinstance(reference, str) and reference.startswith(prefix):
            return reference.removeprefix(prefix)
    return None


def _beside_reference(schema: JsonObject) -> JsonObject:
    return {key: value for key, value in schema.items() if key in {"title", "description", "default"}}


def _is_null(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.get("type") == _NULL


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
