"""Files that only their owner may read: written whole or not at all.

Rules of this file: mode 0600 from the first byte; a new content replaces the old one in one step, flushed to disk
before, its name after; a file that must be made once is made by one process, whoever else tries at the same time.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PRIVATE_MODE: Final = 0o600
PRIVATE_DIRECTORY_MODE: Final = 0o700


def make_private_directory(path: Path) -> None:
    """The directory, made if it is missing; raises ``OSError``."""
    path.mkdir(mode=PRIVATE_DIRECTORY_MODE, parents=True, exist_ok=True)
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        raise PermissionError(13, "Permission denied", str(path))


def create_private_file(path: Path, content: bytes) -> bool:
    """Write a file that must not exist yet; False where another process was first.  Raises ``OSError``."""
    with _written_beside(path, content) as temporary:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
    return True


def replace_private_file(path: Path, content: bytes) -> None:
    """Write a file, in place of an old one where there is one.  Raises ``OSError``."""
    with _written_beside(path, content) as temporary:
        temporary.replace(path)


def flush_directory(path: Path) -> None:
    """Have the names in a directory reach the disk: a file that is on it may still be without its name."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _written_beside(path: Path, content: bytes) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:  # mkstemp gives mode 0600
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
    flush_directory(path.parent)
