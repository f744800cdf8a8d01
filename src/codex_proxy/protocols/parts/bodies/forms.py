"""A field of a multipart form, found and changed in place: its files may be megabytes and are not copied apart.

Rules of this file: pure; only the heads of parts are read.  A form that cannot be read has no such field.
Source: RFC 7578; RFC 2046, section 5.1.
"""

import re
from typing import Final

_BOUNDARY: Final = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_DISPOSITION: Final = b"content-disposition:"
_NAME: Final = re.compile(rb';\s*name="?([^";]*)"?', re.IGNORECASE)
_HEAD_END: Final = b"\r\n\r\n"
_LONGEST_HEAD_BYTES: Final = 4096
_MOST_PARTS: Final = 64


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a form, None where the media type is none."""
    if not content_type.lower().startswith("multipart/form-data"):
        return None
    found = _BOUNDARY.search(content_type)
    return (found.group(1) or found.group(2)).encode("latin-1", "replace") if found else None


def field_in(body: bytes, boundary: bytes, name: str) -> tuple[int, int] | None:
    """Where the value of the first field of this name stands."""
    mark = b"\r\n--" + boundary
    at = 0 if body.startswith(mark[2:]) else body.find(mark) + 2  # the first one need not follow a line
    for _ in range(_MOST_PARTS):
        head_end = body.find(_HEAD_END, at, at + _LONGEST_HEAD_BYTES)
        value_at = head_end + len(_HEAD_END)
        value_end = body.find(mark, value_at - 2)
        if head_end < 0 or value_end < 0:
            return None
        if _is_named(body[at:head_end], name):
            return value_at, max(value_at, value_end)
        at = value_end + 2
    return None


def _is_named(head: bytes, name: str) -> bool:
    found = [_NAME.search(line) for line in head.split(b"\r\n")[1:] if line.lower().startswith(_DISPOSITION)]
    return any(match is not None and match.group(1) == name.encode() for match in found)


def with_field(body: bytes, place: tuple[int, int], value: str) -> bytes:
    """The form with another value at this place."""
    return body[: place[0]] + value.encode() + body[place[1] :]
