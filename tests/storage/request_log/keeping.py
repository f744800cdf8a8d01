"""A log in a folder, written at once."""

import threading
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

from codex_proxy.operations.request_log.items import Item
from codex_proxy.operations.request_log.store import Retention
from codex_proxy.storage.request_log.error_reading import SqliteErrors
from codex_proxy.storage.request_log.file import LOG_FILE
from codex_proxy.storage.request_log.queue import LogQueue, QueueParts
from codex_proxy.storage.request_log.reading import SqliteLog
from tests.operations.request_log.samples import redact

if TYPE_CHECKING:
    from codex_proxy.operations.request_log.rows import Row


COST: Final = Decimal("0.125")


class Log:
    """The queue, the store over it, what was written and what it complained of."""

    def __init__(self, folder: Path, retention: Retention | None = None) -> None:
        self.path = folder / LOG_FILE
        self.retention = retention or Retention()
        self.now = 1_000.0
        self.written: list[Row] = []
        self.complaints: list[Exception] = []
        self.gate = threading.Event()
        self.gate.set()
        self.queue = LogQueue(
            QueueParts(
                path=self.path,
                redact=self._redact,
                retention=lambda: self.retention,
                now=lambda: self.now,
                written=self.written.extend,
                complain=self.complaints.append,
                cost_of=lambda record: COST if record.usage else None,
                batch_seconds=0.001,
            )
        )
        self.store = SqliteLog(self.path, self.queue)
        self.errors = SqliteErrors(self.path, self.queue, lambda: self.retention)

    def add(self, items: Sequence[Item], *, size_bytes: int = 100) -> None:
        for item in items:
            self.queue.add(item, size_bytes)

    def write(self, items: Sequence[Item]) -> None:
        """Tell these and wait until they are written."""
        self.add(items)
        self.queue.run(lambda _: None)

    def _redact(self, text: str) -> str:
        self.gate.wait(20)
        return redact(text)
