"""Tokens of pictures, documents and sound: by rule, since a model does not read their base64.

Rules of this file: base64 is never counted as text and, but for its head, never decoded here; counting the pages of a
PDF needs the whole document and is the counter's work.  Source: translation rules of the dialects; OpenAI's published
rule for pictures (85 and 170 for each tile of 512 pixels).
"""

import base64
import binascii
from typing import Final

from codex_proxy.canonical.blocks import Audio, DataSource, File, Image
from codex_proxy.canonical.usage import tokens_of_size
from codex_proxy.usage.counting.pixels import is_jpeg, pixel_size

PICTURE_BASE_TOKENS: Final = 85
TILE_TOKENS: Final = 170
TILE_PIXELS: Final = 512
PICTURE_MAX_TOKENS: Final = 1500
PICTURE_UNKNOWN_TOKENS: Final = 1000

PDF_MEDIA_TYPE: Final = "application/pdf"
PAGE_TOKENS: Final = 1500
FILE_BYTES_PER_TOKEN: Final = 2000
FILE_MIN_TOKENS: Final = 500

_HEAD_CHARACTERS: Final = 64
_JPEG_HEAD_CHARACTERS: Final = 256 * 1024  # metadata with a colour profile and a preview picture
_TEXT_TYPES: Final = ("text/", "application/json", "application/xml", "application/yaml")


def picture_tokens(image: Image) -> int:
    """Tokens of a picture; low detail costs the base alone."""
    if image.detail == "low":
        return PICTURE_BASE_TOKENS
    return base64_picture_tokens(image.source.data) if isinstance(image.source, DataSource) else PICTURE_UNKNOWN_TOKENS


def base64_picture_tokens(data: str) -> int:
    """Tokens of a picture in base64, by its size in pixels where the head tells it."""
    head = _decoded(data[:_HEAD_CHARACTERS])
    if is_jpeg(head):
        head = _decoded(data[:_JPEG_HEAD_CHARACTERS])
    size = pixel_size(head)
    if size is None:
        return PICTURE_UNKNOWN_TOKENS
    tiles = -(-size.width // TILE_PIXELS) * -(-size.height // TILE_PIXELS)
    return min(PICTURE_BASE_TOKENS + TILE_TOKENS * tiles, PICTURE_MAX_TOKENS)


def pdf_data(file: File) -> str | None:
    """The base64 of an inline PDF, whose pages can be counted; None for any other file."""
    source = file.source
    return source.data if isinstance(source, DataSource) and source.media_type == PDF_MEDIA_TYPE else None


def pdf_tokens(pages_count: int | None, *, base64_characters: int) -> int:
    """Tokens of a PDF by its pages; by its size where no page was found or nobody looked (None)."""
    return pages_count * PAGE_TOKENS if pages_count else _sized_tokens(base64_characters)


def file_tokens(file: File) -> int:
    """Tokens of a document that is no inline PDF; one that only has an address counts as one page."""
    match file.source:
        case DataSource(media_type=media_type, data=data) if media_type.startswith(_TEXT_TYPES):
            return tokens_of_size(_decoded_bytes(len(data)))
        case DataSource(data=data):
            return _sized_tokens(len(data))
        case _:
            return PAGE_TOKENS


def audio_tokens(audio: Audio) -> int:
    """Tokens of sound by its size: about eight a second at 16 KB a second."""
    return _sized_tokens(len(audio.data))


def _sized_tokens(base64_characters: int) -> int:
    return max(_decoded_bytes(base64_characters) // FILE_BYTES_PER_TOKEN, FILE_MIN_TOKENS)


def _decoded_bytes(base64_characters: int) -> int:
    return base64_characters * 3 // 4


def _decoded(head: str) -> bytes:
    whole = len(head) - len(head) % 4
    try:
        return base64.b64decode(head[:whole])
    except (binascii.Error, ValueError):
        return b""
