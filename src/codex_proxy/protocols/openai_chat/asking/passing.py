"""A client's own body for a vendor of its dialect: whether it can go as it is, and what has to be added to it.

Rules of this file: a body that says what the vendor does not take, or says it otherwise, is written anew.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Request
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile, ThinkingSwitch
from codex_proxy.protocols.openai_chat.schema import Chunk
from codex_proxy.protocols.parts.bodies.passing import SEALED
from codex_proxy.protocols.parts.bodies.skimming import plain_frames
from codex_proxy.protocols.parts.json_text import decode_value

_LIMIT: Final = "max_tokens"
_NEWER_LIMIT: Final = "max_completion_tokens"
_UNFINISHED: Final = b'"finish_reason":null'
_MORE_THAN_DELTAS: Final = re.compile(rb'"(?:error"|usage":\{|finish_reason":"|images":\[)')  # in one go: half the time
_decode_chunk: Final = msgspec.json.Decoder(Chunk).decode


def may_pass(body: bytes, members: Mapping[str, msgspec.Raw], profile: ChatProfile) -> bool:
    """Whether the vendor takes everything in the body in these words."""
    if not profile.passes or SEALED in body:
        return False
    if not members.keys().isdisjoint(_untaken(profile)):
        return False
    return not any(word in body for word in _unread(profile))


def changes_of(request: Request, members: Mapping[str, msgspec.Raw], profile: ChatProfile) -> JsonObject:
    """What a passed body says beside the client's words: token counts where they would not come."""
    if not request.stream or not profile.stream_options or request.include_usage:
        return {}
    told = decode_value(bytes(members["stream_options"])) if "stream_options" in members else None
    return {"stream_options": {**(told if isinstance(told, dict) else {}), "include_usage": True}}


def is_usage_chunk(data: bytes) -> bool:
    """Whether a chunk holds the token counts and nothing else: what OpenAI sends last to who asks for them."""
    if b'"usage"' not in data:
        return False
    try:
        chunk = _decode_chunk(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return chunk.choices == [] and bool(chunk.usage)


def deltas_count(chunk: bytes) -> int:
    """How many frames a chunk is, where none of them finishes, counts or fails; else 0."""
    return plain_frames(chunk, each=_UNFINISHED, none=_MORE_THAN_DELTAS)


def _untaken(profile: ChatProfile) -> Iterator[str]:
    yield from (*profile.refuses, *profile.refuses_thinking, *profile.renames)
    if profile.max_tokens_field == _LIMIT:
        yield _NEWER_LIMIT
    if not profile.tools:
        yield from ("tools", "functions")
    if not profile.stream_options:
        yield "stream_options"
    if not profile.parallel_tool_calls:
        yield "parallel_tool_calls"
    if ThinkingSwitch.REASONING_EFFORT not in profile.thinking or profile.effort_words:
        yield "reasoning_effort"
    if not profile.json_object:
        yield "response_format"


def _unread(profile: ChatProfile) -> Iterator[bytes]:
    if not profile.developer_role:
        yield b'"developer"'
    if not profile.json_schema:
        yield b'"json_schema"'
    if not profile.images:
        yield b'"image_url"'
