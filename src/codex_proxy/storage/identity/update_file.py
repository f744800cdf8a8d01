"""``former-version.json``: the version that the last update of the gateway replaced; and the lock of an update.

Rules of this file: what cannot be read is said so and left alone.
"""

import contextlib
from pathlib import Path
from typing import Final

import msgspec

from codex_proxy.operations.updates.own.updater import Former, NotUpdated
from codex_proxy.storage.file_locks import LOCKS_FOLDER, FileLock
from codex_proxy.storage.private_files import replace_private_file

FORMER_FILE: Final = "former-version.json"
MAX_BYTES: Final = 4096
_LOCK: Final = "update.lock"


class FormerFile:
    """Implements ``FormerStore`` in one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FORMER_FILE

    def load(self) -> Former | None:
        """See ``FormerStore``."""
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(MAX_BYTES), type=Former)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotUpdated(f"{self._path} cannot be read: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise NotUpdated(f"{self._path} holds something else; it is not believed") from error

    def keep(self, former: Former | None) -> None:
        """See ``FormerStore``."""
        try:
            if former is None:
                self._path.unlink(missing_ok=True)
            else:
                replace_private_file(self._path, msgspec.json.format(msgspec.json.encode(former)))
        except OSError as error:
            raise NotUpdated(f"{self._path} cannot be written: {error.strerror}") from error


class UpdateFileLock:
    """Implements ``UpdateLock`` for all processes on one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._lock = FileLock(data_dir / LOCKS_FOLDER / _LOCK)

    def try_take(self) -> bool:
        """See ``UpdateLock``."""
        try:
            return self._lock.try_take()
        except OSError as error:
            raise NotUpdated(f"{self._lock.path} cannot be locked: {error.strerror}") from error

    def free(self) -> None:
        """See ``UpdateLock``."""
        with contextlib.suppress(OSError):  # the update is done; the kernel frees the lock with this process
            self._lock.free()
