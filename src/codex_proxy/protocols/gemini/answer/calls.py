"""Function calls of an answer, whole and in order: Gemini has no pieces of a call.

Rules of this file: a call is told when it is complete and every call announced before it is; arguments that are no
JSON object make no call.
"""

from collections.abc import Iterator
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolCall, ToolKind
from codex_proxy.protocols.base import InvalidRequest
from codex_proxy.protocols.parts.json_text import decode_value


class CallOrder:
    """Events of calls in, whole calls out."""

    __slots__ = ("_ended", "_pieces", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[int, ev.ToolCallStarted] = {}
        self._pieces: dict[int, list[str]] = {}
        self._ended: dict[int, str] = {}

    def admit(self, event: ev.ToolCallStarted | ev.ToolCallDelta | ev.ToolCallEnded) -> Iterator[ToolCall]:
        """The calls that this event completes; an event of a call that was not announced means nothing."""
        block = event.block
        if isinstance(event, ev.ToolCallStarted):
            self._waiting.setdefault(block, event)
        elif block in self._waiting and isinstance(event, ev.ToolCallDelta):
            self._pieces.setdefault(block, []).append(event.text)
        elif block in self._waiting and isinstance(event, ev.ToolCallEnded):
            self._ended.setdefault(block, event.arguments)
        while self._waiting and (first := next(iter(self._waiting))) in self._ended:
            yield _call(self._waiting.pop(first), self._ended.pop(first))

    def rest(self) -> Iterator[ToolCall]:
        """The calls that never ended, with what came of them."""
        for block, start in self._waiting.items():
            yield _call(start, self._ended.get(block) or "".join(self._pieces.get(block, ())))
        self._waiting = {}


def call_object(call: ToolCall) -> JsonObject | None:
    """The ``functionCall``; None where the arguments are no JSON object.  Free text becomes the member ``input``."""
    args = {"input": call.arguments} if call.kind is ToolKind.CUSTOM else _arguments(call.arguments)
    return None if args is None else {"id": call.call_id, "name": call.name, "args": args}


def _call(start: ev.ToolCallStarted, arguments: str) -> ToolCall:
    return ToolCall(
        call_id=start.call_id, name=start.name, arguments=arguments, kind=start.kind, namespace=start.namespace
    )


def _arguments(text: str) -> JsonObject | None:
    if not text.strip():
        return {}
    try:
        value: Any = decode_value(text.encode())
    except (InvalidRequest, UnicodeEncodeError):
        return None
    if value is None:
        return {}
    return value if isinstance(value, dict) else None


def malformed_message(call: ToolCall) -> str:
    """The ``finishMessage`` for a call that could not be told."""
    return f"Malformed function call: {call.name}({call.arguments})"
