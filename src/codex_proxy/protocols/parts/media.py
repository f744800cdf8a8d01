"""Inline media: data URLs, and what bytes really are.

Rules of this file: base64 is never decoded further than its first bytes; a declared type that contradicts the bytes of
a known picture format loses, because several clients call every picture a PNG.
"""

import base64
import binascii
import re
from typing import Final

_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w-]+=[^;,]*)*;base64,", re.IGNORECASE)
_HEAD_CHARACTERS: Final = 64

_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def split_data_url(url: str) -> tuple[str, str] | None:
    """Media type and base64 of a data URL, None for any other URL; the type may be corrected by the bytes."""
    match = _DATA_URL.match(url)
    if match is None:
        return None
    data = url[match.end() :]
    return sniff(data) or match.group(1) or "application/octet-stream", data


def data_url(media_type: str, data: str) -> str:
    """A data URL of standard-alphabet base64."""
    return f"data:{media_type};base64,{data}"


def sniff(data: str) -> str | None:
    """The media type that the first bytes of base64 ``data`` prove, None where they prove nothing."""
    try:
        head = base64.b64decode(data[:_HEAD_CHARACTERS] + "==", validate=False)
    except (binascii.Error, ValueError):
        return None
    return sniff_bytes(head)


def sniff_bytes(head: bytes) -> str | None:
    """The media type that the first bytes prove, None where they prove nothing."""
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else None
