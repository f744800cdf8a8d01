"""Whether a file is still the one that was read, without reading it."""

from pathlib import Path
from typing import TypeAlias

Mark: TypeAlias = tuple[int, int, int, int]
"""What a file's content depends on: which file it is, its size, and when it was written and changed (ns)."""


def mark_of(path: Path) -> Mark | None:
    """The mark of a file as it is now; None where none can be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
