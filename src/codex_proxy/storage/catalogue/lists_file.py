"""``model-lists.json``: the models that the upstream listed for each plan, for the next start.

Rules of this file: what cannot be read is left alone and said so, and written anew when a list comes.  The file tells
which plans the owner has and nothing else of the accounts.
"""

from pathlib import Path
from typing import Final

import msgspec

from codex_proxy.operations.catalogue.kept import VERSION, KeptLists, ListsUnreadable
from codex_proxy.storage.private_files import replace_private_file

LISTS_FILE: Final = "model-lists.json"
MAX_BYTES: Final = 64 * 1024 * 1024


class ListsFile:
    """Implements ``ListStore`` in one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / LISTS_FILE

    def load(self) -> KeptLists | None:
        """See ``ListStore``."""
        try:
            with self._path.open("rb") as file:
                content = file.read(MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ListsUnreadable(f"{self._path} cannot be read: {error.strerror}") from error
        try:
            return _parsed(content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ListsUnreadable(f"{self._path} holds something else; it is not believed") from error

    def keep(self, lists: KeptLists) -> None:
        """See ``ListStore``."""
        try:
            replace_private_file(self._path, msgspec.json.encode(lists))
        except OSError as error:
            raise ListsUnreadable(f"{self._path} cannot be written: {error.strerror}") from error


class _Versioned(msgspec.Struct, frozen=True):
    version: int


def _parsed(content: bytes) -> KeptLists:
    version = msgspec.json.decode(content, type=_Versioned).version
    if version != VERSION:
        raise msgspec.ValidationError(f"version {version}")
    return msgspec.json.decode(content, type=KeptLists)
