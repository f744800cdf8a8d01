"""Where a system prompt stands in a request to the backend.

Rules of this file: what the owner puts before every prompt comes first.  A Codex client that sends no instructions has
them among its items, and keeps the form it chose; where a prompt stands is asked of other clients alone.
"""

from collections.abc import Sequence

import msgspec

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.request import Request
from codex_proxy.canonical.target import Target


class PlacedPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """The prompt: ``instructions`` at top level, None for no such member, ``developer`` at the head of the input."""

    instructions: str | None
    developer: str = ""


def placed_prompt(request: Request, target: Target, instructions: str | None) -> PlacedPrompt:
    """The prompt of a request that brings these ``instructions``."""
    if request.is_codex_client and instructions is None:
        return PlacedPrompt(instructions=None, developer=target.preamble)
    if target.prompt_inline and not request.is_codex_client:
        owners = joined(target.preamble, target.default_instructions)
        return PlacedPrompt(instructions=owners, developer=instructions or "")
    return PlacedPrompt(instructions=joined(target.preamble, instructions or target.default_instructions))


def joined(*texts: str) -> str:
    """Those that say something, one after the other."""
    return "\n\n".join(text for text in texts if text)


def developer_message(text: str) -> JsonObject:
    """A message of the developer's."""
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": text}]}


def headed(items: Sequence[JsonObject], text: str) -> list[JsonObject]:
    """The input with ``text`` as the developer's at its head, behind tools that stand there."""
    if not text:
        return list(items)
    place = next((place for place, item in enumerate(items) if item.get("type") != "additional_tools"), len(items))
    return [*items[:place], developer_message(text), *items[place:]]
