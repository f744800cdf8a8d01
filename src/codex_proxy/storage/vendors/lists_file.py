"""``vendor-models.json``: the lists of models that vendors told, for the next start.

Rules of this file: it holds no key, only a digest of where each list came from; one that cannot be read is left alone
and said so, and is written anew when a list comes.  Source: spec, accounts, 6.2, 6.5.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from codex_proxy.operations.vendor_keys.lists import KeptList, ListsUnkept
from codex_proxy.storage.private_files import replace_private_file

LISTS_FILE: Final = "vendor-models.json"
MOST_BYTES: Final = 32 * 1024 * 1024


class ListsFile:
    """Implements ``ListKeeper`` in one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / LISTS_FILE

    def load(self) -> Mapping[str, KeptList]:
        """See ``ListKeeper``."""
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(MOST_BYTES), type=dict[str, KeptList])
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ListsUnkept(f"{self._path} cannot be read: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ListsUnkept(f"{self._path} holds something else; it is not believed") from error

    def keep(self, lists: Mapping[str, KeptList]) -> None:
        """See ``ListKeeper``."""
        try:
            replace_private_file(self._path, msgspec.json.encode(lists))
        except OSError as error:
            raise ListsUnkept(f"{self._path} cannot be written: {error.strerror}") from error
