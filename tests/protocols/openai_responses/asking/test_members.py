"""Members that the whole family takes alike."""

import pytest

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import JsonOutput, OutputFormat, SchemaOutput, TextOutput
from codex_proxy.protocols.openai_responses.asking.members import build_format, unwrap_key, without_rejected

SCHEMA = {"type": "OBJECT"}


@pytest.mark.parametrize(
    ("output", "native", "expected"),
    [
        (None, False, None),
        (TextOutput(), False, None),
        (JsonOutput(), True, {"type": "json_object"}),
        (
            SchemaOutput(name="my answer", schema=SCHEMA, description="d"),
            False,
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
            True,
            {"type": "json_schema", "schema": SCHEMA, "name": "a"},
        ),
    ],
)
def test_the_format(output: OutputFormat | None, native: bool, expected: JsonObject | None) -> None:
    assert build_format(output, native=native) == expected


def test_a_root_that_is_no_object_goes_in_a_wrapper_unless_the_client_speaks_the_dialect() -> None:
    output = SchemaOutput(name="a", schema={"type": "ARRAY", "items": {"type": "STRING"}}, strict=True)
    made, native = (build_format(output, native=native) for native in (False, True))
    assert made is not None
    assert native is not None
    assert made["schema"]["properties"] == {"value": {"type": "array", "items": {"type": "string"}}}
    assert native["schema"] == output.schema
    assert [unwrap_key(output, native=native) for native in (False, True)] == ["value", None]
    assert unwrap_key(SchemaOutput(name="a", schema=SCHEMA), native=False) is None
    assert unwrap_key(JsonOutput(), native=False) is None


def test_a_schemas_name_is_legal_and_never_empty() -> None:
    for name, told in (("", "output"), ("é" * 80, "_" * 64)):
        made = build_format(SchemaOutput(name=name, schema={}), native=True)
        assert made is not None
        assert made["name"] == told


def test_refused_members_go_with_a_note_each_and_absent_ones_need_none() -> None:
    members = {"a": 1, "reasoning": {"effort": "low", "summary": "auto"}, "text": "no object"}
    kept, notes = without_rejected(members, frozenset({"a", "reasoning.summary", "text.format", "absent"}))
    assert kept == {"reasoning": {"effort": "low"}, "text": "no object"}
    assert [note.path for note in notes] == ["a", "reasoning.summary"]
    assert members["reasoning"] == {"effort": "low", "summary": "auto"}
