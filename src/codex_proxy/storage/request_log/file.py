"""The file `logs.sqlite`: made where there is none, put aside where it cannot be used.

Rules of this file: mode 0600 from the first byte; a log of an older version is brought up to this one when it is
opened for writing; one that is damaged, or of a version that is not known, is moved aside whole and begun anew: nobody
waits for a log.  Space that is freed goes back to the file system.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from codex_proxy.operations.request_log.rows import Row
from codex_proxy.operations.request_log.store import LogUnusable
from codex_proxy.storage.private_files import PRIVATE_MODE, make_private_directory

LOG_FILE: Final = "logs.sqlite"
VERSION: Final = 2
MOST_SET_ASIDE: Final = 3
BUSY_SECONDS: Final = 2.0
_SIDES: Final = ("", "-wal", "-shm")
_STAMP: Final = "%Y-%m-%dT%H-%M-%S-%fZ"
_TEXTS: Final = frozenset({"request_id", "attempts", "notes"})
_NEVER_NULL: Final = frozenset({"at", "duration_ms", "streamed", "aborted", "is_estimated", "attempt_count"})

COLUMNS: Final = tuple(name for name in Row.__struct_fields__ if name != "seq")
NARROW: Final = (
    "at",
    "status",
    "failure",
    "duration_ms",
    "first_content_ms",
    "tokens_per_second",
    "cost_usd",
    "input_count",
    "output_count",
    "model_used",
    "model_asked",
    "account_id",
    "key_id",
    "provider",
    "dialect",
    "attempt_count",
)
"""What stands in the index that filters and figures are read from: texts of a row are ten times as long."""


def open_log(path: Path, *, now: float) -> sqlite3.Connection:
    """A connection that writes; a file that cannot be used is put aside.

    Raises:
        sqlite3.Error: no log can be had here now.
        OSError: the same.
    """
    make_private_directory(path.parent)
    try:
        return _opened(path)
    except sqlite3.OperationalError:
        raise  # locked, or no room: nothing is wrong with the file
    except sqlite3.DatabaseError:
        set_aside(path, now=now)
        return _opened(path)


class LogDamaged(LogUnusable):
    """What was read is no log, or half of one."""


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection that cannot write, while the block runs; None where there is no log yet.

    Raises:
        LogUnusable: it cannot be read now.
        LogDamaged: it never can.
    """
    if not path.exists():
        yield None
        return
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=BUSY_SECONDS)
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            yield connection if version else None  # one that is just being made has none
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        raise LogUnusable(f"{path.name} cannot be read: {error}") from error
    except sqlite3.DatabaseError as error:
        raise LogDamaged(f"{path.name} cannot be read: {error}") from error


def is_outdated(path: Path) -> bool:
    """Whether there is a log of an older version; raises as ``reading`` does."""
    with reading(path) as connection:
        if connection is None:
            return False
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return int(version) in _STEPS


def set_aside(path: Path, *, now: float) -> Path:
    """Move a log away, and the oldest of those that were; ``now`` in epoch seconds.  Raises ``OSError``."""
    stamp = datetime.fromtimestamp(now, UTC).strftime(_STAMP)
    aside = path.with_name(f"{path.name}.corrupt-{stamp}.bak")
    for side in _SIDES:
        with suppress(FileNotFoundError):
            path.with_name(path.name + side).rename(aside.with_name(aside.name + side))
    kept = sorted(each for each in path.parent.glob(f"{path.name}.corrupt-*.bak"))
    for old in kept[:-MOST_SET_ASIDE]:
        for side in _SIDES:
            old.with_name(old.name + side).unlink(missing_ok=True)
    return aside


def _opened(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE_MODE))
    path.chmod(PRIVATE_MODE)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if count and version != VERSION and version not in _STEPS:
        raise sqlite3.DatabaseError(f"version {version} of the log is not known")
    if not count:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "journal_size_limit=4194304", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    if count:
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("damaged")
        for step in range(version, VERSION):
            connection.executescript(f"BEGIN IMMEDIATE; {_STEPS[step]} PRAGMA user_version={step + 1}; COMMIT;")
        return
    connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version={VERSION}; COMMIT;")


def _column(name: str) -> str:
    kind = {"at": "REAL", "duration_ms": "REAL", "first_content_ms": "REAL", "tokens_per_second": "REAL"}.get(name)
    if kind is None:
        kind = "INTEGER" if name.endswith("_count") or name in _NEVER_NULL or name == "status" else "TEXT"
    return f"{name} {kind}" + (" NOT NULL" if name in _TEXTS | _NEVER_NULL else "")


_FIGURES: Final = f"CREATE INDEX exchanges_figures ON exchanges ({', '.join(NARROW)});"
_REPORTS: Final = """
CREATE TABLE error_reports (id INTEGER PRIMARY KEY AUTOINCREMENT, signature TEXT NOT NULL, at REAL NOT NULL,
  source TEXT NOT NULL, name TEXT NOT NULL, message TEXT NOT NULL, stack TEXT, context TEXT, version TEXT NOT NULL,
  platform TEXT NOT NULL);
CREATE INDEX error_reports_signature ON error_reports (signature);
"""
SCHEMA: Final = f"""
CREATE TABLE exchanges (seq INTEGER PRIMARY KEY AUTOINCREMENT, {", ".join(_column(name) for name in COLUMNS)},
  UNIQUE (request_id));
{_FIGURES}
CREATE TABLE bodies (seq INTEGER PRIMARY KEY REFERENCES exchanges (seq) ON DELETE CASCADE, content BLOB NOT NULL);
CREATE TABLE error_groups (signature TEXT PRIMARY KEY, kind TEXT NOT NULL, upstream TEXT NOT NULL, model TEXT NOT NULL,
  shape TEXT NOT NULL, message TEXT NOT NULL, count INTEGER NOT NULL, first_seen REAL NOT NULL,
  last_seen REAL NOT NULL, samples TEXT NOT NULL, source TEXT NOT NULL DEFAULT 'server',
  state TEXT NOT NULL DEFAULT 'open', seen_count INTEGER NOT NULL DEFAULT 0);
{_REPORTS}
"""
_STEPS: Final = {
    1: f"""
ALTER TABLE exchanges ADD COLUMN cost_usd TEXT;
DROP INDEX exchanges_at;
{_FIGURES}
ALTER TABLE error_groups ADD COLUMN source TEXT NOT NULL DEFAULT 'server';
ALTER TABLE error_groups ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
ALTER TABLE error_groups ADD COLUMN seen_count INTEGER NOT NULL DEFAULT 0;
{_REPORTS}
"""
}
"""What makes of a version the next one."""
