"""Function calls of a vendor's answer: whole ones, and those that come member by member.

Rules of this file: total; a call without an id gets one; calls of tools that only look like functions, because Gemini
has no free-text tools, are turned back.
"""

from collections.abc import Iterator
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import JsonObject, ToolKind
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.gemini.decoding.partial_args import PartialArgs
from codex_proxy.protocols.parts.json_text import encode


class Calls:
    """Calls in, events out; one call at a time."""

    __slots__ = ("_context", "_open")

    def __init__(self, context: CallContext) -> None:
        self._context = context
        self._open: tuple[int, ToolKind, PartialArgs] | None = None

    def continues(self, call: JsonObject) -> bool:
        """Whether this is more of the call that is open: it has no name of its own."""
        return self._open is not None and not call.get("name")

    def begin(self, call: JsonObject, block: int, invented_id: str) -> Iterator[ev.Event]:
        """A call with a name; it ends here unless more of it is to come."""
        told_id, args = call.get("id"), call.get("args")
        call_id = told_id if isinstance(told_id, str) and told_id else invented_id
        wire_name: str = call["name"]
        name = self._context.tool_names.get(wire_name, wire_name)
        kind = ToolKind.CUSTOM if name in self._context.custom_tools else ToolKind.FUNCTION
        self._open = (block, kind, PartialArgs(args if isinstance(args, dict) else {}))
        yield ev.ToolCallStarted(
            block=block, call_id=self._context.call_ids.get(call_id, call_id), name=name, kind=kind
        )
        yield from self.proceed(call)

    def proceed(self, call: JsonObject) -> Iterator[ev.Event]:
        """More of the open call."""
        if self._open is not None:
            self._open[2].add(call.get("partialArgs"))
        if call.get("willContinue") is not True:
            yield from self.end()

    def end(self) -> Iterator[ev.Event]:
        """The end of the open call, if there is one, with all its arguments."""
        closing, self._open = self._open, None
        if closing is None:
            return
        block, kind, partial = closing
        arguments = _free_text(partial.args) if kind is ToolKind.CUSTOM else encode(partial.args).decode()
        yield ev.ToolCallDelta(block=block, text=arguments)
        yield ev.ToolCallEnded(block=block, arguments=arguments)


def _free_text(args: JsonObject) -> str:
    text: Any = args.get("input")
    return text if isinstance(text, str) and len(args) == 1 else encode(args).decode()
