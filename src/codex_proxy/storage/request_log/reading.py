"""What the log is asked for.

Rules of this file: a connection for each question, which cannot write; what a client wrote is part of none.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from codex_proxy.operations.request_log.store import Entry, ErrorGroup, LogUnusable, Page, Volume, Wanted
from codex_proxy.storage.request_log import writing
from codex_proxy.storage.request_log.file import COLUMNS, LogDamaged, reading
from codex_proxy.storage.request_log.queue import LogQueue
from codex_proxy.storage.request_log.writing import row_from

_EQUAL: Final = {
    "account": "account_id",
    "key": "key_id",
    "provider": "provider",
    "dialect": "dialect",
    "failure": "failure",
}
_SEARCHED: Final = (
    "request_id",
    "client_request_id",
    "path",
    "model_asked",
    "model_used",
    "provider",
    "account_id",
    "key_id",
    "failure",
    "error",
)
_HAYSTACK: Final = " || ' ' || ".join(f"coalesce({name}, '')" for name in _SEARCHED)
_MOST_BODIES: Final = 64 * 1024 * 1024
_ERRORS: Final = "(failure IS NOT NULL OR status >= 400)"


class SqliteLog:
    """Implements the operations' ``LogStore`` over a file; changes go through the thread that writes it."""

    def __init__(self, path: Path, queue: LogQueue) -> None:
        self._path = path
        self._queue = queue

    def page(self, wanted: Wanted, *, limit: int, offset: int = 0) -> Page:
        """See ``LogStore``."""
        where, values = _filter(wanted)
        every = f"SELECT seq, {', '.join(COLUMNS)} FROM exchanges WHERE {where}"
        before, place = ("", ()) if wanted.before is None else (" AND seq < ?", (wanted.before,))
        with self._reading() as connection:
            if connection is None:
                return Page(rows=(), total=0)
            (total,) = connection.execute(f"SELECT count(*) FROM exchanges WHERE {where}", values).fetchone()
            found = connection.execute(
                f"{every}{before} ORDER BY seq DESC LIMIT ? OFFSET ?", (*values, *place, limit, offset)
            )
            return Page(rows=tuple(row_from(columns) for columns in found), total=total)

    def entry(self, request_id: str) -> Entry | None:
        """See ``LogStore``."""
        with self._reading() as connection:
            if connection is None:
                return None
            row = writing.read_row(connection, "request_id = ?", request_id)
            if row is None:
                return None
            kept = connection.execute("SELECT content FROM bodies WHERE seq = ?", (row.seq,)).fetchone()
            return Entry(row=row, bodies=None if kept is None else _bodies(kept[0]))

    def groups(self) -> tuple[ErrorGroup, ...]:
        """See ``LogStore``."""
        names = ErrorGroup.__struct_fields__
        with self._reading() as connection:
            if connection is None:
                return ()
            found = connection.execute(f"SELECT {', '.join(names)} FROM error_groups ORDER BY last_seen DESC")
            return tuple(_group(dict(zip(names, columns, strict=True))) for columns in found)

    def volume(self) -> Volume:
        """See ``LogStore``."""
        with self._reading() as connection:
            if connection is None:
                return Volume(row_count=0, size_bytes=0)
            (count,) = connection.execute("SELECT count(*) FROM exchanges").fetchone()
            return Volume(row_count=count, size_bytes=writing.size_of(connection))

    def clear(self) -> None:
        """See ``LogStore``."""
        self._queue.run(writing.clear)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        try:
            with reading(self._path) as connection:
                yield connection
        except LogDamaged:
            self._queue.doubt()
            raise

    def clear_groups(self) -> None:
        """See ``LogStore``."""
        self._queue.run(writing.clear_groups)


def _filter(wanted: Wanted) -> tuple[str, tuple[Any, ...]]:
    tests: list[tuple[str, tuple[Any, ...]]] = [
        ("status >= ?", (wanted.status_from,)),
        ("status < ?", (wanted.status_below,)),
        ("(model_used = ? OR model_asked = ?)", (wanted.model, wanted.model)),
        ("duration_ms >= ?", (wanted.min_duration_ms,)),
        ("at >= ?", (wanted.since,)),
        ("at < ?", (wanted.until,)),
        *((f"{column} = ?", (getattr(wanted, name),)) for name, column in _EQUAL.items()),
    ]
    asked = [(test, values) for test, values in tests if None not in values]
    if wanted.search:
        asked.append((f"instr(lower({_HAYSTACK}), lower(?)) > 0", (wanted.search,)))
    if wanted.errors_only:
        asked.append((_ERRORS, ()))
    if wanted.asked_upstream:
        asked.append(("attempt_count > 0", ()))
    where = " AND ".join(test for test, _ in asked) or "1"
    return where, tuple(value for _, values in asked for value in values)


def _bodies(content: bytes) -> dict[str, Any]:
    try:
        told = zlib.decompressobj().decompress(content, _MOST_BODIES)
        bodies: dict[str, Any] = msgspec.json.decode(told)
    except (zlib.error, msgspec.DecodeError) as error:
        raise LogUnusable("the bodies of this request cannot be read") from error
    return bodies


def _group(columns: dict[str, Any]) -> ErrorGroup:
    samples = tuple(msgspec.json.decode(columns.pop("samples")))
    return ErrorGroup(**columns, samples=samples)
