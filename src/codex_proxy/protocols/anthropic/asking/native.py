"""A client's own body for a vendor of its dialect: as it came, but for what we have to change.

Rules of this file: the client's objects are never changed; thoughts of another upstream are taken out, those that we
sealed for the vendor are opened; everything else, known or not, goes on.
"""

from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict
from codex_proxy.protocols.anthropic.schema import ORIGIN
from codex_proxy.protocols.parts.signatures import read_signature

_TOKEN_MEMBER: Final = {"thinking": "signature", "redacted_thinking": "data"}


def native_messages(messages: list[Any], *, drop_reasoning: bool) -> tuple[list[Any], tuple[Note, ...]]:
    """The client's messages with the vendor's own thoughts only, and what was taken out."""
    notes: list[Note] = []
    told = []
    for index, message in enumerate(messages):
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, list):
            told.append(message)
            continue
        kept = [block for block in (_block(block, drop=drop_reasoning) for block in content) if block is not None]
        if len(kept) < len(content):
            notes.append(
                Note(path=f"messages[{index}]", verdict=Verdict.DROPPED, detail="thoughts of another upstream")
            )
        if kept:
            told.append({**message, "content": kept})
    return told, tuple(notes)


def lacks_thought(messages: list[Any]) -> bool:
    """Whether the answer that is being continued called tools without a thought before, which forbids thinking."""
    for message in reversed(messages):
        kinds = _kinds(message)
        if isinstance(message, dict) and message.get("role") == "assistant":
            return "tool_use" in kinds and kinds[0] not in _TOKEN_MEMBER
        if isinstance(message, dict) and message.get("role") == "user" and "tool_result" not in kinds:
            return False
    return False


def _kinds(message: Any) -> list[Any]:
    content = message.get("content") if isinstance(message, dict) else None
    blocks = content if isinstance(content, list) else []
    return [block.get("type") for block in blocks if isinstance(block, dict)]


def _block(block: Any, *, drop: bool) -> Any:
    kind = block.get("type") if isinstance(block, dict) else None
    member = _TOKEN_MEMBER.get(kind) if isinstance(kind, str) else None
    if member is None:
        return block
    if drop:
        return None
    token = block.get(member)
    if not isinstance(token, str) or not token:
        return block
    sealed = read_signature(token, ORIGIN)
    if sealed.origin != ORIGIN:
        return None
    return block if sealed.encrypted == token else _opened(block, member, sealed.encrypted)


def _opened(block: JsonObject, member: str, token: str) -> JsonObject:
    return {**block, member: token}
