"""``access.json``: the client keys of this installation, as keyed hashes and as an encrypted copy.

Rules of this file: a file that cannot be read is reported and never overwritten; the keys that seal it are those that
seal accounts, and lie elsewhere, so that a copy of one file alone gives nothing away.  It is sealed with Fernet: no
other place takes these values, each belongs to the hash beside it.
"""

import base64
from pathlib import Path
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from codex_proxy.access.keys import ClientKey
from codex_proxy.operations.client_keys import KeptKey, KeptKeys, KeysUnreadable
from codex_proxy.storage.private_files import create_private_file, replace_private_file
from codex_proxy.storage.sealing.sources import SECRET_FILE, KeyFile, KeySource, KeysUnusable

ACCESS_FILE: Final = "access.json"
_VERSION: Final = 1


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    key_id: str
    digest: str
    scopes: list[str]
    sealed: str


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    pepper: str
    keys: list[_Row]


class AccessFile:
    """Implements the operations' ``KeyStore`` in a data directory; ``keys`` are its ``secret.key`` unless given."""

    def __init__(self, data_dir: Path, keys: KeySource | None = None) -> None:
        self.path = data_dir / ACCESS_FILE
        self._keys = keys or KeyFile(data_dir)

    def load(self) -> KeptKeys | None:
        """The keys kept here, None where none were made yet.

        Raises:
            KeysUnreadable: the file is there and cannot be used.
        """
        raw = self._read()
        return None if raw is None else self._opened(raw)

    def create(self, keys: KeptKeys) -> bool:
        """Keep new keys; False where another process made some first.

        Raises:
            KeysUnreadable: they cannot be written.
        """
        sealed = self._sealed(keys)
        try:
            return create_private_file(self.path, sealed)
        except OSError as error:
            raise KeysUnreadable(f"{self.path} cannot be written: {error.strerror}") from error

    def reseal(self) -> None:
        """Seal everything with the key in force now, in one step; raises ``KeysUnreadable``, and nothing changed."""
        keys = self.load()
        if keys is None:
            return
        sealed = self._sealed(keys)
        try:
            replace_private_file(self.path, sealed)
        except OSError as error:
            raise KeysUnreadable(f"{self.path} cannot be written: {error.strerror}") from error

    def _read(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeysUnreadable(f"{self.path} cannot be read: {error.strerror}") from error

    def _opened(self, raw: bytes) -> KeptKeys:
        fernet = self._fernet()
        try:
            content = msgspec.json.decode(raw, type=_Content)
            keys = tuple(_kept(row, fernet) for row in content.keys)
            return KeptKeys(pepper=bytes.fromhex(content.pepper), keys=keys)
        except (msgspec.MsgspecError, ValueError, InvalidToken) as error:
            raise KeysUnreadable(
                f"{self.path} is damaged or belongs to another {SECRET_FILE}; move it away to make new keys"
            ) from error

    def _sealed(self, keys: KeptKeys) -> bytes:
        fernet = self._fernet()
        rows = [_row(kept, fernet) for kept in keys.keys]
        content = _Content(version=_VERSION, pepper=keys.pepper.hex(), keys=rows)
        return msgspec.json.format(msgspec.json.encode(content))

    def _fernet(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in self._keys.read()])
        except KeysUnusable as error:
            raise KeysUnreadable(str(error)) from error


def _row(kept: KeptKey, fernet: MultiFernet) -> _Row:
    key = kept.key
    sealed = fernet.encrypt(kept.secret.encode()).decode()
    return _Row(key_id=key.key_id, digest=key.digest, scopes=sorted(key.scopes), sealed=sealed)


def _kept(row: _Row, fernet: MultiFernet) -> KeptKey:
    key = ClientKey(key_id=row.key_id, digest=row.digest, scopes=frozenset(row.scopes))
    return KeptKey(key=key, secret=fernet.decrypt(row.sealed.encode()).decode())
