"""``runtime.json``: where the gateway that runs on a data directory can be spoken to, for commands of its owner.

Rules of this file: the lock tells whether one runs, the file only where; what a dead gateway left is not believed.
The first gateway on a directory is the one that is spoken to; another one beside it serves without being announced.
The token is good for the life of that gateway and for its owner, who alone can read the file.
Source: decisions, 6.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.file_locks import LOCKS_FOLDER, FileLock
from codex_proxy.storage.private_files import replace_private_file

RUNTIME_FILE: Final = "runtime.json"
_LOCK: Final = "gateway.lock"


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """How to speak to a running gateway."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Runtime(url={self.url!r})"


class RuntimeFile:
    """The announcement in one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / RUNTIME_FILE
        self._lock_path = data_dir / LOCKS_FOLDER / _LOCK

    @contextlib.contextmanager
    def announced(self, runtime: Runtime) -> Iterator[bool]:
        """Tell of this gateway while the block runs; False where another one is told of already.

        Raises:
            StoreUnusable: the data directory cannot be written.
        """
        lock = FileLock(self._lock_path)
        try:
            ours = lock.try_take()
            if ours:
                replace_private_file(self.path, msgspec.json.format(msgspec.json.encode(runtime)))
        except OSError as error:
            lock.free()
            raise StoreUnusable(f"{self.path} cannot be written: {error.strerror}") from error
        try:
            yield ours
        finally:
            if ours:
                self.path.unlink(missing_ok=True)
            lock.free()

    def running(self) -> Runtime | None:
        """The gateway that runs here, None where none does.

        Raises:
            StoreUnusable: one runs, and cannot be found out about.
        """
        if not self._lock_path.exists():
            return None
        lock = FileLock(self._lock_path)
        try:
            if lock.try_take():
                return None
            return msgspec.json.decode(self.path.read_bytes(), type=Runtime)
        except (OSError, msgspec.MsgspecError) as error:
            raise StoreUnusable(f"a gateway runs on this data directory, and {self.path} cannot be read") from error
        finally:
            lock.free()
