"""Schemas that are asked for strictly although their clients did not say so."""

from typing import Any

import pytest

from codex_proxy.canonical.request import Dialect, SchemaOutput
from codex_proxy.protocols.parts.answers.closing import (
    admits_null,
    asked_schema,
    closed_schema,
    is_optional,
    optional_members,
    resolved,
)
from codex_proxy.protocols.parts.schemas import is_strict_safe

TEXT = {"type": "string"}
NULL = {"type": "null"}


def obj(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or []}


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def asked(schema: dict[str, Any], dialect: Dialect = Dialect.GEMINI, strict: bool | None = None) -> Any:
    return asked_schema(SchemaOutput(name="s", schema=schema, strict=strict), dialect, "format")


# --------------------------------------------------------------------------------------------- closing


def test_every_object_is_closed_and_what_was_optional_may_be_null() -> None:
    inner = obj(["b"], b=TEXT, c={"type": "integer", "description": "d"})
    schema = obj(["a", "many"], a=inner, many={"type": "array", "items": inner}, one={"anyOf": [inner, TEXT]})
    told = closed(b=TEXT, c={"type": ["integer", "null"], "description": "d"})
    assert closed_schema(schema) == closed(
        a=told, many={"type": "array", "items": told}, one={"anyOf": [told, TEXT, NULL]}
    )


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (TEXT, {"type": ["string", "null"]}),
        ({"type": "string", "enum": ["a"]}, {"anyOf": [{"type": "string", "enum": ["a"]}, NULL]}),
        ({"const": 1}, {"anyOf": [{"const": 1}, NULL]}),
        ({"type": ["string", "integer"]}, {"anyOf": [{"type": ["string", "integer"]}, NULL]}),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
        ({"enum": ["a", None]}, {"enum": ["a", None]}),
        ({"anyOf": [TEXT, NULL]}, {"anyOf": [TEXT, NULL]}),
        ({"anyOf": [TEXT]}, {"anyOf": [TEXT, NULL]}),
        ({"type": "array", "items": TEXT}, {"anyOf": [{"type": "array", "items": TEXT}, NULL]}),
    ],
)
def test_how_an_optional_member_may_be_null(member: dict[str, Any], told: dict[str, Any]) -> None:
    assert closed_schema(obj(a=member)) == closed(a=told)


def test_references_and_what_they_lead_to() -> None:
    node = obj(["v"], v=TEXT, next={"$ref": "#/$defs/node", "description": "the one behind"})
    made = closed_schema(obj(["head"], head={"$ref": "#/$defs/node"}) | {"$defs": {"node": node}})
    assert made is not None
    assert made["properties"]["head"] == {"$ref": "#/$defs/node"}
    following = {"description": "the one behind", "anyOf": [{"$ref": "#/$defs/node"}, NULL]}
    assert made["$defs"]["node"] == closed(v=TEXT, next=following)


def test_what_means_nothing_in_a_closed_schema_is_left_out() -> None:
    schema = obj(["a"], a=TEXT | {"default": "x"}) | {"minProperties": 1, "maxProperties": 2, "title": "T"}
    assert closed_schema(schema) == closed(a=TEXT) | {"title": "T"}


def test_an_object_that_is_closed_and_empty_stays_so() -> None:
    empty = obj() | {"additionalProperties": False}
    assert closed_schema(obj(["a"], a=empty)) == closed(a=closed())


@pytest.mark.parametrize(
    "member",
    [
        {"type": "object"},
        {"type": "object", "properties": {}},
        obj(["b"], b=TEXT) | {"additionalProperties": True},
        obj(["b"], b=TEXT) | {"additionalProperties": TEXT},
        {"type": ["string", "object", "array"]},
        {"type": "array"},
        {"type": "array", "items": {}},
        {"type": "array", "items": [TEXT]},
        {"type": "array", "prefixItems": [TEXT]},
        {"description": "anything"},
        {"oneOf": [TEXT]},
        {"allOf": [TEXT]},
        {"anyOf": 7},
        {"$ref": "#/$defs/x", "minLength": 1},
        {"type": "object", "properties": 7},
        {"type": "object", "patternProperties": {"x": TEXT}},
        True,
    ],
)
def test_one_open_member_leaves_the_whole_schema_as_it_is(member: Any) -> None:
    assert closed_schema(obj(["a", "x"], a=obj(["b"], b=member), x=TEXT)) is None


