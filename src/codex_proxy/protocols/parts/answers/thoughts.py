"""Thoughts as running text, for dialects that tell them as one.

Rules of this file: parts and items of reasoning are kept apart by a blank line; raw thoughts are told only where there
is no summary.
"""

from typing import Final

from codex_proxy.canonical import events as ev

PART_SEPARATOR: Final = "\n\n"


class ThoughtText:
    """What each piece of reasoning adds to the text."""

    __slots__ = ("_last", "_summarised")

    def __init__(self) -> None:
        self._last: tuple[int, bool, int] | None = None
        self._summarised: set[int] = set()

    def add(self, event: ev.ThinkingDelta) -> str:
        """The text to tell for this delta, possibly none."""
        if not event.text or (event.raw and event.block in self._summarised):
            return ""
        if not event.raw:
            self._summarised.add(event.block)
        here = (event.block, event.raw, event.part)
        moved = self._last is not None and self._last != here
        self._last = here
        return PART_SEPARATOR + event.text if moved else event.text
