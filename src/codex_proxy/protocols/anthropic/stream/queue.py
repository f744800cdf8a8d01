"""Blocks one after another: what comes of a later block waits until the earlier one has ended.

Rules of this file: pure; the order of first mention is the order told; events of a block that never started are
dropped.  The wire allows one open block: clients take a delta for another block as damage.  A hosted tool is told whole
at its end, so that its running holds nobody up.
"""

from collections.abc import Iterator
from typing import TypeAlias

from codex_proxy.canonical import events as ev

BlockDelta: TypeAlias = (
    ev.TextDelta | ev.AnnotationAdded | ev.RefusalDelta | ev.ThinkingDelta | ev.ToolCallDelta | ev.ImagePartial
)
BlockEvent: TypeAlias = ev.BlockStart | BlockDelta | ev.BlockEnd

_STARTS = (ev.TextStarted, ev.RefusalStarted, ev.ThinkingStarted, ev.ToolCallStarted)
_ENDS = (ev.TextEnded, ev.RefusalEnded, ev.ThinkingEnded, ev.ToolCallEnded, ev.HostedEnded)


class BlockQueue:
    """Puts the events of interleaved blocks in order."""

    __slots__ = ("_seen", "_waiting", "speaking")

    def __init__(self) -> None:
        self.speaking: int | None = None
        self._waiting: dict[int, list[BlockEvent]] = {}
        self._seen: set[int] = set()

    def admit(self, event: BlockEvent) -> Iterator[BlockEvent]:
        """What can be told now that ``event`` has come."""
        if isinstance(event, ev.HostedStarted | ev.ImagePartial):
            return
        block = event.block
        if isinstance(event, (*_STARTS, ev.HostedEnded)) and not self._enter(block):
            return
        if block == self.speaking:
            yield event
            if isinstance(event, _ENDS):
                self.speaking = None
                yield from self._next()
        elif block in self._waiting:
            self._waiting[block].append(event)

    def rest(self) -> Iterator[BlockEvent]:
        """What still waits, block by block, when the answer ends before its blocks do."""
        self.speaking = None
        waiting, self._waiting = self._waiting, {}
        for events in waiting.values():
            yield from events

    def _enter(self, block: int) -> bool:
        """Whether this block is new; it speaks at once, or waits."""
        if block in self._seen:
            return False
        self._seen.add(block)
        if self.speaking is None:
            self.speaking = block
        else:
            self._waiting[block] = []
        return True

    def _next(self) -> Iterator[BlockEvent]:
        while self._waiting and self.speaking is None:
            block = next(iter(self._waiting))
            events = self._waiting.pop(block)
            yield from events
            if not isinstance(events[-1], _ENDS):
                self.speaking = block
