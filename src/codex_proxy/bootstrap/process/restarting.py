"""Starting the program anew in the same process, after answers had their time to end."""

import os
import sys
from collections.abc import Callable


class Restart:
    """Whether the program is to be started anew; possible once somebody said what ends it."""

    def __init__(self) -> None:
        self._end: Callable[[], None] | None = None
        self.is_asked = False

    @property
    def is_possible(self) -> bool:
        """Whether this program can start anew by itself."""
        return self._end is not None

    def ends_by(self, end: Callable[[], None]) -> None:
        """From now on the program can be asked; ``end`` makes it stop as a signal would."""
        self._end = end

    def ask(self) -> bool:
        """Start anew, if that is possible; running answers end first."""
        if self._end is None:
            return False
        self.is_asked = True
        self._end()
        return True


def start_anew() -> None:
    """Replace this process by a new one with the same arguments; does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell, our own arguments
