"""Parallel tool calls one after another: what comes of a later call waits until the earlier one is complete.

Rules of this file: pure; the order of first mention is the order told.  The official SDKs take a call for complete when
the next index appears (their stream helpers parse its arguments then), so calls must not interleave in a chat stream.
"""

from collections.abc import Iterator
from typing import TypeAlias

from codex_proxy.canonical import events as ev

CallEvent: TypeAlias = ev.ToolCallStarted | ev.ToolCallDelta | ev.ToolCallEnded


class CallQueue:
    """Puts the events of interleaved calls in order."""

    __slots__ = ("_speaking", "_waiting")

    def __init__(self) -> None:
        self._speaking: int | None = None
        self._waiting: dict[int, list[CallEvent]] = {}

    def admit(self, event: CallEvent) -> Iterator[CallEvent]:
        """What can be told now that ``event`` has come."""
        if self._speaking is None and isinstance(event, ev.ToolCallStarted):
            self._speaking = event.block
        if self._speaking is None or event.block == self._speaking:
            yield event
            if isinstance(event, ev.ToolCallEnded):
                self._speaking = None
                yield from self._next()
        elif event.block in self._waiting or isinstance(event, ev.ToolCallStarted):
            self._waiting.setdefault(event.block, []).append(event)

    def rest(self) -> Iterator[CallEvent]:
        """What still waits, when the answer ends before its calls do."""
        waiting, self._waiting = self._waiting, {}
        for events in waiting.values():
            yield from events

    def _next(self) -> Iterator[CallEvent]:
        while self._waiting and self._speaking is None:
            block = next(iter(self._waiting))
            events = self._waiting.pop(block)
            yield from events
            if not isinstance(events[-1], ev.ToolCallEnded):
                self._speaking = block
