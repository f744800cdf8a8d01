"""The wanted form of an answer as a schema alone."""

from codex_proxy.canonical.request import SchemaOutput
from codex_proxy.protocols.parts.asking.forms import described


def test_the_description_of_a_form_becomes_that_of_its_schema() -> None:
    schema = {"type": "object"}
    assert described(SchemaOutput(name="n", schema=schema)) is schema
    assert described(SchemaOutput(name="n", schema=schema, description="d")) == {"type": "object", "description": "d"}


def test_the_schemas_own_description_holds() -> None:
    schema = {"type": "object", "description": "own"}
    assert described(SchemaOutput(name="n", schema=schema, description="d")) == schema
