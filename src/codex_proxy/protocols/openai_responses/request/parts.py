"""Content parts of the Responses dialect, both ways.

Rules of this file: a known part keeps its unknown members in ``extra``; an unknown part is kept whole as ``Opaque``.
A part with a canonical kind that the dialect cannot say is a defect of the caller and named as such.
"""

from typing import Final

from codex_proxy.canonical.blocks import (
    Audio,
    Block,
    DataSource,
    File,
    FileIdSource,
    Image,
    JsonObject,
    MediaSource,
    Opaque,
    Refusal,
    Text,
    UrlSource,
)
from codex_proxy.canonical.request import Dialect
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.openai_responses.annotations import build_annotation, read_annotation
from codex_proxy.protocols.parts.fields import Fields
from codex_proxy.protocols.parts.media import data_url, split_data_url

_TEXT_TYPES: Final = frozenset({"input_text", "output_text", "text"})


def parse_part(fields: Fields) -> Text | Image | File | Audio | Refusal | Opaque:
    """One content part.

    Raises:
        InvalidRequest: a member of a known part has the wrong type.
    """
    kind = fields.take_string("type") or "input_text"
    if kind in _TEXT_TYPES:
        return _parse_text(fields)
    if kind == "refusal":
        return Refusal(text=fields.take_string("refusal") or "", extra=fields.rest())
    if kind == "input_image":
        return _parse_image(fields)
    if kind == "input_file":
        return _parse_file(fields)
    if kind == "input_audio":
        return _parse_audio(fields)
    return Opaque(dialect=Dialect.OPENAI_RESPONSES, payload={"type": kind} | fields.rest())


def build_part(block: Block, *, assistant: bool) -> JsonObject:
    """One content part in wire form.

    Raises:
        Unsupported: the block cannot stand in a message.
    """
    match block:
        case Text():
            return _build_text(block, assistant=assistant)
        case Refusal():
            return {"type": "refusal", "refusal": block.text} | block.extra
        case Image():
            return _build_image(block)
        case File():
            return _build_file(block)
        case Audio():
            sound = {"data": block.data, "format": block.encoding}
            return {"type": "input_audio", "input_audio": sound} | block.extra
        case Opaque():
            return block.payload
        case _:
            raise Unsupported("content", f"a {type(block).__name__} block cannot stand in a message")


def _parse_text(fields: Fields) -> Text:
    text = fields.need_string("text")
    listed = fields.take_list("annotations")
    if listed is None:
        return Text(text=text, extra=fields.rest())
    known = tuple(read_annotation(item) for item in listed if isinstance(item, dict))
    return Text(text=text, annotations=known, extra=fields.rest() | ({} if known else {"annotations": listed}))


def _build_text(block: Text, *, assistant: bool) -> JsonObject:
    part: JsonObject = {"type": "output_text" if assistant else "input_text", "text": block.text}
    if block.annotations:
        part["annotations"] = [build_annotation(annotation) for annotation in block.annotations]
    return part | block.extra


def _parse_image(fields: Fields) -> Image | Opaque:
    url, file_id = fields.take("image_url"), fields.take_string("file_id")
    detail = fields.take_string("detail")
    if isinstance(url, dict):  # the chat spelling, which some clients use here too
        detail = detail or (url.get("detail") if isinstance(url.get("detail"), str) else None)
        url = url.get("url")
    if isinstance(url, str):
        return Image(source=_source_of(url), detail=detail, extra=fields.rest())
    if file_id is not None:
        return Image(source=FileIdSource(file_id=file_id), detail=detail, extra=fields.rest())
    raise fields.wrong("image_url", "a URL or a data URL", url)


def _build_image(block: Image) -> JsonObject:
    part: JsonObject = {"type": "input_image"}
    match block.source:
        case FileIdSource(file_id=file_id):
            part["file_id"] = file_id
        case UrlSource() | DataSource():
            part["image_url"] = _url_of(block.source)
    if block.detail is not None:
        part["detail"] = block.detail
    return part | block.extra


def _parse_file(fields: Fields) -> File | Opaque:
    filename = fields.take_string("filename")
    for name in ("file_data", "file_url", "file_id"):
        value = fields.take_string(name)
        if value is None:
            continue
        source = FileIdSource(file_id=value) if name == "file_id" else _source_of(value)
        if name == "file_data" and isinstance(source, UrlSource):
            source = DataSource(media_type="application/octet-stream", data=value)
        return File(source=source, filename=filename, extra=fields.rest())
    raise fields.wrong("file_data", "a file, its URL or its id", None)


def _build_file(block: File) -> JsonObject:
    part: JsonObject = {"type": "input_file"}
    if block.filename is not None:
        part["filename"] = block.filename
    match block.source:
        case FileIdSource(file_id=file_id):
            part["file_id"] = file_id
        case UrlSource(url=url):
            part["file_url"] = url
        case DataSource():
            part["file_data"] = _url_of(block.source)
    return part | block.extra


def _parse_audio(fields: Fields) -> Audio:
    sound = fields.take_fields("input_audio") or Fields({}, fields.at("input_audio"))
    return Audio(data=sound.need_string("data"), encoding=sound.take_string("format") or "wav", extra=fields.rest())


def _source_of(url: str) -> MediaSource:
    split = split_data_url(url)
    return UrlSource(url=url) if split is None else DataSource(media_type=split[0], data=split[1])


def _url_of(source: UrlSource | DataSource) -> str:
    match source:
        case UrlSource(url=url):
            return url
        case DataSource(media_type=media_type, data=data):
            return data_url(media_type, data)
