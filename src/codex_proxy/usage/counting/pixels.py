"""How large a picture is, from the first bytes of its file.

Rules of this file: total; bytes that prove no size give None.  Source: the PNG, GIF, JPEG (ITU T.81) and WebP
(RFC 9649) formats.
"""

import struct
from collections.abc import Iterator
from typing import Final

import msgspec

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIF: Final = (b"GIF87a", b"GIF89a")
_JPEG: Final = b"\xff\xd8"
_VP8_START: Final = b"\x9d\x01\x2a"
_VP8L_SIGNATURE: Final = 0x2F

_FRAME_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOFn; not DHT, JPG, DAC
_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTn, SOI: no length follows
_SCAN_MARKERS: Final = frozenset({0xD9, 0xDA})  # EOI, SOS: no frame header can follow


class PixelSize(msgspec.Struct, frozen=True, kw_only=True):
    """Width and height in pixels, both at least 1."""

    width: int
    height: int


def pixel_size(head: bytes) -> PixelSize | None:
    """The size of the picture whose file begins with ``head``.

    PNG, GIF and WebP need 30 bytes; in a JPEG it stands behind the metadata, which may be tens of kilobytes.
    """
    try:
        width, height = _read(head)
    except (struct.error, IndexError):
        return None
    return PixelSize(width=width, height=height) if width > 0 and height > 0 else None


def is_jpeg(head: bytes) -> bool:
    """Whether more bytes than the first few may be needed."""
    return head.startswith(_JPEG)


def _read(head: bytes) -> tuple[int, int]:
    if head.startswith(_PNG):
        return _pair(">II", head, 16)
    if head.startswith(_GIF):
        return _pair("<HH", head, 6)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _read_webp(head)
    if is_jpeg(head):
        return _read_jpeg(head)
    return 0, 0


def _read_webp(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(_exactly(head, 24, 3), "little"), 1 + int.from_bytes(_exactly(head, 27, 3), "little")
    if kind == b"VP8L" and head[20] == _VP8L_SIGNATURE:
        bits = int.from_bytes(_exactly(head, 21, 4), "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and head[23:26] == _VP8_START:
        width, height = _pair("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _read_jpeg(head: bytes) -> tuple[int, int]:
    for marker, place in _segments(head):
        if marker in _FRAME_MARKERS:
            height, width = _pair(">HH", head, place + 3)
            return width, height
        if marker in _SCAN_MARKERS:
            break
    return 0, 0


def _segments(head: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place of the length field of each segment; raises ``IndexError`` where the bytes end."""
    place = len(_JPEG)
    while head[place] == 0xFF:
        marker = head[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
            continue
        yield marker, place + 2
        place += 2
        if marker not in _BARE_MARKERS:
            place += int.from_bytes(_exactly(head, place, 2), "big")


def _pair(layout: str, head: bytes, place: int) -> tuple[int, int]:
    first, second = struct.unpack_from(layout, head, place)
    return int(first), int(second)


def _exactly(head: bytes, place: int, count: int) -> bytes:
    found = head[place : place + count]
    if len(found) < count:
        raise IndexError(place)
    return found
