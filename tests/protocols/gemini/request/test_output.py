"""The answer's form."""

from typing import Any

import pytest

from codex_proxy.canonical.notes import Note, Weight
from codex_proxy.canonical.request import JsonOutput, SchemaOutput, TextOutput
from codex_proxy.protocols.gemini.request.fields import WireFields
from codex_proxy.protocols.gemini.request.output import Wanted, parse_output

SCHEMA = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}, "required": ["a"]}
ASKED = SchemaOutput(
    name="response", schema={"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
)


def wanted(**config: Any) -> tuple[Wanted, list[Note]]:
    notes: list[Note] = []
    return parse_output(WireFields(config, "generationConfig"), notes), notes


@pytest.mark.parametrize(
    "config",
    [
        {"responseMimeType": "application/json", "responseSchema": SCHEMA},
        {"response_mime_type": "application/json", "response_json_schema": SCHEMA},
        {"responseSchema": SCHEMA},
        {"responseFormat": [{"image": {}}, {"text": {"mimeType": "application/json", "jsonSchema": SCHEMA}}]},
        {"responseFormat": {"text": {"schema": SCHEMA}}},
    ],
)
def test_schemas_in_every_spelling(config: dict[str, Any]) -> None:
    told, notes = wanted(**config)
    assert (told.output, told.bare_text, notes) == (ASKED, False, [])


def test_what_a_schema_lost_is_noted() -> None:
    _, (note,) = wanted(responseJsonSchema={"type": "object", "properties": {"a": False}})
    assert (note.path, note.weight) == ("generationConfig.responseSchema", Weight.LOSSY)


def test_a_word_of_an_enumeration_loses_its_quotes() -> None:
    told, _ = wanted(responseMimeType="text/x.enum", responseSchema={"type": "STRING", "enum": ["a"], "format": "enum"})
    assert told.bare_text
    assert told.output == SchemaOutput(name="response", schema={"type": "string", "enum": ["a"]})


def test_forms_without_a_schema() -> None:
    assert wanted(responseMimeType="application/json")[0].output == JsonOutput()
    assert wanted(responseMimeType="text/plain")[0].output == TextOutput()
    assert wanted()[0].output is None


def test_an_unknown_form_is_lost() -> None:
    told, (note,) = wanted(response_mime_type="application/xml")
    assert told.output is None
    assert (note.path, note.weight) == ("generationConfig.response_mime_type", Weight.LOSSY)
