"""The log opened for whoever reads it: damage is told to the thread that writes, an older version is brought up first.

Rules of this file: a connection for each question, which cannot write.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from codex_proxy.storage.request_log.file import LogDamaged, is_outdated, reading
from codex_proxy.storage.request_log.queue import LogQueue


class Reader:
    """Opens the log; may be asked in any thread."""

    def __init__(self, path: Path, queue: LogQueue) -> None:
        self._path = path
        self._queue = queue
        self._is_current = False

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection | None]:
        """A connection while the block runs; None where there is no log yet.  Raises ``LogUnusable``."""
        try:
            self._bring_up()
            with reading(self._path) as connection:
                yield connection
        except LogDamaged:
            self._queue.doubt()
            raise

    def _bring_up(self) -> None:
        """Whatever this process writes is of this version; only what it found may be older."""
        if not self._is_current:
            if is_outdated(self._path):
                self._queue.run(lambda _: None)  # opening it is what brings it up
            self._is_current = True
