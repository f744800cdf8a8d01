"""Content parts of chat messages as blocks.

Rules of this file: order is content; what cannot be carried is refused by name or kept as ``Opaque``, never dropped.
OpenAI's chat spelling, its Responses spelling and, inside tool results, Anthropic's and MCP's spelling are read.
"""

import re
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import (
    Audio,
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
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import Fields, json_type

Part = Text | Image | File | Audio | Refusal | Opaque

_DATA_URL: Final = re.compile(r"data:([^;,]*)(?:;[^;,]*)*;base64,", re.IGNORECASE)
_PICTURE_URL: Final = re.compile(r"\s*data:image/[\w.+-]+;base64,[A-Za-z0-9+/]+={0,2}\s*")
_TEXT_TYPES: Final = frozenset({"text", "input_text", "output_text"})
_IMAGE_TYPES: Final = frozenset({"image_url", "input_image", "image"})
_VIDEO_TYPES: Final = frozenset({"video_url", "input_video", "video"})
_MAX_LIFTED_CHARACTERS: Final = 20 * 1024 * 1024 * 4 // 3  # a picture of 20 MB in base64
_DEFAULT_ENCODING: Final = "wav"
_MEDIA_TYPES: Final = {
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "json": "application/json",
    "html": "text/html",
    "xml": "text/xml",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}


def parse_content(content: Any, path: str) -> tuple[Part, ...]:
    """A message's ``content``: null, a string, one part or a list of parts.

    Raises:
        InvalidRequest: a part has the wrong shape, or holds what nobody here can carry.
    """
    match content:
        case None:
            return ()
        case str():
            return (Text(text=content),)
        case dict():
            return (parse_part(Fields(content, path)),)
        case list():
            return tuple(_parse_element(part, f"{path}[{index}]") for index, part in enumerate(content))
    raise InvalidRequest(path, f"expected a string or an array, got {json_type(content)}", code="invalid_type")


def parse_part(part: Fields) -> Part:
    """One content part."""
    kind = part.take_string("type")
    if kind in _TEXT_TYPES or (kind is None and part.has("text")):
        return Text(text=part.need_string("text"), extra=_without(part.rest(), "annotations", "logprobs"))
    if kind in _IMAGE_TYPES or (kind is None and part.has("image_url")):
        return _parse_image(part)
    if kind in {"file", "input_file"}:
        return _parse_file(part)
    if kind in {"document_url", "file_url"}:
        return _parse_document(part, kind)
    if kind == "input_audio":
        return _parse_audio(part)
    if kind == "refusal":
        return Refusal(text=part.need_string("refusal"), extra=part.rest())
    if kind in _VIDEO_TYPES:
        raise InvalidRequest(part.at("type"), f"{kind!r} is not supported", code="unsupported_content")
    if kind is None:
        raise InvalidRequest(part.at("type"), "is required")
    return Opaque(dialect=Dialect.OPENAI_CHAT, payload={"type": kind, **part.rest()})


def lift_parts(text: str) -> tuple[Part, ...] | None:
    """The parts that a tool's text is the JSON of, if pictures are among them; otherwise None.

    Some clients print a tool's picture as JSON text, or as nothing but a data URL; as text it would cost a hundred
    times the tokens.
    """
    if _PICTURE_URL.fullmatch(text):
        return (Image(source=media_source(text.strip())),)
    if '"image' not in text or not text.lstrip().startswith(("[", "{")) or len(text) > _MAX_LIFTED_CHARACTERS:
        return None
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if isinstance(value, dict) and isinstance(value.get("content"), list):
        value = value["content"]
    try:
        parts = parse_content(value, "")
    except InvalidRequest:
        return None
    carried = all(isinstance(part, Text | Image) for part in parts)
    return parts if carried and any(isinstance(part, Image) for part in parts) else None


def media_source(url: str) -> MediaSource:
    """A link, or the bytes that a data URL holds."""
    match = _DATA_URL.match(url)
    if match is None:
        return UrlSource(url=url)
    return DataSource(media_type=match.group(1).lower(), data=url[match.end() :])


def _parse_element(part: Any, path: str) -> Part:
    if isinstance(part, str):
        return Text(text=part)
    if not isinstance(part, dict):
        raise InvalidRequest(path, f"expected an object, got {json_type(part)}", code="invalid_type")
    return parse_part(Fields(part, path))


def _parse_image(part: Fields) -> Image:
    detail = part.take_string("detail")
    linked = part.take("image_url")
    if isinstance(linked, dict):
        link = Fields(linked, part.at("image_url"))
        source = media_source(link.need_string("url"))
        return Image(source=source, detail=link.take_string("detail") or detail, extra=part.rest())
    if isinstance(linked, str):
        return Image(source=media_source(linked), detail=detail, extra=part.rest())
    if linked is not None:
        raise part.wrong("image_url", "an object or a string", linked)
    return Image(source=_inline_source(part), detail=detail, extra=part.rest())


def _inline_source(part: Fields) -> MediaSource:
    file_id = part.take_string("file_id")
    if file_id is not None:
        return FileIdSource(file_id=file_id)
    source = part.take_fields("source")
    if source is None:  # MCP's spelling
        data = part.take_string("data")
        if data is None:
            raise InvalidRequest(part.at("image_url"), "is required")
        return DataSource(media_type=part.take_string("mimeType") or "", data=data)
    if source.has("url"):
        return media_source(source.need_string("url"))
    return DataSource(media_type=source.take_string("media_type") or "", data=source.need_string("data"))


def _parse_file(part: Fields) -> File:
    file = part.take_fields("file") or part
    filename = file.take_string("filename")
    data = file.take_string("file_data")
    url = file.take_string("file_url")
    file_id = file.take_string("file_id")
    if data is not None:
        source = media_source(data)
        if isinstance(source, UrlSource):
            source = DataSource(media_type=_media_type(filename), data=data)
        return File(source=source, filename=filename, extra=part.rest())
    if url is not None:
        return File(source=media_source(url), filename=filename, extra=part.rest())
    if file_id is not None:
        return File(source=FileIdSource(file_id=file_id), filename=filename, extra=part.rest())
    raise InvalidRequest(file.at("file_data"), "is required")


def _parse_document(part: Fields, kind: str) -> File:
    """A linked document as Mistral (a string) and Perplexity (an object) take it."""
    linked = part.take(kind)
    url = Fields(linked, part.at(kind)).need_string("url") if isinstance(linked, dict) else linked
    if not isinstance(url, str):
        raise part.wrong(kind, "a string", linked)
    return File(source=media_source(url), filename=part.take_string("document_name"), extra=part.rest())


def _media_type(filename: str | None) -> str:
    ending = (filename or "").rpartition(".")[2].lower()
    return _MEDIA_TYPES.get(ending, "application/pdf")


def _parse_audio(part: Fields) -> Audio:
    audio = part.take("input_audio")
    if isinstance(audio, dict):
        sound = Fields(audio, part.at("input_audio"))
        encoding = sound.take_string("format") or _DEFAULT_ENCODING
        return Audio(data=sound.need_string("data"), encoding=encoding, extra=part.rest())
    if not isinstance(audio, str):
        raise part.wrong("input_audio", "an object", audio)
    source = media_source(audio)  # Mistral's spelling: base64 or a data URL
    if isinstance(source, DataSource):
        return Audio(data=source.data, encoding=source.media_type.rpartition("/")[2], extra=part.rest())
    return Audio(data=audio, encoding=_DEFAULT_ENCODING, extra=part.rest())


def _without(members: JsonObject, *names: str) -> JsonObject:
    return {name: value for name, value in members.items() if name not in names}
