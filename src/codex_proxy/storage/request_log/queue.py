"""The log's thread: what is told waits in a bounded queue and is written in batches.

Rules of this file: whoever tells never waits and never hears of trouble; what finds no room, or cannot be written, is
counted.  The thread begins with the first item and ends when it is closed, everything written.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from codex_proxy.operations.request_log.capturing.bodies import Redact
from codex_proxy.operations.request_log.items import Item
from codex_proxy.operations.request_log.rows import CostOf, unpriced
from codex_proxy.operations.request_log.store import LogUnusable, Retention, Written
from codex_proxy.storage.request_log.file import open_log
from codex_proxy.storage.request_log.writing import Batch, retain

BATCH_SECONDS: Final = 0.5
MOST_ITEMS: Final = 5_000
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_BATCH: Final = 500
RETENTION_SECONDS: Final = 60.0
CLOSE_SECONDS: Final = 10.0

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueParts:
    """What the queue works with; ``written`` and ``complain`` are called in its thread, ``now`` in any."""

    path: Path
    redact: Redact
    retention: Callable[[], Retention]
    now: Callable[[], float]
    written: Written
    complain: Callable[[Exception], None]
    cost_of: CostOf = unpriced
    batch_seconds: float = BATCH_SECONDS


@dataclass(slots=True)
class _Errand:
    """Something to be done on the log between two batches."""

    work: Callable[[sqlite3.Connection], object]
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class LogQueue:
    """Implements the operations' ``LogWriter``."""

    def __init__(self, parts: QueueParts) -> None:
        self._parts = parts
        self._waiting: deque[tuple[Item, int]] = deque()
        self._added_bytes = self._taken_bytes = 0  # one for each side, so that neither needs a lock
        self._refused_count = self._lost_count = 0
        self._errands: deque[_Errand] = deque()
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._connection: sqlite3.Connection | None = None
        self._retained_at = 0.0
        self._is_complaining = False
        self._is_doubted = False

    @property
    def dropped_count(self) -> int:
        """See ``LogWriter``."""
        return self._refused_count + self._lost_count

    def add(self, item: Item, size_bytes: int) -> None:
        """See ``LogWriter``."""
        waiting_bytes = self._added_bytes - self._taken_bytes + size_bytes
        if len(self._waiting) >= MOST_ITEMS or waiting_bytes > MOST_BYTES or self._closing.is_set():
            self._refused_count += 1
            return
        self._waiting.append((item, size_bytes))
        self._added_bytes += size_bytes
        self._rouse()

    def run(self, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do this on the log, after what was told before it; waits.  Raises ``LogUnusable``."""
        if self._closing.is_set():
            raise LogUnusable("the log is closed")
        errand = _Errand(work)
        self._errands.append(errand)
        self._rouse()
        if not errand.done.wait(CLOSE_SECONDS):
            raise LogUnusable("the log is busy")
        if errand.error is not None:
            raise LogUnusable(f"{self._parts.path.name} cannot be changed: {errand.error}") from errand.error

    def doubt(self) -> None:
        """Somebody found the file damaged: have it looked at before the next row is written."""
        self._is_doubted = True

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)

    def _rouse(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="request-log", daemon=True)
            self._thread.start()
        if not self._wake.is_set():
            self._wake.set()

    def _work(self) -> None:
        while not (self._closing.is_set() and not self._waiting and not self._errands):
            self._wake.wait()
            if not self._errands:
                self._closing.wait(self._parts.batch_seconds)
            self._wake.clear()
            while self._waiting or self._errands:
                self._write_batch()
                self._run_errands()
        if self._connection is not None:
            self._connection.close()

    def _write_batch(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_BATCH))]
        if not batch:
            return
        self._taken_bytes += sum(size_bytes for _, size_bytes in batch)
        try:
            self._write([item for item, _ in batch])
            self._is_complaining = False
        except (sqlite3.Error, OSError) as error:
            self._lost_count += len(batch)
            self._trouble(error)

    def _write(self, items: Sequence[Item]) -> None:
        parts, retention = self._parts, self._parts.retention()
        writing = Batch(
            self._opened(),
            parts.redact,
            parts.complain,
            cost_of=parts.cost_of,
            keeps_errors=retention.keeps_errors,
        )
        rows = writing.write(items)
        self._lost_count += writing.left_out
        self._parts.written(rows)
        now = self._parts.now()
        if now - self._retained_at >= RETENTION_SECONDS:
            self._retained_at = now
            retain(self._opened(), retention, now=now)

    def _run_errands(self) -> None:
        while self._errands:
            errand = self._errands.popleft()
            try:
                errand.work(self._opened())
            except (sqlite3.Error, OSError) as error:
                errand.error = error
            errand.done.set()

    def _opened(self) -> sqlite3.Connection:
        if self._is_doubted and self._connection is not None:
            self._connection.close()
            self._connection = None
        self._is_doubted = False
        if self._connection is None:
            self._connection = open_log(self._parts.path, now=self._parts.now())
        return self._connection

    def _trouble(self, error: Exception) -> None:
        """Say it once, until it goes well again; a damaged file is put aside when it is next opened."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if not self._is_complaining:
            self._is_complaining = True
            self._parts.complain(error)
