"""A text that the owner keeps in a file, read anew when the file changes.

Rules of this file: a file that is missing, or that cannot be used, is an empty text; what is wrong with it is told once
for each state of the file.  The same file gives the same text, so that prompt caches stay warm.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from codex_proxy.storage.file_marks import Mark, mark_of

LONGEST_BYTES: Final = 65_536


class OwnersText:
    """The text of a file, as it is now.

    ``complain`` hears of a file that is there and cannot be used.
    """

    def __init__(self, path: Path, *, complain: Callable[[str, Exception], None]) -> None:
        self._path = path
        self._complain = complain
        self._seen: Mark | None = None
        self._text = ""

    def get(self) -> str:
        """The text without blanks around it; empty where there is none."""
        mark = mark_of(self._path)
        if mark != self._seen:
            self._seen = mark
            self._text = "" if mark is None else self._read()
        return self._text

    def _read(self) -> str:
        try:
            if not self._path.is_file():
                raise ValueError("it is no file")  # a pipe would be waited for
            with self._path.open("rb") as file:
                content = file.read(LONGEST_BYTES + 1)
            if len(content) > LONGEST_BYTES:
                raise ValueError(f"it has more than the {LONGEST_BYTES} bytes that are used")
            return content.decode("utf-8-sig").strip()
        except (OSError, ValueError) as error:
            self._complain(f"{self._path.name} is not used", error)
            return ""
