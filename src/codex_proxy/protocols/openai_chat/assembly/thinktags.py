"""``<think>`` at the start of a text, as local servers write thoughts that they do not parse themselves.

Rules of this file: only the very start of the text counts; any split of the text gives the same pieces when joined.
"""

from enum import Enum, auto
from typing import Final

_OPEN: Final = "<think>"
_CLOSE: Final = "</think>"


class _Place(Enum):
    START = auto()
    INSIDE = auto()
    BEHIND = auto()
    TEXT = auto()


class ThinkTags:
    """Text in, ``(is thought, text)`` out."""

    def __init__(self) -> None:
        self._place = _Place.START
        self._held = ""

    def feed(self, text: str) -> list[tuple[bool, str]]:
        """The pieces that are certain by now."""
        self._held += text
        pieces: list[tuple[bool, str]] = []
        if self._place is _Place.START:
            self._begin()
        if self._place is _Place.INSIDE:
            pieces.append((True, self._inside()))
        if self._place is _Place.BEHIND:
            self._held = self._held.lstrip("\n")
            if self._held:
                self._place = _Place.TEXT
        if self._place is _Place.TEXT:
            pieces.append((False, self._held))
            self._held = ""
        return [piece for piece in pieces if piece[1]]

    def end(self) -> list[tuple[bool, str]]:
        """What was still held back."""
        held, self._held = self._held, ""
        return [(self._place is _Place.INSIDE, held)] if held else []

    def _begin(self) -> None:
        start = self._held.lstrip()
        if start.startswith(_OPEN):
            self._place = _Place.INSIDE
            self._held = start.removeprefix(_OPEN)
        elif not _OPEN.startswith(start):
            self._place = _Place.TEXT

    def _inside(self) -> str:
        thought, tag, rest = self._held.partition(_CLOSE)
        if tag:
            self._place = _Place.BEHIND
            self._held = rest
            return thought
        keep = next(size for size in range(len(_CLOSE) - 1, -1, -1) if thought.endswith(_CLOSE[:size]))
        self._held = thought[len(thought) - keep :]
        return thought[: len(thought) - keep]
