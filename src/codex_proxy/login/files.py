"""The Codex CLI's file on this machine: implements the logins' ``CredentialFiles``.

Rules of this file: opened for reading only, by a thread; what is no plain file of a sane size is not read.
"""

import asyncio
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from codex_proxy.operations.login.ports import FileSeen, FileUnreadable

MAX_FILE_BYTES: Final = 1024 * 1024
HOME_VARIABLE: Final = "CODEX_HOME"
FILE_NAME: Final = "auth.json"


class CliFiles:
    """Reads files; ``environ`` and ``home`` say where the CLI keeps its own."""

    def __init__(self, *, environ: Mapping[str, str], home: Path) -> None:
        self._environ = environ
        self._home = home

    def default_path(self) -> Path:
        """See ``CredentialFiles``: ``$CODEX_HOME/auth.json``, else ``~/.codex/auth.json``."""
        told = self._environ.get(HOME_VARIABLE)
        return (Path(told) if told else self._home / ".codex") / FILE_NAME

    async def changed_at_ns(self, path: Path) -> int:
        """See ``CredentialFiles``."""
        try:
            return (await asyncio.to_thread(path.stat)).st_mtime_ns
        except OSError as error:
            raise _unreadable(path, error) from None

    async def read(self, path: Path) -> FileSeen:
        """See ``CredentialFiles``."""
        return await asyncio.to_thread(_read, path)


def _read(path: Path) -> FileSeen:
    try:
        facts = path.stat()  # before the content: what changes in between is a new version at the next look
        if not stat.S_ISREG(facts.st_mode):
            raise FileUnreadable(f"{path} is no plain file")
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(content) > MAX_FILE_BYTES:
        raise FileUnreadable(f"{path} is too long to be a file of credentials")
    return FileSeen(path=str(path), content=content, changed_at_ns=facts.st_mtime_ns)


def _unreadable(path: Path, error: OSError) -> FileUnreadable:
    return FileUnreadable(f"{path} cannot be read: {error.strerror}")