def test_a_schema_too_deep_for_the_upstream_is_left_as_it_is() -> None:
    schema = obj(["a"], a=TEXT)
    for _ in range(9):
        schema = obj(["a"], a=schema)
    assert closed_schema(schema) is not None
    assert closed_schema(obj(["a"], a=obj(["a"], a=schema))) is None


def test_the_clients_schema_is_never_changed() -> None:
    schema = obj(a=obj(b=TEXT))
    before = obj(a=obj(b=TEXT))
    assert closed_schema(schema) is not None
    assert schema == before


# ------------------------------------------------------------------------------------------ what is asked


def test_a_client_that_cannot_say_strict_leaves_it_to_us() -> None:
    made = asked({"type": "OBJECT", "properties": {"a": {"type": "STRING"}}})
    assert (made.schema, made.strict, made.unwrap_key) == (closed(a={"type": ["string", "null"]}), True, None)
    assert made.loose == {"type": "object", "properties": {"a": TEXT}}


def test_nothing_is_to_be_undone_where_nothing_was_optional() -> None:
    made = asked(obj(["a"], a=TEXT))
    assert (made.schema, made.strict, made.loose) == (closed(a=TEXT), True, None)
    assert asked(obj(a={"type": ["string", "null"]})).loose is None


def test_another_root_is_closed_inside_its_wrapper() -> None:
    made = asked({"type": "array", "items": obj(a=TEXT)})
    assert made.schema == closed(value={"type": "array", "items": closed(a={"type": ["string", "null"]})})
    assert (made.strict, made.unwrap_key) == (True, "value")
    assert made.loose == {"type": "array", "items": obj(a=TEXT)}


def test_a_schema_that_cannot_be_closed_is_asked_for_loosely() -> None:
    made = asked({"type": "array", "items": {"type": "object"}})
    assert (made.strict, made.unwrap_key, made.loose) == (False, "value", None)
    assert made.schema["properties"]["value"] == {"type": "array", "items": {"type": "object", "properties": {}}}


@pytest.mark.parametrize(("strict", "told"), [(None, False), (False, False), (True, True)])
def test_a_client_that_says_strict_is_believed(strict: bool | None, told: bool) -> None:
    made = asked(obj(a=TEXT), Dialect.OPENAI_CHAT, strict)
    assert (made.schema, made.strict, made.loose) == (obj(a=TEXT), told, None)


def test_what_the_schema_lost_is_noted() -> None:
    (note,) = asked({"type": "object", "properties": {"a": False}}).notes
    assert note.path == "format"


# --------------------------------------------------------------------------------------- what is optional


def test_optional_is_what_may_be_absent_and_not_null() -> None:
    schema = obj(["a"], a=TEXT, b=TEXT, c={"type": ["string", "null"]}, d={"$ref": "#/$defs/d"})
    root = schema | {"$defs": {"d": {"enum": ["x", None]}}}
    assert [is_optional(schema, name, root) for name in ("a", "b", "c", "d", "e")] == [False, True, False, False, False]
    assert not is_optional({"properties": 7}, "a", root)


def test_optional_members_are_found_at_every_depth() -> None:
    deep = obj(["l"], l={"type": "array", "items": obj(x=TEXT)}) | {"$defs": {"n": obj(y=TEXT)}, "anyOf": [obj(z=TEXT)]}
    assert sorted(optional_members(deep)) == ["x", "y", "z"]


def test_null_fits_where_a_schema_says_so() -> None:
    root = {"$defs": {"n": NULL, "loop": {"$ref": "#/$defs/loop"}}, "definitions": {"t": TEXT}}
    fitting: list[Any] = [{}, NULL, {"const": None}, {"type": ["null"]}, {"anyOf": [TEXT, {"$ref": "#/$defs/n"}]}]
    assert all(admits_null(schema, root) for schema in fitting)
    others: list[Any] = [TEXT, {"const": 0}, {"type": ["string", "null"], "enum": ["a"]}, {"$ref": "#/definitions/t"}]
    assert not any(admits_null(schema, root) for schema in others)


def test_references_end_somewhere() -> None:
    root = {"type": "object", "$defs": {"loop": {"$ref": "#/$defs/loop"}, "t": TEXT}}
    assert resolved({"$ref": "#"}, root) == root
    assert resolved({"$ref": "#/$defs/t"}, root) == TEXT
    assert resolved({"$ref": "#/$defs/loop"}, root) == resolved({"$ref": "#/$defs/none"}, root) == {}
    assert resolved({"$ref": 7}, root) == resolved(7, root) == {}


def test_what_is_closed_is_what_the_upstream_takes() -> None:
    assert is_strict_safe(closed_schema(obj(a=obj(b=TEXT))) or {})
