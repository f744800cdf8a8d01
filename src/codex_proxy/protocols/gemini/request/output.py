"""What form the answer is asked in: media type and schema.

Rules of this file: whether a schema is asked for strictly, and what becomes of a root that is no object, is the
upstream builder's matter; the quotes of a ``text/x.enum`` answer are the encoder's.
"""

from typing import Any, Final

from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import JsonOutput, OutputFormat, SchemaOutput, TextOutput
from codex_proxy.protocols.gemini.request.fields import WireFields, each_fields
from codex_proxy.protocols.gemini.request.schemas import json_schema

ENUM_TYPE: Final = "text/x.enum"

_JSON_TYPE: Final = "application/json"
_TEXT_TYPE: Final = "text/plain"
_SCHEMA_NAME: Final = "response"
_SCHEMAS: Final = ("responseJsonSchema", "responseSchema")


class Wanted:
    """The output format and whether the client wants a bare word in place of a JSON string."""

    __slots__ = ("bare_text", "output")

    def __init__(self, output: OutputFormat | None, *, bare_text: bool = False) -> None:
        self.output = output
        self.bare_text = bare_text


def parse_output(config: WireFields, notes: list[Note]) -> Wanted:
    """The members of ``generationConfig`` that say the answer's form.

    Raises:
        InvalidRequest: a member of the wrong type.
    """
    media_type = config.take_string("responseMimeType")
    schemas = [config.take_object(name) for name in _SCHEMAS]
    schema = schemas[0] or schemas[1]
    formats = _text_format(config)
    if formats is not None:
        media_type = media_type or formats.take_string("mimeType")
        schema = schema or formats.take_object("schema") or formats.take_object("jsonSchema")
    kind = (media_type or "").partition(";")[0].strip().lower()
    if schema is not None and kind != _TEXT_TYPE:
        told = json_schema(schema, config.at("responseSchema"), notes)
        return Wanted(SchemaOutput(name=_SCHEMA_NAME, schema=told), bare_text=kind == ENUM_TYPE)
    if kind == _JSON_TYPE:
        return Wanted(JsonOutput())
    if kind and kind != _TEXT_TYPE:
        detail = f"{kind!r} is no form known here"
        where = config.at("responseMimeType")
        notes.append(Note(path=where, verdict=Verdict.DROPPED, weight=Weight.LOSSY, detail=detail))
    return Wanted(TextOutput() if kind == _TEXT_TYPE else None)


def _text_format(config: WireFields) -> WireFields | None:
    """The text entry of ``responseFormat``, a list of formats by modality."""
    formats: Any = config.take("responseFormat")
    if isinstance(formats, dict):
        formats = [formats]
    for told in each_fields(formats, config.at("responseFormat")) if isinstance(formats, list) else ():
        text = told.take_fields("text")
        if text is not None:
            return text
    return None
