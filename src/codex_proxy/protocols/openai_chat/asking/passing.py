"""A chat client's own body for a vendor: with the vendor's name of the model, and the token counts asked for.

Rules of this file: counts that the client did not ask for are told here and kept back, so that every answer is counted.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.protocols.openai_chat.schema import Chunk
from codex_proxy.protocols.parts.bodies.passing import members_of, with_members
from codex_proxy.protocols.parts.json_text import decode_value

_OPTIONS: Final = "stream_options"
_decode_chunk: Final = msgspec.json.Decoder(Chunk).decode


def passed_body(body: bytes, model: str, *, counts: bool) -> bytes:
    """The body for the vendor's ``model``; ``counts`` asks for what it will have counted."""
    members = members_of(body)
    changes: JsonObject = {"model": model}
    if counts:
        changes[_OPTIONS] = {**_options_of(members), "include_usage": True}
    return with_members(body, members, changes)


def is_usage_chunk(data: bytes) -> bool:
    """Whether a chunk holds the token counts and nothing else: what OpenAI sends last to who asks for them."""
    if b'"usage"' not in data:
        return False
    try:
        chunk = _decode_chunk(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return chunk.choices == [] and bool(chunk.usage)


def _options_of(members: Mapping[str, msgspec.Raw]) -> JsonObject:
    told = decode_value(bytes(members[_OPTIONS])) if _OPTIONS in members else None
    return told if isinstance(told, dict) else {}
