"""JSON that this gateway only carries: the text in it that a model reads, and tokens of the rest by rule.

Rules of this file: sealed text and base64 are taken out before the JSON counts as text.
"""

import re
from typing import Any, Final

import msgspec

from codex_proxy.usage.counting.media import base64_picture_tokens

SEALED_CHARACTERS_PER_TOKEN: Final = 16  # the upstream does not say; small enough not to drown what is readable

_SEALED_MEMBERS: Final = frozenset({"encrypted_content", "signature", "thoughtSignature"})
_PACKED: Final = re.compile(r"(?:data:[\w.+/-]+(?:;[\w=-]+)*;base64,)?[A-Za-z0-9+/_-]{512,}={0,2}")
_MAX_DEPTH: Final = 200  # deeper members are left out; no schema or item in use comes near it

_encode: Final = msgspec.json.Encoder().encode


class ReadableJson(msgspec.Struct, frozen=True, kw_only=True):
    """Compact JSON without what no model reads as text, and the tokens of what was taken out."""

    text: bytes
    ruled_tokens: int


def sealed_tokens(sealed: str) -> int:
    """Tokens of encrypted reasoning that an upstream reads for itself."""
    return -(-len(sealed) // SEALED_CHARACTERS_PER_TOKEN)


def readable_json(value: Any) -> ReadableJson:
    """A JSON value, ready to be counted."""
    taken: list[int] = []
    kept = _kept(value, taken, _MAX_DEPTH)
    return ReadableJson(text=_encode(kept), ruled_tokens=sum(taken))


def _kept(value: Any, taken: list[int], depth: int) -> Any:
    if depth == 0:
        return None
    match value:
        case dict():
            return {name: _member(name, member, taken, depth) for name, member in value.items()}
        case list():
            return [_kept(element, taken, depth - 1) for element in value]
        case str() if _PACKED.fullmatch(value):
            taken.append(base64_picture_tokens(value.rpartition(",")[2]))
            return ""
        case _:
            return value


def _member(name: str, member: Any, taken: list[int], depth: int) -> Any:
    if name in _SEALED_MEMBERS and isinstance(member, str):
        taken.append(sealed_tokens(member))
        return ""
    return _kept(member, taken, depth - 1)
