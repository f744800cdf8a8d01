"""Commands of the owner's and the gateway on their data directory: how they find each other.

Rules of this file: the first gateway on a directory is the one that is spoken to; another one beside it serves
without being found.  Source: decisions, 6.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import structlog

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.bootstrap.errors import StartRefused
from codex_proxy.storage.runtime_file import Runtime, RuntimeFile

COMMANDS_KEY_ID: Final = "commands"
"""The row id of the key that commands speak with."""


class Announced(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway that runs; ``token`` is an admin key of its."""

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Announced(url={self.url!r})"


@contextlib.contextmanager
def announced(data_dir: Path, *, url: str, token: str) -> Iterator[None]:
    """Let commands find this gateway while the block runs.

    Raises:
        StartRefused: the data directory cannot be written.
    """
    try:
        with RuntimeFile(data_dir).announced(Runtime(url=url, token=token)) as ours:
            if not ours:
                log = structlog.get_logger("codex_proxy")
                log.warning("another gateway runs on this data directory; commands speak to that one")
            yield
    except StoreUnusable as error:
        raise StartRefused(str(error)) from error


def find_running(data_dir: Path) -> Announced | None:
    """The gateway that runs on a data directory, None where none does.

    Raises:
        StartRefused: one runs, and cannot be found out about.
    """
    try:
        found = RuntimeFile(data_dir).running()
    except StoreUnusable as error:
        raise StartRefused(str(error)) from error
    return None if found is None else Announced(url=found.url, token=found.token)
