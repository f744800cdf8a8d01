"""Heads of picture files, as their formats lay them out."""

import base64
import struct


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 6, 0, 0, 0) + b"crc."


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\xf7\x00\x00"


def jpeg(width: int, height: int, *, metadata_bytes: int = 0, frame_marker: int = 0xC0) -> bytes:
    head = b"\xff\xd8" + b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    while metadata_bytes > 0:
        size = min(metadata_bytes, 65_533)
        head += b"\xff\xe1" + struct.pack(">H", size + 2) + b"m" * size
        metadata_bytes -= size
    tables = b"\xff\xff\xdb" + struct.pack(">H", 4) + b"qq" + b"\xff\xc4" + struct.pack(">H", 3) + b"h"
    frame = bytes((0xFF, frame_marker)) + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"c" * 9
    return head + tables + frame + b"\xff\xda"


def webp_lossy(width: int, height: int) -> bytes:
    frame = b"\x30\x01\x00" + b"\x9d\x01\x2a" + struct.pack("<HH", width | 0x4000, height)
    return b"RIFF\x00\x00\x00\x00WEBPVP8 " + struct.pack("<I", 100) + frame


def webp_lossless(width: int, height: int) -> bytes:
    bits = (width - 1) | (height - 1) << 14 | 1 << 28
    return b"RIFF\x00\x00\x00\x00WEBPVP8L" + struct.pack("<I", 100) + b"\x2f" + struct.pack("<I", bits) + b"data."


def webp_extended(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x00\x00\x00\x00WEBPVP8X" + struct.pack("<I", 10) + b"\x10\x00\x00\x00" + size


def base64_of(head: bytes) -> str:
    return base64.b64encode(head).decode()
