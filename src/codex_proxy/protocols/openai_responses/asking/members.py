"""Members of a request body that all upstreams of the Responses family take alike.

Rules of this file: what a client of this dialect wrote stays as it is; a member that the upstream refused before stays
out, and that is noted.
"""

import re
from typing import Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.canonical.request import JsonOutput, OutputFormat, SchemaOutput
from codex_proxy.protocols.parts.answers.unwrap import WRAPPER_KEY, needs_wrapping, wrap_schema
from codex_proxy.protocols.parts.schemas import normalise_schema

ENCRYPTED_REASONING: Final = "reasoning.encrypted_content"

_SCHEMA_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
_MAX_SCHEMA_NAME_CHARACTERS: Final = 64


def build_format(output: OutputFormat | None, *, native: bool) -> JsonObject | None:
    """``text.format``; ``native`` keeps a schema as the client wrote it.  None for free text."""
    match output:
        case JsonOutput():
            return {"type": "json_object"}
        case SchemaOutput():
            return _build_schema_format(output, native=native)
        case _:
            return None


def unwrap_key(output: OutputFormat | None, *, native: bool) -> str | None:
    """The member that the answer has to be taken out of; None where the schema went as it is."""
    wraps = isinstance(output, SchemaOutput) and not native and needs_wrapping(normalise_schema(output.schema))
    return WRAPPER_KEY if wraps else None


def without_rejected(members: JsonObject, rejected: frozenset[str]) -> tuple[JsonObject, tuple[Note, ...]]:
    """The members without those named in ``rejected``, and a note for each.

    ``reasoning.summary`` names a member of a member.
    """
    kept = dict(members)
    notes: list[Note] = []
    for path in sorted(rejected):
        outer, _, inner = path.partition(".")
        holder = kept.get(outer)
        if path in kept:
            del kept[path]
        elif inner and isinstance(holder, dict) and inner in holder:
            kept[outer] = {name: value for name, value in holder.items() if name != inner}
        else:
            continue
        notes.append(Note(path=path, verdict=Verdict.DROPPED, detail="the upstream refused this before"))
    return kept, tuple(notes)


def _object_schema(output: SchemaOutput) -> JsonObject:
    """The schema with an object at its root, which is all that upstreams of the family take."""
    schema = normalise_schema(output.schema)
    return wrap_schema(schema) if needs_wrapping(schema) else schema


def _build_schema_format(output: SchemaOutput, *, native: bool) -> JsonObject:
    made: JsonObject = {"type": "json_schema"}
    if output.description is not None:
        made["description"] = output.description
    if output.strict is not None or not native:
        made["strict"] = bool(output.strict)
    made["schema"] = output.schema if native else _object_schema(output)
    made["name"] = _SCHEMA_NAME.sub("_", output.name)[:_MAX_SCHEMA_NAME_CHARACTERS] or "output"
    return made
