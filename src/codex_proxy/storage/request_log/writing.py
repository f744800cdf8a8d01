"""Rows into the log, and the oldest out of it.

Rules of this file: one transaction for each batch; an item that cannot be written is left out alone and counted.
"""

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from codex_proxy.operations.request_log.capturing.bodies import Redact, bodies_of
from codex_proxy.operations.request_log.capturing.capture import Capture
from codex_proxy.operations.request_log.items import Answered, Item, Told
from codex_proxy.operations.request_log.rows import (
    MOST_NAME,
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
_INSERT: Final = f"INSERT OR REPLACE INTO exchanges ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_ROW: Final = f"SELECT seq, {', '.join(COLUMNS)} FROM exchanges"

_Work = TypeVar("_Work")
_Done = TypeVar("_Done")


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
        self._redact = _remembering(redact)
        self._complain = complain
        self._cost_of = cost_of
        self._keeps_errors = keeps_errors
        self._rows: dict[str, Row] = {}  # by request, in order, on their way into the file
        self._captures: dict[str, Capture] = {}
        self._completed: dict[int, None] = {}
        self.left_out = 0

    def write(self, items: Sequence[Item]) -> list[Row]:
        """Write them; the rows as they stand now, each once.  Raises ``sqlite3.Error``, and nothing was written.

        An exchange and its answer mostly come in one batch, and are one row before the file hears of them.
        """
        self._rows, self._captures, self._completed = {}, {}, {}
        with Transaction(self._connection):
            for item in items:
                self._cared_for(self._take, item)
            rows = [
                seq_row for row in self._rows.values() if (seq_row := self._cared_for(self._insert, row)) is not None
            ]
            completed = [
                row for seq in self._completed if (row := read_row(self._connection, "seq = ?", seq)) is not None
            ]
        return [*completed, *rows]

    def _cared_for(self, work: Callable[[_Work], _Done], on: _Work) -> _Done | None:
        """What the work gives; None where a defect in one item left it out."""
        try:
            return work(on)
        except sqlite3.Error:
            raise
        except Exception as error:  # noqa: BLE001 - a defect in one item must not cost the others
            self.left_out += 1
            self._complain(error)
            return None

    def _take(self, item: Item) -> None:
        match item:
            case Told():
                row = row_of(item, self._redact, self._cost_of)
                trouble = trouble_of(row) if self._keeps_errors else None
                if trouble is not None:
                    count_trouble(self._connection, trouble)
                self._rows.pop(row.request_id, None)  # one told again comes last
                self._rows[row.request_id] = row
            case Answered():
                self._answer(item)

    def _answer(self, item: Answered) -> None:
        row = self._rows.get(item.request_id)
        if row is not None:
            self._rows[item.request_id] = msgspec.structs.replace(row, **columns_of_answer(item, self._redact))
        elif (seq := self._seq_of(item.request_id)) is None:
            self._rows[item.request_id] = row_of_answer(item, self._redact)
        else:
            self._complete(seq, item)
            return
        if item.capture is not None:
            self._captures[item.request_id] = item.capture

    def _seq_of(self, request_id: str) -> int | None:
        found = self._connection.execute("SELECT seq FROM exchanges WHERE request_id = ?", (request_id,)).fetchone()
        return None if found is None else int(found[0])

    def _complete(self, seq: int, item: Answered) -> None:
        """The exchange's row is in the file already."""
        columns = columns_of_answer(item, self._redact)
        changes = ", ".join(f"{name} = ?" for name in columns)
        self._connection.execute(f"UPDATE exchanges SET {changes} WHERE seq = ?", (*columns.values(), seq))
        self._completed[seq] = None
        if item.capture is not None:
            self._keep_bodies(seq, item.capture)

    def _insert(self, row: Row) -> Row:
        told = self._connection.execute(_INSERT, msgspec.structs.astuple(row)[1:])
        seq = int(told.lastrowid or 0)
        if (capture := self._captures.get(row.request_id)) is not None:
            self._keep_bodies(seq, capture)
        return msgspec.structs.replace(row, seq=seq)

    def _keep_bodies(self, seq: int, capture: Capture) -> None:
        content = zlib.compress(msgspec.json.encode(bodies_of(capture, self._redact)))
        self._connection.execute("INSERT OR REPLACE INTO bodies VALUES (?, ?)", (seq, content))


def _remembering(redact: Redact) -> Redact:
    """The same; of short texts, which are much the same from row to row, each is looked into once."""
    known: dict[str, str] = {}

    def redacted(text: str) -> str:
        if len(text) > MOST_NAME:
            return redact(text)
        found = known.get(text)
        if found is None:
            found = known[text] = redact(text)
        return found

    return redacted


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
