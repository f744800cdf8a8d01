"""``access.json``: the client keys of this installation, as keyed hashes and as an encrypted copy.

Rules of this file: a file that cannot be read is reported and never overwritten; the encryption key lies beside it in
``secret.key``, so that a copy of one file alone gives nothing away.
"""

from pathlib import Path
from typing import Final

import msgspec
from cryptography.fernet import Fernet, InvalidToken

from codex_proxy.access.keys import ClientKey
from codex_proxy.operations.client_keys import KeptKey, KeptKeys, KeysUnreadable
from codex_proxy.storage.private_files import create_private_file

ACCESS_FILE: Final = "access.json"
SECRET_FILE: Final = "secret.key"
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
    """Implements the operations' ``KeyStore`` in a data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / ACCESS_FILE
        self._secret_path = data_dir / SECRET_FILE

    def load(self) -> KeptKeys | None:
        """The keys kept here, None where none were made yet.

        Raises:
            KeysUnreadable: the file is there and cannot be used.
        """
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeysUnreadable(f"{self.path} cannot be read: {error.strerror}") from error
        try:
            content = msgspec.json.decode(raw, type=_Content)
            fernet = self._fernet()
            keys = tuple(_kept(row, fernet) for row in content.keys)
            return KeptKeys(pepper=bytes.fromhex(content.pepper), keys=keys)
        except (msgspec.MsgspecError, ValueError, InvalidToken) as error:
            raise KeysUnreadable(
                f"{self.path} is damaged or belongs to another {SECRET_FILE}; move it away to make new keys"
            ) from error

    def create(self, keys: KeptKeys) -> bool:
        """Keep new keys; False where another process made some first.

        Raises:
            KeysUnreadable: they cannot be written.
        """
        try:
            fernet = self._fernet()
            rows = [_row(kept, fernet) for kept in keys.keys]
            content = _Content(version=_VERSION, pepper=keys.pepper.hex(), keys=rows)
            return create_private_file(self.path, msgspec.json.format(msgspec.json.encode(content)))
        except OSError as error:
            raise KeysUnreadable(f"{self.path} cannot be written: {error.strerror}") from error

    def _fernet(self) -> Fernet:
        try:
            return Fernet(self._secret_path.read_bytes())
        except FileNotFoundError:
            create_private_file(self._secret_path, Fernet.generate_key())
            return Fernet(self._secret_path.read_bytes())


def _row(kept: KeptKey, fernet: Fernet) -> _Row:
    key = kept.key
    sealed = fernet.encrypt(kept.secret.encode()).decode()
    return _Row(key_id=key.key_id, digest=key.digest, scopes=sorted(key.scopes), sealed=sealed)


def _kept(row: _Row, fernet: Fernet) -> KeptKey:
    key = ClientKey(key_id=row.key_id, digest=row.digest, scopes=frozenset(row.scopes))
    return KeptKey(key=key, secret=fernet.decrypt(row.sealed.encode()).decode())
