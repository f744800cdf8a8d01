"""Inline and linked media of a part as blocks.

Rules of this file: the media type decides the kind, and the bytes decide the type of a picture; base64 of either
alphabet becomes the standard one; what nobody here can carry is refused by name.
"""

import base64
import binascii
import re
from typing import Final

from codex_proxy.canonical.blocks import Audio, DataSource, File, FileIdSource, Image, Text, UrlSource
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.gemini.request.fields import WireFields
from codex_proxy.protocols.gemini.signing import standard_alphabet
from codex_proxy.protocols.parts.media import sniff

Media = Text | Image | File | Audio

_TEXTS: Final = frozenset({"application/json", "application/xml", "application/csv", "application/x-ndjson"})
_ENCODINGS: Final = {"mpeg": "mp3", "mpga": "mp3", "x-wav": "wav", "wave": "wav", "x-m4a": "m4a", "x-flac": "flac"}
_PICTURE_NAMES: Final = re.compile(r"\.(png|jpe?g|gif|webp|bmp)(?:$|[?#])", re.IGNORECASE)
_STORED: Final = re.compile(r"gs://|files/|https://generativelanguage\.googleapis\.com/", re.IGNORECASE)
_UNKNOWN_TYPE: Final = "application/octet-stream"
_FILE_NAMES: Final = {"application/pdf": "document.pdf"}
_DETAILS: Final = {"LOW": "low", "MEDIUM": "auto", "HIGH": "high", "ULTRA_HIGH": "high"}
_RESOLUTION_PREFIX: Final = "MEDIA_RESOLUTION_"


def detail_of(resolution: object) -> str | None:
    """A picture's detail for a ``mediaResolution``, its name or the object with its ``level``; None if unspecified."""
    if isinstance(resolution, dict):
        resolution = resolution.get("level")
    if not isinstance(resolution, str):
        return None
    return _DETAILS.get(resolution.upper().removeprefix(_RESOLUTION_PREFIX))


def parse_inline(blob: WireFields, detail: str | None) -> Media:
    """An ``inlineData`` or ``Blob``.

    Raises:
        InvalidRequest: no data, or a kind of media that cannot be carried.
    """
    declared = (blob.take_string("mimeType") or "").partition(";")[0].strip().lower()
    name = blob.take_string("displayName")
    told = blob.need_string("data")
    data = standard_alphabet("".join(told.split()))
    media_type = _media_type(declared, data)
    kind, _, form = media_type.partition("/")
    if kind == "video":
        raise InvalidRequest(blob.at("mimeType"), "video cannot be carried", code="unsupported_content")
    if kind == "image":
        return Image(source=DataSource(media_type=media_type, data=data), detail=detail)
    if kind == "audio":
        return Audio(data=data, encoding=_ENCODINGS.get(form, form))
    if kind == "text" or media_type in _TEXTS:
        return Text(text=f"[{name or 'document'}, {media_type}]\n{_decoded(data, blob)}")
    filename = name or _FILE_NAMES.get(media_type)
    return File(source=DataSource(media_type=media_type, data=data), filename=filename)


def parse_link(link: WireFields, detail: str | None) -> Media:
    """A ``fileData``; what an earlier upload left at Google stays an id, which other upstreams refuse by name.

    Raises:
        InvalidRequest: no URI, or a kind of media that cannot be linked.
    """
    media_type = (link.take_string("mimeType") or "").partition(";")[0].strip().lower()
    name = link.take_string("displayName")
    uri = link.need_string("fileUri")
    kind = media_type.partition("/")[0]
    if kind in {"video", "audio"} and not _STORED.match(uri):
        reason = "video cannot be carried" if kind == "video" else "sound has to be sent inline"
        raise InvalidRequest(link.at("fileUri"), reason, code="unsupported_content")
    source = FileIdSource(file_id=uri) if _STORED.match(uri) else UrlSource(url=uri)
    if kind == "image" or (not kind and _PICTURE_NAMES.search(uri)):
        return Image(source=source, detail=detail)
    return File(source=source, filename=name)


def _media_type(declared: str, data: str) -> str:
    """What the bytes prove wins over what was declared, where either speaks of pictures or nothing was declared."""
    proven = sniff(data)
    if proven is not None and (not declared or declared == _UNKNOWN_TYPE or declared.startswith("image/")):
        return proven
    return declared or _UNKNOWN_TYPE


def _decoded(data: str, blob: WireFields) -> str:
    try:
        return base64.b64decode(data, validate=True).decode("utf-8", "replace").replace("\0", "\ufffd")
    except (binascii.Error, ValueError):
        raise InvalidRequest(blob.at("data"), "is not base64", code="invalid_value") from None
