"""The owner's configuration file, changed by the program: the values given and nothing else.

Rules of this file: comments, order and spelling of everything else stay; the file is replaced in one step, readable by
its owner only; one that cannot be understood, or that somebody else changed meanwhile, is left alone.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from codex_proxy.operations.settings.parts import FileChanged, SettingsNotKept
from codex_proxy.storage.file_locks import LOCKS_FOLDER, FileLock
from codex_proxy.storage.private_files import replace_private_file
from codex_proxy.storage.settings.yaml_text import CannotEdit, edited

_LOCK: Final = "settings.lock"


class LocalFile:
    """Implements the operations' ``SettingsFile`` in YAML; the lock is in the data directory."""

    def __init__(self, path: Path, *, data_dir: Path) -> None:
        self._path = path
        self._lock_path = data_dir / LOCKS_FOLDER / _LOCK

    @property
    def name(self) -> str:
        """See ``SettingsFile``."""
        return str(self._path)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """See ``SettingsFile``."""
        lock = FileLock(self._lock_path)
        try:
            lock.take()
        except OSError as error:
            raise SettingsNotKept(f"{self._path} cannot be written: {_reason(error)}") from error
        try:
            yield
        finally:
            lock.free()

    def mark(self) -> tuple[int, ...]:
        """See ``SettingsFile``: what the system tells of the file, and a digest, for changes within one tick."""
        try:
            told, content = self._path.stat(), self._path.read_bytes()
        except OSError:
            return ()
        return told.st_mtime_ns, told.st_ino, int.from_bytes(hashlib.sha256(content).digest()[:8], "big")

    def read(self) -> str:
        """See ``SettingsFile``."""
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsNotKept(f"{self._path} cannot be read: {_reason(error)}") from error

    def edited(self, text: str, values: Mapping[str, Any]) -> str:
        """See ``SettingsFile``."""
        try:
            return edited(text, values)
        except CannotEdit as error:
            raise SettingsNotKept(f"{self._path} {error}; it was left alone") from error

    def write(self, text: str, *, instead_of: str) -> None:
        """See ``SettingsFile``; a file is made where there is none."""
        if self.read() != instead_of:
            raise FileChanged(str(self._path))
        try:
            replace_private_file(self._path, text.encode())
        except OSError as error:
            raise SettingsNotKept(f"{self._path} cannot be written: {_reason(error)}") from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return getattr(error, "strerror", None) or "not UTF-8 text"
