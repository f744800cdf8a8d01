"""Copies of a store that cannot be used, so that nothing of it is lost whatever is done next.

Rules of this file: the original stays where it is, byte for byte; a store that was copied before and has not changed is
not copied again.
"""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from codex_proxy.storage.private_files import create_private_file
from codex_proxy.storage.upkeep.sqlite_files import beside

_STAMP: Final = "%Y-%m-%dT%H-%M-%SZ"
_WAL: Final = "-wal"


def quarantine(path: Path, *, now: float) -> Path:
    """The copy ``<file>.corrupt-<time>.bak``, what lay in the ``-wal`` beside it; ``now`` in epoch seconds.

    Where only the ``-wal`` is there, its copy.

    Raises:
        OSError: the original cannot be read, or the copy not be written.
    """
    contents = _contents(path)
    for earlier in _copies(path):
        if _contents(earlier) == contents:
            return _first(earlier)
    copy = path.with_name(f"{path.name}.corrupt-{datetime.fromtimestamp(now, UTC).strftime(_STAMP)}.bak")
    for place, content in zip((copy, beside(copy, _WAL)), contents, strict=True):
        if content is not None:
            create_private_file(place, content)
    return _first(copy)


def _copies(path: Path) -> list[Path]:
    found = path.parent.glob(f"{path.name}.corrupt-*.bak*")
    return sorted({each.with_name(each.name.removesuffix(_WAL)) for each in found})


def _first(copy: Path) -> Path:
    return copy if copy.exists() else beside(copy, _WAL)


def _contents(path: Path) -> tuple[bytes | None, bytes | None]:
    return _read(path), _read(beside(path, _WAL)) or None  # SQLite leaves an empty one where it looked


def _read(path: Path) -> bytes | None:
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    return None
