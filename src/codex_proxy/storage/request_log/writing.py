"""Rows into the log, and the oldest out of it.

Rules of this file: one transaction for each batch; an item that cannot be written is left out alone and counted.
"""

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from codex_proxy.operations.request_log.capturing.bodies import Redact, bodies_of
from codex_proxy.operations.request_log.items import Answered, Item, Told
from codex_proxy.operations.request_log.rows import (
    CostOf,
    Row,
    columns_of_answer,
    row_of,
    row_of_answer,
    trouble_of,
    unpriced,
)
from codex_proxy.operations.request_log.store import Retention
from codex_proxy.storage.request_log.error_writing import count_trouble, retain_errors
from codex_proxy.storage.request_log.file import COLUMNS
from codex_proxy.storage.request_log.transaction import Transaction

_SHARE: Final = 10  # of the rows one in so many goes at once where the file is too large
_ROW: Final = f"SELECT seq, {', '.join(COLUMNS)} FROM exchanges"


class Batch:
    """One transaction's work on a connection; ``left_out`` counts the items that could not be written."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        redact: Redact,
        complain: Callable[[Exception], None],
        *,
        cost_of: CostOf = unpriced,
        keeps_errors: bool = True,
    ) -> None:
        self._connection = connection
        self._redact = redact
        self._complain = complain
        self._cost_of = cost_of
        self._keeps_errors = keeps_errors
        self.left_out = 0

    def write(self, items: Sequence[Item]) -> list[Row]:
        """Write them; the rows as they stand now, each once.  Raises ``sqlite3.Error``, and nothing was written."""
        touched: dict[int, None] = {}
        with Transaction(self._connection):
            for item in items:
                try:
                    touched[self._write(item)] = None
                except sqlite3.Error:
                    raise
                except Exception as error:  # noqa: BLE001 - a defect in one item must not cost the others
                    self.left_out += 1
                    self._complain(error)
            return [found for seq in touched if (found := read_row(self._connection, "seq = ?", seq)) is not None]

    def _write(self, item: Item) -> int:
        match item:
            case Told():
                row = row_of(item, self._redact, self._cost_of)
                trouble = trouble_of(row) if self._keeps_errors else None
                if trouble is not None:
                    count_trouble(self._connection, trouble)
                return self._insert(row)
            case Answered():
                return self._answer(item)

    def _insert(self, row: Row) -> int:
        values = [getattr(row, name) for name in COLUMNS]
        marks = ", ".join("?" * len(COLUMNS))
        told = self._connection.execute(
            f"INSERT OR REPLACE INTO exchanges ({', '.join(COLUMNS)}) VALUES ({marks})", values
        )
        return int(told.lastrowid or 0)

    def _answer(self, item: Answered) -> int:
        columns = columns_of_answer(item, self._redact)
        found = self._connection.execute(
            "SELECT seq FROM exchanges WHERE request_id = ?", (item.request_id,)
        ).fetchone()
        if found is None:
            seq = self._insert(row_of_answer(item, self._redact))
        else:
            seq = int(found[0])
            changes = ", ".join(f"{name} = ?" for name in columns)
            self._connection.execute(f"UPDATE exchanges SET {changes} WHERE seq = ?", (*columns.values(), seq))
        if item.capture is not None:
            content = zlib.compress(msgspec.json.encode(bodies_of(item.capture, self._redact)))
            self._connection.execute("INSERT OR REPLACE INTO bodies VALUES (?, ?)", (seq, content))
        return seq


def read_row(connection: sqlite3.Connection, where: str, *values: Any) -> Row | None:
    """The first row that ``where`` finds."""
    found = connection.execute(f"{_ROW} WHERE {where}", values).fetchone()
    return None if found is None else row_from(found)


def row_from(columns: Sequence[Any]) -> Row:
    """A row from ``seq`` and ``COLUMNS``."""
    return Row(seq=columns[0], **dict(zip(COLUMNS, columns[1:], strict=True)))


def retain(connection: sqlite3.Connection, retention: Retention, *, now: float) -> None:
    """Let the oldest go; ``now`` in epoch seconds.  Raises ``sqlite3.Error``."""
    with Transaction(connection):
        _forget(connection, "at < ?", now - retention.age_seconds)
        _forget(connection, "seq <= (SELECT max(seq) FROM exchanges) - ?", retention.count)
        retain_errors(connection, size_bytes=retention.error_bytes)
    while size_of(connection) > retention.size_bytes:
        (count,) = connection.execute("SELECT count(*) FROM exchanges").fetchone()
        if not count:
            break
        with Transaction(connection):
            oldest = "seq IN (SELECT seq FROM exchanges ORDER BY seq LIMIT ?)"
            _forget(connection, oldest, max(1, count // _SHARE))
        _shrink(connection)
    _shrink(connection)


def clear(connection: sqlite3.Connection) -> None:
    """Forget every row; raises ``sqlite3.Error``."""
    with Transaction(connection):
        _forget(connection, "seq > ?", 0)
    _shrink(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def size_of(connection: sqlite3.Connection) -> int:
    """Bytes of the file, without what has not been written back to it yet."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages) * int(page_bytes)


def _forget(connection: sqlite3.Connection, where: str, value: float) -> None:
    connection.execute(f"DELETE FROM bodies WHERE seq IN (SELECT seq FROM exchanges WHERE {where})", (value,))
    connection.execute(f"DELETE FROM exchanges WHERE {where}", (value,))


def _shrink(connection: sqlite3.Connection) -> None:
    connection.executescript("PRAGMA incremental_vacuum")  # frees one page at each step: ``execute`` takes only one
