"""JSON bodies from outside: decode once, and map every way they can be broken to one error.

Rules of this file: total; whatever bytes come in, an object or ``InvalidRequest`` comes out.  Lone surrogates become
U+FFFD, because the upstream's parser refuses them; NUL characters likewise.
"""

import re
from typing import Any, Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.fields import json_type

_BOM: Final = b"\xef\xbb\xbf"
_LONE_ESCAPE: Final = re.compile(rb"\\u(?:[dD][89a-fA-F][0-9a-fA-F]{2}|0000)")
_SURROGATE_PAIR: Final = re.compile(
    rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\u0000"
)
_ESCAPED_REPLACEMENT: Final = rb"\\ufffd"
_POSITION: Final = re.compile(r"byte (\d+)")
_MAX_QUOTED: Final = 200

encode: Final = msgspec.json.Encoder().encode
"""Any JSON value or struct as compact UTF-8 JSON."""

_decode: Final = msgspec.json.Decoder().decode


def decode_object(body: bytes) -> JsonObject:
    """The JSON object in ``body``.

    Raises:
        InvalidRequest: not UTF-8, not JSON, too deeply nested, or no object; the reason names line and column.
    """
    value = decode_value(body)
    if not isinstance(value, dict):
        raise InvalidRequest("", f"the body must be a JSON object, not {json_type(value)}", code="invalid_json")
    return value


def decode_value(body: bytes) -> Any:
    """The JSON value in ``body``; raises like ``decode_object``."""
    text = body.removeprefix(_BOM)
    if not text.strip():
        raise InvalidRequest("", "the body is empty; a JSON object is needed", code="invalid_json")
    if b"\\u" in text and _LONE_ESCAPE.search(text):
        text = _SURROGATE_PAIR.sub(_replace_lone, text)
    try:
        return _decode(text)
    except msgspec.DecodeError as error:
        raise InvalidRequest("", _reason(text, str(error)), code="invalid_json") from None
    except UnicodeDecodeError as error:
        where = _line_and_column(text, error.start)
        raise InvalidRequest("", f"the body is not valid UTF-8 at {where}", code="invalid_json") from None
    except RecursionError:
        raise InvalidRequest("", "the body is nested too deeply", code="invalid_json") from None


def object_in(text: str) -> JsonObject | None:
    """The JSON object that a text is, such as a call's arguments; an empty one for no text, None for anything else."""
    if not text.strip():
        return {}
    try:
        value = decode_value(text.encode("utf-8", "replace"))
    except InvalidRequest:
        return None
    return value if isinstance(value, dict) else None


def _replace_lone(match: re.Match[bytes]) -> bytes:
    found = match.group()
    return rb"\ufffd" if len(found) == len(_ESCAPED_REPLACEMENT) - 1 else found


def _reason(text: bytes, words: str) -> str:
    position = _POSITION.search(words)
    if position is None:
        return f"the body is not valid JSON: {words[:_MAX_QUOTED]}"
    where = _line_and_column(text, int(position.group(1)))
    return f"the body is not valid JSON at {where}: {words.partition(' (byte')[0][:_MAX_QUOTED]}"


def _line_and_column(text: bytes, offset: int) -> str:
    before = text[:offset]
    line = before.count(b"\n") + 1
    column = offset - before.rfind(b"\n")
    return f"line {line}, column {column}"
