"""Pictures and documents as content blocks of the Messages wire.

Rules of this file: pure; a data URL never goes out as a link; what the vendor cannot read is refused by name.
"""

import base64
import binascii
from typing import Final, assert_never

from codex_proxy.canonical.blocks import DataSource, File, FileIdSource, Image, JsonObject, MediaSource, UrlSource
from codex_proxy.protocols.base import Unsupported
from codex_proxy.protocols.parts.media import sniff, split_data_url

_PDF: Final = "application/pdf"
_PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def image_block(image: Image, path: str) -> JsonObject:
    """An ``image`` block; raises ``Unsupported`` for pictures that this dialect cannot carry."""
    source = _source(image.source, path)
    if source["type"] == "base64" and source["media_type"] not in _PICTURES:
        raise Unsupported(path, f"the vendor reads no pictures of type {source['media_type']!r}")
    return {"type": "image", "source": source}


def document_block(file: File, path: str) -> JsonObject:
    """A ``document`` block: a PDF, a text or a link; raises ``Unsupported`` for other files."""
    source = _source(file.source, path)
    if source["type"] == "base64" and source["media_type"] != _PDF:
        source = _text_source(source, path)
    block: JsonObject = {"type": "document", "source": source}
    return block | {"title": file.filename} if file.filename else block


def _source(source: MediaSource, path: str) -> JsonObject:
    match source:
        case UrlSource(url=url):
            inline = split_data_url(url)
            return {"type": "url", "url": url} if inline is None else _inline(*inline)
        case DataSource(media_type=media_type, data=data):
            return _inline(sniff(data) or media_type, data)
        case FileIdSource():
            raise Unsupported(path, "an uploaded file is unknown to the vendor")
        case _:
            assert_never(source)


def _inline(media_type: str, data: str) -> JsonObject:
    return {"type": "base64", "media_type": media_type, "data": data}


def _text_source(source: JsonObject, path: str) -> JsonObject:
    media_type = str(source["media_type"])
    readable = media_type.startswith("text/") or media_type.endswith(("json", "xml", "yaml", "csv"))
    try:
        text = base64.b64decode(source["data"]).decode() if readable else None
    except (binascii.Error, ValueError):
        text = None
    if text is None:
        raise Unsupported(path, f"the vendor reads no files of type {media_type!r}")
    return {"type": "text", "media_type": "text/plain", "data": text}
