"""Text from outside on a terminal: shown, never obeyed.

Rules of this file: names, addresses and messages of others may hold what a terminal takes for a command or what turns
the direction of writing; each such character is shown as one that says so.  Tabs and line ends stay, and so does what
is our own: colours are added behind this.  What goes to a file or a program is as wide as it is, so that nothing of a
table is cut off there.  Source: ECMA-48; Unicode, bidirectional controls.
"""

import os
import re
from collections.abc import Iterator
from typing import Final

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook
from rich.segment import Segment

SHOWN_AS: Final = "\N{REPLACEMENT CHARACTER}"
COLUMNS: Final = "COLUMNS"
"""The variable by which a width is asked for, terminal or not."""
_WIDEST: Final = 1000
_COMMANDS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """The text without anything that a terminal obeys."""
    return _COMMANDS.sub(SHOWN_AS, text)


def console(*, stderr: bool = False) -> Console:
    """A console that shows and does not obey."""
    made = Console(soft_wrap=True, stderr=stderr)
    if not made.is_terminal and COLUMNS not in os.environ:
        made.width = _WIDEST
    made.push_render_hook(PlainText())
    return made


class PlainText(RenderHook):
    """What is put in front of everything that a console prints."""

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """See ``RenderHook``."""
        return [_Plain(each) for each in renderables]


class _Plain:
    def __init__(self, shown: ConsoleRenderable) -> None:
        self._shown = shown

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for segment in console.render(self._shown, options):
            yield segment if segment.control else Segment(plain(segment.text), segment.style)
