"""Schemas asked for strictly although their clients did not say so: closed, every member required, none of it felt.

An upstream holds an answer to a schema only with ``strict``, and takes ``strict`` only where every object is closed and
names all its members as required.  Members that the client left optional are told as nullable instead; ``nulls`` takes
them out of the answer again.

Rules of this file: pure; all or nothing, since half a closed schema is refused.  An object that is open on purpose (a
map, free JSON) keeps the whole schema as it is.  What means nothing in a closed schema, such as how many members an
object may have, is left out.  Source: refusals of the Responses API quoted in public reports.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.request import Dialect, SchemaOutput
from codex_proxy.protocols.parts.answers.unwrap import WRAPPER_KEY, needs_wrapping, wrap_schema
from codex_proxy.protocols.parts.schemas import MAX_DEPTH, STRICT_REFUSES, is_strict_safe, normalise_output

_SAY_STRICT: Final = frozenset({Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.CODEX})  # silence is "no"
_DEFINITIONS: Final = ("$defs", "definitions")
_VOID: Final = frozenset({"default", "example", "examples", "minProperties", "maxProperties"})
_OPEN: Final = STRICT_REFUSES | {"oneOf"}
_SAYS_TYPE: Final = frozenset({"type", "$ref", "enum", "const", "anyOf"})
_BESIDE_REFERENCE: Final = frozenset({"$ref", "title", "description"})
_SIMPLE: Final = frozenset({"string", "number", "integer", "boolean"})
_NULL: Final = "null"
_MAX_HOPS: Final = 16


class AskedSchema(msgspec.Struct, frozen=True, kw_only=True):
    """A wanted schema as an upstream is asked for it, what it lost, and what its answer needs undone.

    ``unwrap_key`` is the member that the answer stands under; ``loose`` the client's own schema, where members that it
    left optional were made nullable.
    """

    schema: JsonObject
    strict: bool
    notes: tuple[Note, ...] = ()
    unwrap_key: str | None = None
    loose: JsonObject | None = None


def asked_schema(output: SchemaOutput, dialect: Dialect, path: str) -> AskedSchema:
    """The schema with an object at its root, strict as the client said; what only ours can be is strict if it may.

    ``dialect`` is the client's: most have no word for strictness and leave it to us; ``path`` is for notes.
    """
    schema, notes = normalise_output(output.schema, path)
    wraps = needs_wrapping(schema)
    whole = wrap_schema(schema) if wraps else schema
    key = WRAPPER_KEY if wraps else None
    closed = closed_schema(whole) if output.strict is None and dialect not in _SAY_STRICT else None
    if closed is None:
        return AskedSchema(schema=whole, strict=bool(output.strict), notes=notes, unwrap_key=key)
    loose = schema if any(optional_members(schema)) else None
    return AskedSchema(schema=closed, strict=True, notes=notes, unwrap_key=key, loose=loose)


def closed_schema(schema: JsonObject) -> JsonObject | None:
    """A normalised schema as ``strict`` wants it; None where that would change what it admits."""
    try:
        closed = _Closing(schema).close(schema, 0)
    except _OpenSchema:
        return None
    return closed if is_strict_safe(closed) else None


def is_optional(schema: JsonObject, name: str, root: JsonObject) -> bool:
    """Whether an object of this schema may lack the member, which may not be null; so it is told as nullable."""
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or name not in properties:
        return False
    needed = isinstance(required, list) and name in required
    return not needed and not admits_null(properties[name], root)


def optional_members(schema: JsonObject) -> Iterator[str]:
    """Names of all members, at any depth, that are told as nullable."""
    for inner in _schemas_in(schema, 0):
        yield from (name for name in inner.get("properties") or () if is_optional(inner, name, schema))


def admits_null(schema: Any, root: JsonObject) -> bool:
    """Whether null fits the schema; ``root`` holds its definitions."""
    schema = resolved(schema, root)
    if "anyOf" in schema:
        return any(admits_null(branch, root) for branch in _dicts(schema["anyOf"]))
    kind = schema.get("type")
    if kind is not None and kind != _NULL and not (isinstance(kind, list) and _NULL in kind):
        return False
    allowed = schema.get("enum")
    return (None in allowed) if isinstance(allowed, list) else schema.get("const") is None


def resolved(schema: Any, root: JsonObject) -> JsonObject:
    """The schema that a reference means, itself where it is none; one that leads nowhere is empty."""
    for _ in range(_MAX_HOPS):
        if not isinstance(schema, dict) or "$ref" not in schema:
            break
        schema = _referenced(schema["$ref"], root)
    return schema if isinstance(schema, dict) and "$ref" not in schema else {}


class _OpenSchema(Exception):
    """The schema holds something that cannot be closed."""


class _Closing:
    """One pass over a schema; ``root`` holds its definitions."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root

    def close(self, schema: Any, depth: int) -> JsonObject:
        if not isinstance(schema, dict) or depth > MAX_DEPTH or _OPEN & schema.keys():
            raise _OpenSchema
        made = {name: value for name, value in schema.items() if name not in _VOID}
        for name in _DEFINITIONS:
            if name in made:
                made[name] = {key: self.close(member, depth + 1) for key, member in _members(made[name]).items()}
        if "anyOf" in made:
            made["anyOf"] = [self.close(branch, depth + 1) for branch in _elements(made["anyOf"])]
        if _SAYS_TYPE.isdisjoint(made):
            raise _OpenSchema
        if "$ref" in made:
            return _reference(made)
        return self._closed_kinds(made, depth)

    def _closed_kinds(self, made: JsonObject, depth: int) -> JsonObject:
        kinds = made["type"] if isinstance(made.get("type"), list) else [made.get("type")]
        if "object" in kinds or "properties" in made:
            self._close_object(made, depth)
        if "array" in kinds:
            made["items"] = self.close(made.get("items"), depth + 1)
        return made

    def _close_object(self, made: JsonObject, depth: int) -> None:
        properties, more = _members(made.get("properties") or {}), made.get("additionalProperties")
        if more not in (None, False) or (more is None and not properties):
            raise _OpenSchema
        closed = {name: self.close(member, depth + 1) for name, member in properties.items()}
        made["properties"] = {
            name: _nullable(member) if is_optional(made, name, self._root) else member
            for name, member in closed.items()
        }
        made["required"] = list(closed)
        made["additionalProperties"] = False


