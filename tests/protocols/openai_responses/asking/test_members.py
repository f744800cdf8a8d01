"""Members that the whole family takes alike."""

import pytest

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Dialect, JsonOutput, OutputFormat, SchemaOutput, TextOutput
from codex_proxy.protocols.openai_responses.asking.members import asked_form

SCHEMA = {"type": "OBJECT"}
CHAT, RESPONSES, GEMINI = Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES, Dialect.GEMINI


@pytest.mark.parametrize(
    ("output", "dialect", "expected"),
    [
        (None, CHAT, None),
        (TextOutput(), CHAT, None),
        (JsonOutput(), RESPONSES, {"type": "json_object"}),
        (
            SchemaOutput(name="my answer", schema=SCHEMA, description="d"),
            CHAT,
            {
                "type": "json_schema",
                "description": "d",
                "strict": False,
                "schema": {"type": "object", "properties": {}},
                "name": "my_answer",
            },
        ),
        (
            SchemaOutput(name="a", schema=SCHEMA),
            RESPONSES,
            {"type": "json_schema", "schema": SCHEMA, "name": "a"},
        ),
        (
            SchemaOutput(name="a", schema=SCHEMA, strict=True),
            RESPONSES,
            {"type": "json_schema", "strict": True, "schema": SCHEMA, "name": "a"},
        ),
    ],
)
def test_the_format(output: OutputFormat | None, dialect: Dialect, expected: JsonObject | None) -> None:
    assert asked_form(output, dialect).wire == expected


def test_a_root_that_is_no_object_goes_in_a_wrapper_unless_the_client_speaks_the_dialect() -> None:
    output = SchemaOutput(name="a", schema={"type": "ARRAY", "items": {"type": "STRING"}}, strict=True)
    made, native = asked_form(output, CHAT), asked_form(output, RESPONSES)
    assert made.wire is not None
    assert native.wire is not None
    assert made.wire["schema"]["properties"] == {"value": {"type": "array", "items": {"type": "string"}}}
    assert native.wire["schema"] == output.schema
    assert (made.unwrap_key, native.unwrap_key) == ("value", None)
    assert asked_form(SchemaOutput(name="a", schema=SCHEMA), CHAT).unwrap_key is None
    assert asked_form(JsonOutput(), CHAT).unwrap_key is None


def test_where_the_choice_is_ours_an_optional_member_is_asked_for_as_nullable() -> None:
    output = SchemaOutput(name="a", schema={"type": "OBJECT", "properties": {"b": {"type": "STRING"}}})
    made = asked_form(output, GEMINI)
    assert made.wire is not None
    assert (made.wire["strict"], made.wire["schema"]["required"]) == (True, ["b"])
    assert made.wire["schema"]["properties"] == {"b": {"type": ["string", "null"]}}
    assert made.loose_schema == {"type": "object", "properties": {"b": {"type": "string"}}}
    assert asked_form(output, CHAT).loose_schema is None
    assert asked_form(output, RESPONSES).loose_schema is None


def test_what_the_schema_lost_is_told_unless_it_went_as_it_was() -> None:
    output = SchemaOutput(name="a", schema={"type": "object", "properties": {"a": False}})
    (note,) = asked_form(output, CHAT).notes
    assert (note.path, "properties.a" in note.detail) == ("response_format", True)
    assert asked_form(output, RESPONSES).notes == asked_form(JsonOutput(), CHAT).notes == ()


def test_a_schemas_name_is_legal_and_never_empty() -> None:
    for name, told in (("", "output"), ("é" * 80, "_" * 64)):
        made = asked_form(SchemaOutput(name=name, schema={}), RESPONSES).wire
        assert made is not None
        assert made["name"] == told
