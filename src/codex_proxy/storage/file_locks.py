"""Locks between processes: one kernel lock on one file.

Rules of this file: the kernel frees a lock when its holder dies, however it dies; who holds it removes the file at the
end, and who finds that the file it locked was removed meanwhile locks the new one.  ``flock`` belongs to the open file,
so two holders in one process exclude each other too.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from codex_proxy.storage.private_files import PRIVATE_MODE, make_private_directory

LOCKS_FOLDER: Final = ".locks"


class FileLock:
    """One lock, held or not.  Its folder is made when it is needed; every verb raises ``OSError``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self) -> None:
        """Wait until it is ours."""
        while not self._asked(fcntl.LOCK_EX):
            pass

    def try_take(self) -> bool:
        """Take it if nobody has it."""
        return self._asked(fcntl.LOCK_EX | fcntl.LOCK_NB)

    def free(self) -> None:
        """Give it back; nothing where it is not held."""
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The lock while the block runs, however long others keep it."""
        self.take()
        try:
            yield
        finally:
            self.free()

    def _asked(self, operation: int) -> bool:
        make_private_directory(self.path.parent)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, PRIVATE_MODE)
        try:
            fcntl.flock(descriptor, operation)
            if os.path.samestat(self.path.stat(), os.fstat(descriptor)):
                self._descriptor, descriptor = descriptor, -1
        except (BlockingIOError, FileNotFoundError):
            return False
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return self._descriptor is not None
