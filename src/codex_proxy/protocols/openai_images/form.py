"""Form fields as the members a JSON body would have, and the files beside them.

Rules of this file: pure; how a form is cut into parts is the server's matter.  Values of a form are text, so numbers
and booleans are read from it; names of lists may end in brackets.  Source: forms as openai-python and curl send them.
"""

import re
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import Image, JsonObject
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.openai_images.pictures import check_count, parse_picture, uploaded_picture

_INTEGERS: Final = frozenset({"n", "output_compression", "partial_images"})
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}
_IMAGES: Final = frozenset({"image", "images"})
_FILES: Final = frozenset({"mask", "markup"})
_INTEGER: Final = re.compile(r"\s*-?\d{1,9}\s*")
_ADDRESS: Final = re.compile(rb"https?://|data:", re.IGNORECASE)


class FormPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a form: its name, and its content, of a file or of a field."""

    name: str
    content: bytes


def members_of(parts: tuple[FormPart, ...]) -> tuple[JsonObject, tuple[Image, ...]]:
    """The fields as members, and the pictures in order.

    Raises:
        InvalidRequest: a field that cannot be read, no picture, or too many.
    """
    members: JsonObject = {}
    pictures: list[Image] = []
    check_count(sum(_base(part.name) in _IMAGES for part in parts), "image")
    for part in parts:
        name = _base(part.name)
        if name in _IMAGES:
            pictures.append(_picture(part, f"image[{len(pictures)}]"))
        elif name in _FILES:
            members[name] = part.name
        else:
            members[name] = _value(name, part.content)
    return members, tuple(pictures)


def _base(name: str) -> str:
    return name.partition("[")[0]


def _picture(part: FormPart, path: str) -> Image:
    if _ADDRESS.match(part.content):
        return parse_picture(_text(part.content, path).strip(), path)
    return uploaded_picture(part.content, path)


def _value(name: str, content: bytes) -> Any:
    text = _text(content, name)
    if name in _INTEGERS:
        if _INTEGER.fullmatch(text) is None:
            raise InvalidRequest(name, "expected an integer", code="invalid_type")
        return int(text)
    if name == "stream":
        if text.strip().lower() not in _BOOLEANS:
            raise InvalidRequest(name, "expected true or false", code="invalid_type")
        return _BOOLEANS[text.strip().lower()]
    return text


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
    except UnicodeDecodeError:
        raise InvalidRequest(path, "is not valid UTF-8", code="invalid_value") from None
