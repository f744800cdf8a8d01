"""The wanted form of an answer, for vendors that take nothing of it but the schema.

Rules of this file: pure.
"""

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import SchemaOutput


def described(output: SchemaOutput) -> JsonObject:
    """The schema with the form's description, unless it has one of its own."""
    return output.schema if output.description is None else {"description": output.description, **output.schema}
