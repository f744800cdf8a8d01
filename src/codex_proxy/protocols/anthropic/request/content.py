"""Content blocks of a client's messages and tool results: text, pictures, documents, search results.

Rules of this file: order is content; what has no canonical kind is told as text, or kept as ``Opaque``, never dropped.
Cache marks mean nothing here: the client's own body keeps them for upstreams of its dialect.  Members that nobody knows
stay in ``extra``, so that they can be told of.
"""

import base64
import binascii
from typing import Any, Final

from codex_proxy.canonical.blocks import (
    DataSource,
    File,
    FileIdSource,
    Image,
    JsonObject,
    MediaSource,
    Opaque,
    Text,
    UrlSource,
)
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.anthropic.schema import PART_SEPARATOR
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, each_object, json_type
from codex_proxy.protocols.parts.media import sniff, split_data_url

Part = Text | Image | File | Opaque

_PDF: Final = "application/pdf"
_DEFAULT_FILENAME: Final = "document.pdf"
_SILENT: Final = frozenset({"type", "cache_control", "caller"})
"""Members that change nothing of an answer: ``caller`` says whether the model or its code called a tool."""


def parse_content(content: Any, path: str, notes: list[Note]) -> tuple[Part, ...]:
    """A ``content`` member: null, a string or a list of blocks; empty texts are left out.

    Raises:
        InvalidRequest: a block has the wrong shape.
    """
    match content:
        case None | "":
            return ()
        case str():
            return (Text(text=content),)
        case list():
            return tuple(part for block in each_object(content, path) for part in parse_block(block, notes))
    raise InvalidRequest(path, f"expected a string or an array, got {json_type(content)}", code="invalid_type")


def parse_block(block: Fields, notes: list[Note]) -> tuple[Part, ...]:
    """One content block as the parts it means, mostly one; raises like ``parse_content``."""
    kind = block.need_string("type")
    match kind:
        case "text":
            text = block.take_string("text")
            return (Text(text=text, extra=unread(block)),) if text else ()
        case "image":
            return (_parse_image(block),)
        case "document":
            return _parse_document(block, notes)
        case "search_result":
            return (_search_result(block, notes),)
        case "tool_reference":
            return (Text(text=f"Tool {block.take_string('tool_name') or ''} is loaded."),)
        case "browser_state":
            return (Text(text=_browser_state(block)),)
    return (Opaque(dialect=Dialect.ANTHROPIC, payload={"type": kind, **block.rest()}),)


def _parse_image(block: Fields) -> Image:
    source = _need_source(block)
    extra = unread(block)
    kind = source.take_string("type") or "base64"
    if kind == "base64":
        data = source.need_string("data")
        media_type = sniff(data) or source.take_string("media_type") or ""
        return Image(source=DataSource(media_type=media_type, data=data), extra=extra)
    return Image(source=_remote_source(source, kind), extra=extra)


def unread(block: Fields) -> JsonObject:
    """What a block, a message or a tool holds beside the members that were taken, and that means something."""
    told = block.rest()
    return {name: value for name, value in told.items() if value is not None and name not in _SILENT} if told else {}


def _parse_document(block: Fields, notes: list[Note]) -> tuple[Part, ...]:
    source = _need_source(block)
    kind = source.take_string("type") or "base64"
    title, context = block.take_string("title"), block.take_string("context")
    _note_citations(block, notes)
    heading = "\n".join(filter(None, (title, context)))
    if kind == "text":
        return (Text(text=PART_SEPARATOR.join(filter(None, (heading, source.take_string("data"))))),)
    if kind == "content":
        lead = (Text(text=heading),) if heading else ()
        return (*lead, *parse_content(source.take("content"), source.at("content"), notes))
    lead = (Text(text=context),) if context else ()
    if kind != "base64":
        return (*lead, File(source=_remote_source(source, kind), filename=title))
    return (*lead, _inline_document(source, title))


def _inline_document(source: Fields, title: str | None) -> Part:
    """A document inline; one of plain text is told as text."""
    data = source.need_string("data")
    media_type = source.take_string("media_type") or sniff(data) or _PDF
    if media_type.startswith("text/"):
        try:
            text = base64.b64decode(data).decode()
        except (binascii.Error, ValueError):
            raise source.wrong("data", "base64 of UTF-8 text", data) from None
        return Text(text=PART_SEPARATOR.join(filter(None, (title, text))))
    return File(source=DataSource(media_type=media_type, data=data), filename=title or _DEFAULT_FILENAME)


def _need_source(block: Fields) -> Fields:
    source = block.take_fields("source")
    if source is None:
        raise InvalidRequest(block.at("source"), "is required")
    return source


def _remote_source(source: Fields, kind: str) -> MediaSource:
    if kind == "file":
        return FileIdSource(file_id=source.need_string("file_id"))
    if kind != "url":
        raise InvalidRequest(source.at("type"), f"unknown kind of source {kind!r}", code="invalid_value")
    url = source.need_string("url")
    inline = split_data_url(url)
    return UrlSource(url=url) if inline is None else DataSource(media_type=inline[0], data=inline[1])


def _search_result(block: Fields, notes: list[Note]) -> Text:
    _note_citations(block, notes)
    heading = "\n".join(filter(None, (block.take_string("title"), block.take_string("source"))))
    inner = parse_content(block.take("content"), block.at("content"), notes)
    texts = [part.text for part in inner if isinstance(part, Text)]
    return Text(text=PART_SEPARATOR.join(filter(None, (heading, *texts))))


def _browser_state(block: Fields) -> str:
    """What a browser tool reports besides its picture: where it is and what changed, as it told it."""
    told = [f"{name}: {value}" for name, value in block.rest().items() if isinstance(value, str | int)]
    changes = block.take("changes")
    if isinstance(changes, list):
        told += [str(change.get("type", "")) for change in changes if isinstance(change, dict)]
    return "\n".join(["Browser state", *told])


def _note_citations(block: Fields, notes: list[Note]) -> None:
    """Asked-for citations of a client's own documents: no other upstream gives them."""
    citations = block.take("citations")
    if isinstance(citations, dict) and citations.get("enabled") is True:
        notes.append(
            Note(
                path=block.at("citations"),
                verdict=Verdict.DROPPED,
                weight=Weight.LOSSY,
                detail="documents of the request are not cited",
            )
        )
