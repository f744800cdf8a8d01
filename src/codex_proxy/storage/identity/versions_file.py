"""``client-versions.json``: the newest versions of the official clients that were found, for the next start.

Rules of this file: what cannot be read is left alone and said so; a file that holds something else is written anew when
something is found.  Source: spec, accounts, 13.3.
"""

from pathlib import Path
from typing import Final

import msgspec

from codex_proxy.operations.updates.versions import TrackedVersions
from codex_proxy.operations.updates.watch import VersionsUnreadable
from codex_proxy.storage.private_files import replace_private_file

VERSIONS_FILE: Final = "client-versions.json"
MAX_BYTES: Final = 4096


class VersionsFile:
    """Implements ``VersionStore`` in one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / VERSIONS_FILE

    def load(self) -> TrackedVersions | None:
        """See ``VersionStore``."""
        try:
            with self._path.open("rb") as file:
                return msgspec.json.decode(file.read(MAX_BYTES), type=TrackedVersions)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise VersionsUnreadable(f"{self._path} cannot be read: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise VersionsUnreadable(f"{self._path} holds something else; it is not believed") from error

    def keep(self, versions: TrackedVersions) -> None:
        """See ``VersionStore``."""
        try:
            replace_private_file(self._path, msgspec.json.format(msgspec.json.encode(versions)))
        except OSError as error:
            raise VersionsUnreadable(f"{self._path} cannot be written: {error.strerror}") from error
