"""The order of messages that some vendors insist on, and ids of calls within their limits.

Rules of this file: messages in, messages out; nothing that was said is lost, what had to be changed is noted.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any, Final

from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.canonical.notes import Note, Verdict, Weight
from codex_proxy.protocols.openai_chat.asking.profile import ChatProfile

_INSTRUCTING: Final = frozenset({"system", "developer"})
_JOINED: Final = frozenset({"user", "assistant"})
_HEARD: Final = "Understood."
_CACHED: Final[JsonObject] = {"cache_control": {"type": "ephemeral"}}
_PLAIN_ID: Final = re.compile(r"[A-Za-z0-9]+")
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def ordered(messages: list[JsonObject], profile: ChatProfile, notes: list[Note]) -> list[JsonObject]:
    """The messages as this vendor takes them."""
    if profile.single_system:
        messages = _led(messages, notes)
    if profile.assistant_after_tool:
        messages = list(_bridged(messages, notes))
    if profile.alternating:
        messages = _alternated(messages, notes)
    if profile.cache_marks:
        messages = _marked(messages)
    return messages


def fitted_id(call_id: str, length: int | None) -> str:
    """The id itself where it fits, else letters and digits that stand for it: the same ones for the same id."""
    if length is None or (len(call_id) == length and _PLAIN_ID.fullmatch(call_id)):
        return call_id
    number = int.from_bytes(hashlib.sha256(call_id.encode()).digest())
    made = ""
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        made += _DIGITS[digit]
    return made


def _led(messages: list[JsonObject], notes: list[Note]) -> list[JsonObject]:
    """All instructions as one leading message."""
    told = [message for message in messages if message["role"] in _INSTRUCTING]
    if messages[: len(told)] == told and len(told) < 2:
        return messages
    notes.append(_note("messages", Verdict.APPROXIMATED, Weight.LOSSY, "the vendor takes one leading instruction"))
    lead = {"role": "system", "content": "\n\n".join(_text(message["content"]) for message in told)}
    return [lead, *(message for message in messages if message["role"] not in _INSTRUCTING)]


def _bridged(messages: list[JsonObject], notes: list[Note]) -> Iterator[JsonObject]:
    """An assistant's word between a tool's result and the user."""
    before = ""
    for index, message in enumerate(messages):
        if before == "tool" and message["role"] not in {"tool", "assistant"}:
            detail = "the vendor wants the assistant to speak between a tool and the user"
            notes.append(_note(f"messages[{index}]", Verdict.INVENTED, Weight.COSMETIC, detail))
            yield {"role": "assistant", "content": _HEARD}
        before = message["role"]
        yield message


def _alternated(messages: list[JsonObject], notes: list[Note]) -> list[JsonObject]:
    """No two messages of the user, or of the assistant, in a row; the user begins."""
    joined: list[JsonObject] = []
    for message in messages:
        last = joined[-1] if joined else {"role": ""}
        if message["role"] == last["role"] and message["role"] in _JOINED:
            joined[-1] = {**last, **message, "content": _both(last["content"], message["content"])}
        else:
            joined.append(message)
    start = next((place for place, message in enumerate(joined) if message["role"] not in _INSTRUCTING), None)
    if start is not None and joined[start]["role"] == "assistant":
        notes.append(_note("messages[0]", Verdict.INVENTED, Weight.COSMETIC, "the user has to begin"))
        joined.insert(start, {"role": "user", "content": "(The conversation begins with the assistant.)"})
    return joined


def _both(first: Any, second: Any) -> Any:
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [*_parts(first), *_parts(second)]


def _marked(messages: list[JsonObject]) -> list[JsonObject]:
    """Cache marks on the last instruction and on the last words of the user, unless the client set its own."""
    if any("cache_control" in part for message in messages for part in _parts(message.get("content"))):
        return messages
    leading = [place for place, message in enumerate(messages) if message["role"] in _INSTRUCTING]
    speaking = [place for place, message in enumerate(messages) if message["role"] == "user"]
    marked = list(messages)
    for place in (*leading[-1:], *speaking[-1:]):
        parts = _parts(marked[place]["content"])
        if parts:
            marked[place] = {**marked[place], "content": [*parts[:-1], {**parts[-1], **_CACHED}]}
    return marked


def _parts(content: Any) -> list[JsonObject]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _text(content: Any) -> str:
    return "\n\n".join(str(part.get("text", "")) for part in _parts(content))


def _note(path: str, verdict: Verdict, weight: Weight, detail: str) -> Note:
    return Note(path=path, verdict=verdict, weight=weight, detail=detail)
