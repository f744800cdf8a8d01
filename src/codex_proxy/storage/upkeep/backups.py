"""Backups of the store, made before anything changes its schema.

Rules of this file: a backup is one whole file, made while others may write, and gets its name when it is complete; the
newest few are kept.
Source: SQLite, "Online Backup API".
"""

import os
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.private_files import make_private_directory

BACKUPS_FOLDER: Final = "backups"
KEPT_BACKUPS: Final = 7
_NAME: Final = "accounts-%Y%m%dT%H%M%SZ.sqlite"


def back_up(path: Path, *, now: float) -> Path:
    """A backup in ``backups`` beside the store; ``now`` in epoch seconds, older than the newest seven go.

    Raises:
        StoreUnusable: it cannot be made; nothing was changed.
    """
    folder = path.parent / BACKUPS_FOLDER
    backup = folder / datetime.fromtimestamp(now, UTC).strftime(_NAME)
    try:
        make_private_directory(folder)
        _copy(path, backup)
        for old in sorted(folder.glob("accounts-*.sqlite"))[:-KEPT_BACKUPS]:
            old.unlink(missing_ok=True)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StoreUnusable(f"no backup of {path.name} could be made: {reason}") from error
    return backup


def _copy(path: Path, backup: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=backup.parent, prefix=f".{backup.name}.")  # mkstemp gives mode 0600
    scratch = Path(name)
    try:
        source = closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True))
        with source as origin, closing(sqlite3.connect(scratch)) as copy:
            origin.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # the copy says as its origin that there is a -wal
        os.fsync(descriptor)
        scratch.replace(backup)
    finally:
        os.close(descriptor)
        scratch.unlink(missing_ok=True)
