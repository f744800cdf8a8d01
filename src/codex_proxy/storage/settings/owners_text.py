"""A text that the owner keeps in a file, read anew when the file changes.

Rules of this file: a file that is missing, or that cannot be used, is an empty text; what is wrong with it is told once
for each state of the file.  The same file gives the same text, so that prompt caches stay warm.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

LONGEST_BYTES: Final = 65_536

_State = tuple[int, int, int, int]
"""What a file's text depends on: which file it is, its size, and when it was written and changed."""


class OwnersText:
    """The text of a file, as it is now.

    ``complain`` hears of a file that is there and cannot be used.
    """

    def __init__(self, path: Path, *, complain: Callable[[str, Exception], None]) -> None:
        self._path = path
        self._complain = complain
        self._seen: _State | None = None
        self._text = ""

    def get(self) -> str:
        """The text without blanks around it; empty where there is none."""
        state = self._state()
        if state != self._seen:
            self._seen = state
            self._text = "" if state is None else self._read(state)
        return self._text

    def _state(self) -> _State | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def _read(self, state: _State) -> str:
        try:
            if not self._path.is_file():
                raise ValueError("it is no file")  # a pipe would be waited for
            if state[1] > LONGEST_BYTES:
                raise ValueError(f"it has {state[1]} bytes, and {LONGEST_BYTES} at most are used")
            return self._path.read_bytes().decode("utf-8-sig").strip()
        except (OSError, ValueError) as error:
            self._complain(f"{self._path.name} is not used", error)
            return ""