def _reference(made: JsonObject) -> JsonObject:
    """A reference stands alone, or as the one alternative of a schema that describes it."""
    if made.keys() == {"$ref"}:
        return made
    if not made.keys() <= _BESIDE_REFERENCE | set(_DEFINITIONS):
        raise _OpenSchema
    rest = {name: value for name, value in made.items() if name != "$ref"}
    return rest | {"anyOf": [{"$ref": made["$ref"]}]}


def _nullable(schema: JsonObject) -> JsonObject:
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": _NULL}]}
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _SIMPLE and not {"enum", "const"} & schema.keys():
        return schema | {"type": [kind, _NULL]}
    return {"anyOf": [schema, {"type": _NULL}]}


def _referenced(reference: Any, root: JsonObject) -> Any:
    if reference == "#":
        return root
    for group in _DEFINITIONS:
        prefix = f"#/{group}/"
        if isinstance(reference, str) and reference.startswith(prefix):
            return _members_or_none(root.get(group)).get(reference.removeprefix(prefix))
    return None


def _schemas_in(schema: Any, depth: int) -> Iterator[JsonObject]:
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return
    yield schema
    groups = [_members_or_none(schema.get(name)) for name in ("properties", *_DEFINITIONS)]
    inner = [member for group in groups for member in group.values()]
    for member in [*inner, schema.get("items"), *_dicts(schema.get("anyOf"))]:
        yield from _schemas_in(member, depth + 1)


def _members(value: Any) -> JsonObject:
    if not isinstance(value, dict):
        raise _OpenSchema
    return value


def _elements(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _OpenSchema
    return value


def _members_or_none(value: Any) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[JsonObject]:
    return [element for element in value if isinstance(element, dict)] if isinstance(value, list) else []
