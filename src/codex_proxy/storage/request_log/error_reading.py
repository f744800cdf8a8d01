"""The error log over the request log's file."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from codex_proxy.operations.error_log.store import ErrorGroup, GroupState, KeptReport
from codex_proxy.operations.request_log.rows import Trouble
from codex_proxy.operations.request_log.store import Retention
from codex_proxy.storage.request_log.error_writing import (
    REPORTED,
    add_report,
    clear_errors,
    see_errors,
    set_state,
)
from codex_proxy.storage.request_log.opening import Reader
from codex_proxy.storage.request_log.queue import LogQueue

Answer = TypeVar("Answer")

_NAMES: Final = tuple(name for name in ErrorGroup.__struct_fields__ if name not in {"unread_count", "latest"})
_GROUPS: Final = f"SELECT {', '.join(_NAMES)}, count - seen_count FROM error_groups ORDER BY last_seen DESC"
_REPORTS: Final = f"SELECT signature, {', '.join(REPORTED)} FROM error_reports ORDER BY id DESC LIMIT ?"


class SqliteErrors:
    """Implements the operations' ``ErrorStore``; changes go through the thread that writes the file."""

    def __init__(self, path: Path, queue: LogQueue, retention: Callable[[], Retention]) -> None:
        self._queue = queue
        self._retention = retention
        self._reader = Reader(path, queue)

    def groups(self) -> tuple[ErrorGroup, ...]:
        """See ``ErrorStore``."""
        with self._reader.open() as connection:
            if connection is None:
                return ()
            latest = dict(reversed(_reports(connection, -1)))
            return tuple(_group(columns, latest) for columns in connection.execute(_GROUPS))

    def reports(self, limit: int) -> tuple[tuple[str, KeptReport], ...]:
        """See ``ErrorStore``."""
        with self._reader.open() as connection:
            return () if connection is None else tuple(_reports(connection, limit))

    def add(self, trouble: Trouble, report: KeptReport) -> None:
        """See ``ErrorStore``."""
        size_bytes = self._retention().error_bytes
        self._run(lambda connection: add_report(connection, trouble, report, size_bytes=size_bytes))

    def set_state(self, signature: str, state: GroupState) -> bool:
        """See ``ErrorStore``."""
        return self._run(lambda connection: set_state(connection, signature, state))

    def see(self) -> int:
        """See ``ErrorStore``."""
        return self._run(see_errors)

    def clear(self) -> None:
        """See ``ErrorStore``."""
        self._run(clear_errors)

    def _run(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer:
        answers: list[Answer] = []
        self._queue.run(lambda connection: answers.append(work(connection)))
        return answers[0]


def _reports(connection: sqlite3.Connection, limit: int) -> list[tuple[str, KeptReport]]:
    found = connection.execute(_REPORTS, (limit,))
    return [(signature, KeptReport(**dict(zip(REPORTED, columns, strict=True)))) for signature, *columns in found]


def _group(columns: tuple[Any, ...], latest: dict[str, KeptReport]) -> ErrorGroup:
    told = dict(zip(_NAMES, columns[:-1], strict=True))
    told |= {"state": GroupState(told["state"]), "samples": tuple(msgspec.json.decode(told["samples"]))}
    return ErrorGroup(**told, unread_count=columns[-1], latest=latest.get(told["signature"]))
