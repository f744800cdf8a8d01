"""A store's SQLite file before it is opened: looked at without a change, made whole, or brought up to date.

Rules of this file: a new store gets its name when it is complete, so that an empty file is never one; a file that is
looked at keeps every byte; modes are 0600 before the first row is written, and SQLite gives its ``-wal`` and ``-shm``
the mode of the file.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.private_files import PRIVATE_MODE, flush_directory
from codex_proxy.storage.sql.database import reason_of, unusable
from codex_proxy.storage.sql.engines import BUSY_TIMEOUT_MS, plain_sqlite
from codex_proxy.storage.sql.resealing import adopt_key, sealing_key_id
from codex_proxy.storage.upkeep.revisions import ForeignSchema, bring_up_to_date, is_ours, steps_left

SIDE_FILES: Final = ("-wal", "-shm")
_BUSY: Final = "SQLITE_BUSY"
_HEADER: Final = b"SQLite format 3\0"


class Unreadable(Exception):
    """The file at ``path`` is not a store that this program can use; says why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path.name} cannot be used: {reason}")
        self.path = path


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen: the steps its schema lacks, and the key its secrets are sealed with."""

    steps: tuple[str, ...]
    key_id: str | None


def look(path: Path, *, patience_ms: int = BUSY_TIMEOUT_MS) -> Look | None:
    """See whether the store is sound; None where there is none.

    SQLite makes an empty ``-wal`` beside it for that.  ``patience_ms`` is how long another process may keep it locked.

    Raises:
        Unreadable: it is damaged, another program's or a newer one's, or may not be read.
        StoreUnusable: another process keeps it locked.
    """
    if not path.exists():
        if _size_bytes(beside(path, "-wal")) > 0:
            raise Unreadable(path, "it is missing, and what was last written to it lies beside it in its -wal")
        return None
    try:
        with path.open("rb") as file:
            if file.read(len(_HEADER)) != _HEADER:
                raise Unreadable(path, "it is no SQLite database, or only half of one")
        looking = plain_sqlite(path, read_only=True, busy_timeout_ms=patience_ms)
        with _disposed(looking) as engine, engine.begin() as connection:
            return _looked_at(path, connection)
    except ForeignSchema as error:
        raise Unreadable(path, str(error)) from error
    except DBAPIError as error:
        if getattr(error.orig, "sqlite_errorname", "").startswith(_BUSY):
            raise StoreUnusable(f"{path.name} is locked by another process") from error
        raise Unreadable(path, reason_of(error)) from error
    except OSError as error:
        raise Unreadable(path, reason_of(error)) from error


def make(path: Path, *, key_id: str) -> None:
    """Make an empty store that seals with this key; another process may be first.  Raises ``StoreUnusable``."""
    with unusable(f"{path.name} cannot be made"), _scratch(path) as scratch:
        with _disposed(plain_sqlite(scratch, read_only=False)) as engine, engine.begin() as connection:
            bring_up_to_date(connection)
            adopt_key(connection, key_id)
        with contextlib.suppress(FileExistsError):
            os.link(scratch, path)
        flush_directory(path.parent)


def update(path: Path) -> None:
    """Take the steps its schema lacks.  Raises ``StoreUnusable``, and nothing was changed."""
    with (
        unusable(f"{path.name} cannot be brought up to date"),
        _disposed(plain_sqlite(path, read_only=False)) as engine,
        engine.begin() as connection,
    ):
        bring_up_to_date(connection)


def make_private(path: Path) -> None:
    """Let nobody but its owner read the store; raises ``OSError``."""
    for each in (path, *(beside(path, side) for side in SIDE_FILES)):
        with contextlib.suppress(FileNotFoundError):
            each.chmod(PRIVATE_MODE)


def beside(path: Path, side: str) -> Path:
    """A file that SQLite keeps beside the store."""
    return path.with_name(path.name + side)


def _looked_at(path: Path, connection: Connection) -> Look:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise Unreadable(path, f"it is damaged: {found}")
    if not is_ours(connection):
        raise Unreadable(path, "it holds no tables of this program")
    return Look(steps=steps_left(connection), key_id=sealing_key_id(connection))


def _size_bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextlib.contextmanager
def _disposed(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


@contextlib.contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mkstemp gives mode 0600
    os.close(descriptor)
    scratch = Path(name)
    try:
        yield scratch
    finally:
        for each in (scratch, *(beside(scratch, side) for side in SIDE_FILES)):
            each.unlink(missing_ok=True)
