"""Members of a request body that all upstreams of the Responses family take alike.

Rules of this file: what a client of this dialect wrote stays as it is.
"""

import re
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note
from codex_proxy.canonical.request import Dialect, JsonOutput, OutputFormat, SchemaOutput
from codex_proxy.protocols.parts.answers.closing import asked_schema

ENCRYPTED_REASONING: Final = "reasoning.encrypted_content"

_SCHEMA_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
_MAX_SCHEMA_NAME_CHARACTERS: Final = 64


class AskedForm(msgspec.Struct, frozen=True, kw_only=True):
    """The wanted form of an answer: ``text.format``, None for free text, what of it was lost, and what to undo.

    ``unwrap_key`` and ``loose_schema`` as in a call's context.
    """

    wire: JsonObject | None = None
    notes: tuple[Note, ...] = ()
    unwrap_key: str | None = None
    loose_schema: JsonObject | None = None


def asked_form(output: OutputFormat | None, dialect: Dialect) -> AskedForm:
    """What is asked for; ``dialect`` is the client's, which keeps a schema as it wrote it if this is its own."""
    match output:
        case JsonOutput():
            return AskedForm(wire={"type": "json_object"})
        case SchemaOutput() if dialect is Dialect.OPENAI_RESPONSES:
            strict = {} if output.strict is None else {"strict": output.strict}
            return AskedForm(wire=_format(output, strict | {"schema": output.schema}))
        case SchemaOutput():
            asked = asked_schema(output, dialect, "response_format")
            return AskedForm(
                wire=_format(output, {"strict": asked.strict, "schema": asked.schema}),
                notes=asked.notes,
                unwrap_key=asked.unwrap_key,
                loose_schema=asked.loose,
            )
        case _:
            return AskedForm()


def _format(output: SchemaOutput, asked: JsonObject) -> JsonObject:
    described = {} if output.description is None else {"description": output.description}
    name = _SCHEMA_NAME.sub("_", output.name)[:_MAX_SCHEMA_NAME_CHARACTERS] or "output"
    return {"type": "json_schema", **described, **asked, "name": name}
