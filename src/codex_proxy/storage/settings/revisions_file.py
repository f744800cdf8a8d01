"""``settings-revisions.json``: what was changed in the settings, for taking it back.

Rules of this file: for its owner's eyes only; one that cannot be understood is not replaced.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from codex_proxy.operations.settings.history import Revision
from codex_proxy.operations.settings.parts import SettingsNotKept
from codex_proxy.storage.private_files import replace_private_file

REVISIONS_FILE: Final = "settings-revisions.json"


class RevisionsFile:
    """Implements the operations' ``RevisionStore``."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / REVISIONS_FILE

    def load(self) -> tuple[Revision, ...]:
        """See ``RevisionStore``."""
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=tuple[Revision, ...])
        except FileNotFoundError:
            return ()
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise SettingsNotKept(f"{self.path} cannot be read") from error

    def keep(self, revisions: Sequence[Revision]) -> None:
        """See ``RevisionStore``."""
        try:
            replace_private_file(self.path, msgspec.json.encode(revisions))
        except OSError as error:
            raise SettingsNotKept(f"{self.path} cannot be written: {error.strerror}") from error
