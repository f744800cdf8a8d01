"""``admin.json``: the hash of the dashboard's password, the setup link's, and the second factor's secret, sealed.

Rules of this file: mode 0600; a file that cannot be read, or a secret that does not open, is reported and never taken
for none; whoever removes the file takes the password away, which is how an owner who forgot everything begins again.
"""

import base64
from pathlib import Path
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from msgspec.structs import replace

from codex_proxy.operations.access.kept import AdminUnreadable, KeptAdmin
from codex_proxy.storage.private_files import replace_private_file
from codex_proxy.storage.sealing.sources import KeySource, KeysUnusable

ADMIN_FILE: Final = "admin.json"
_VERSION: Final = 1


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    kept: KeptAdmin


class AdminFile:
    """Implements the operations' ``AdminStore`` in a data directory; ``keys`` seal the second factor's secret."""

    def __init__(self, data_dir: Path, keys: KeySource) -> None:
        self.path = data_dir / ADMIN_FILE
        self._keys = keys

    def load(self) -> KeptAdmin:
        """See ``AdminStore``."""
        try:
            kept = msgspec.json.decode(self.path.read_bytes(), type=_Content).kept
        except FileNotFoundError:
            return KeptAdmin()
        except OSError as error:
            raise AdminUnreadable(f"{self.path} cannot be read: {error.strerror}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise AdminUnreadable(f"{self.path} is damaged; move it away to begin anew") from error
        return self._opened(kept)

    def save(self, kept: KeptAdmin) -> None:
        """See ``AdminStore``."""
        content = _Content(version=_VERSION, kept=self._sealed(kept))
        try:
            replace_private_file(self.path, msgspec.json.format(msgspec.json.encode(content)))
        except OSError as error:
            raise AdminUnreadable(f"{self.path} cannot be written: {error.strerror}") from error

    def reseal(self) -> None:
        """Seal the secret with the key in force now; raises ``AdminUnreadable``, and nothing changed."""
        kept = self.load()
        if kept.factor is not None:
            self.save(kept)

    def _sealed(self, kept: KeptAdmin) -> KeptAdmin:
        if kept.factor is None:
            return kept
        sealed = self._fernet().encrypt(kept.factor.secret.encode()).decode()
        return replace(kept, factor=replace(kept.factor, secret=sealed))

    def _opened(self, kept: KeptAdmin) -> KeptAdmin:
        if kept.factor is None:
            return kept
        try:
            secret = self._fernet().decrypt(kept.factor.secret.encode()).decode()
        except (InvalidToken, UnicodeError) as error:
            raise AdminUnreadable(
                f"the second factor in {self.path} is damaged or sealed with a key that is not there; put that key "
                "back, or move the file away and set a new password with: codex-proxy password set"
            ) from error
        return replace(kept, factor=replace(kept.factor, secret=secret))

    def _fernet(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in self._keys.read()])
        except KeysUnusable as error:
            raise AdminUnreadable(str(error)) from error
