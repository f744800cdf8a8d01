"""What the log is asked for.

Rules of this file: a connection for each question, which cannot write; what a client wrote is part of none.
"""

import zlib
from pathlib import Path
from typing import Any, Final

import msgspec

from codex_proxy.operations.request_log.figures import Figures
from codex_proxy.operations.request_log.store import Entry, LogUnusable, Page, Volume, Wanted
from codex_proxy.storage.request_log import writing
from codex_proxy.storage.request_log.figures import figures_of
from codex_proxy.storage.request_log.file import COLUMNS
from codex_proxy.storage.request_log.filtering import where_of
from codex_proxy.storage.request_log.opening import Reader
from codex_proxy.storage.request_log.queue import LogQueue
from codex_proxy.storage.request_log.writing import row_from

_MOST_BODIES: Final = 64 * 1024 * 1024


class SqliteLog:
    """Implements the operations' ``LogStore`` over a file; changes go through the thread that writes it."""

    def __init__(self, path: Path, queue: LogQueue) -> None:
        self._queue = queue
        self._reader = Reader(path, queue)

    def page(self, wanted: Wanted, *, limit: int, offset: int = 0) -> Page:
        """See ``LogStore``."""
        where, values = where_of(wanted)
        every = f"SELECT seq, {', '.join(COLUMNS)} FROM exchanges WHERE {where}"
        before, place = ("", ()) if wanted.before is None else (" AND seq < ?", (wanted.before,))
        with self._reader.open() as connection:
            if connection is None:
                return Page(rows=(), total=0)
            (total,) = connection.execute(f"SELECT count(*) FROM exchanges WHERE {where}", values).fetchone()
            found = connection.execute(
                f"{every}{before} ORDER BY seq DESC LIMIT ? OFFSET ?", (*values, *place, limit, offset)
            )
            return Page(rows=tuple(row_from(columns) for columns in found), total=total)

    def entry(self, request_id: str) -> Entry | None:
        """See ``LogStore``."""
        with self._reader.open() as connection:
            if connection is None:
                return None
            row = writing.read_row(connection, "request_id = ?", request_id)
            if row is None:
                return None
            kept = connection.execute("SELECT content FROM bodies WHERE seq = ?", (row.seq,)).fetchone()
            return Entry(row=row, bodies=None if kept is None else _bodies(kept[0]))

    def figures(self, wanted: Wanted) -> Figures:
        """See ``LogStore``."""
        where, values = where_of(wanted)
        with self._reader.open() as connection:
            return figures_of(connection, where, values)

    def volume(self) -> Volume:
        """See ``LogStore``."""
        with self._reader.open() as connection:
            if connection is None:
                return Volume(row_count=0, size_bytes=0)
            (count,) = connection.execute("SELECT count(*) FROM exchanges").fetchone()
            return Volume(row_count=count, size_bytes=writing.size_of(connection))

    def clear(self) -> None:
        """See ``LogStore``."""
        self._queue.run(writing.clear)


def _bodies(content: bytes) -> dict[str, Any]:
    try:
        told = zlib.decompressobj().decompress(content, _MOST_BODIES)
        bodies: dict[str, Any] = msgspec.json.decode(told)
    except (zlib.error, msgspec.DecodeError) as error:
        raise LogUnusable("the bodies of this request cannot be read") from error
    return bodies
