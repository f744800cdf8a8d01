"""Where the keys that seal secrets are kept: a file beside the store, the environment, or the system's own keyring.

Rules of this file: keys are 32 random bytes in URL-safe base64, separated by white space or commas, the one in force
first; the first use makes one where that is possible; no key shows in an error.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.storage.file_locks import LOCKS_FOLDER, FileLock
from codex_proxy.storage.private_files import create_private_file, make_private_directory, replace_private_file
from codex_proxy.storage.sealing.ring import KEY_BYTES, KeyRing, Place, Unsealable, key_id_of

SECRET_FILE: Final = "secret.key"
KEYRING_SERVICE: Final = "codex-proxy"
_KEYS_LOCK: Final = "keys.lock"
_FIRST_KEY_LOCK: Final = "first-key.lock"
_SEPARATORS: Final = re.compile(r"[\s,]+")


class KeysUnusable(StoreUnusable):
    """The keys cannot be read or kept; says where they are."""


class KeySource(Protocol):
    """Keeps keys.

    ``lock_path`` names a file to lock while they change; ``is_ours`` says that we change them and not the owner.
    """

    lock_path: Path
    is_ours: bool

    def read(self) -> tuple[bytes, ...]:
        """The keys, the one in force first; the first call ever makes one.

        Raises:
            KeysUnusable: there are none to be had.
        """
        ...

    def replace(self, keys: Sequence[bytes]) -> None:
        """Keep these in place of those there; raises ``KeysUnusable``."""
        ...


class PasswordStore(Protocol):
    """What is needed of the ``keyring`` library."""

    def get_password(self, service_name: str, username: str) -> str | None:
        """The text kept under these names."""
        ...

    def set_password(self, service_name: str, username: str, password: str) -> None:
        """Keep a text."""
        ...


class KeyFile:
    """Keys in ``secret.key`` in the data directory, for its owner alone."""

    is_ours = True

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / SECRET_FILE
        self.lock_path = data_dir / LOCKS_FOLDER / _KEYS_LOCK

    def read(self) -> tuple[bytes, ...]:
        """See ``KeySource``."""
        try:
            if not self.path.exists():
                make_private_directory(self.path.parent)
                create_private_file(self.path, _told((new_key(),)).encode())
            return parse_keys(self.path.read_text(encoding="ascii"), where=str(self.path))
        except (OSError, UnicodeDecodeError) as error:
            raise KeysUnusable(f"{self.path} cannot be used: {_reason(error)}") from error

    def replace(self, keys: Sequence[bytes]) -> None:
        """See ``KeySource``."""
        try:
            replace_private_file(self.path, _told(keys).encode())
        except OSError as error:
            raise KeysUnusable(f"{self.path} cannot be written: {_reason(error)}") from error


class GivenKeys:
    """Keys that the owner gave, by an environment variable for instance; only the owner changes them."""

    is_ours = False

    def __init__(self, text: str, *, where: str, lock_path: Path) -> None:
        self._keys = parse_keys(text, where=where)
        self._where = where
        self.lock_path = lock_path

    def read(self) -> tuple[bytes, ...]:
        """See ``KeySource``."""
        return self._keys

    def replace(self, keys: Sequence[bytes]) -> None:
        """See ``KeySource``."""
        raise KeysUnusable(f"{self._where} is set from outside; change it there, the new key before the old one")


class SystemKeyring:
    """Keys in the operating system's own store.

    ``name`` tells installations apart, ``failures`` is what the backend raises when it cannot serve.
    """

    is_ours = True

    def __init__(
        self, backend: PasswordStore, *, name: str, lock_path: Path, failures: tuple[type[Exception], ...]
    ) -> None:
        self._backend = backend
        self._name = name
        self._failures = failures
        self.lock_path = lock_path

    def read(self) -> tuple[bytes, ...]:
        """See ``KeySource``."""
        kept = self._get() or self._made()
        return parse_keys(kept, where="the system's keyring")

    def replace(self, keys: Sequence[bytes]) -> None:
        """See ``KeySource``."""
        try:
            self._backend.set_password(KEYRING_SERVICE, self._name, _told(keys))
        except self._failures as error:
            raise KeysUnusable("the system's keyring cannot be written") from error

    def _made(self) -> str:
        lock = FileLock(self.lock_path.with_name(_FIRST_KEY_LOCK))  # the other one is for rotations
        try:
            with lock.held():
                if self._get() is None:
                    self.replace((new_key(),))
        except OSError as error:
            raise KeysUnusable(f"{lock.path} cannot be locked: {_reason(error)}") from error
        return self._get() or ""

    def _get(self) -> str | None:
        try:
            return self._backend.get_password(KEYRING_SERVICE, self._name)
        except self._failures as error:
            raise KeysUnusable("the system's keyring cannot be read") from error


class Seals:
    """Seals and opens with the keys of a source; one that another process put there is fetched when it is needed.

    ``learn`` hears every secret that is sealed or opened, in whichever thread that happens.
    """

    def __init__(self, source: KeySource, *, learn: Callable[[str], None] = lambda _: None) -> None:
        self._source = source
        self._learn = learn
        self._ring = KeyRing(source.read())

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The keys known now, the one in force first."""
        return self._ring.key_ids

    def seal(self, secret: str, place: Place, *, key_id: str) -> bytes:
        """See ``KeyRing``."""
        self._learn(secret)
        return self._ring_with(key_id).seal(secret, place, key_id=key_id)

    def open(self, sealed: bytes, place: Place) -> str:
        """See ``KeyRing``."""
        secret = self._ring_with(key_id_of(sealed)).open(sealed, place)
        self._learn(secret)
        return secret

    def require(self, key_id: str) -> None:
        """Have this key; raises ``Unsealable``."""
        self._ring_with(key_id)

    def reload(self) -> None:
        """Take the keys as they are in the source now."""
        self._ring = KeyRing(self._source.read())

    def _ring_with(self, key_id: str) -> KeyRing:
        if key_id not in self._ring.key_ids:
            self.reload()
        ring = self._ring  # once: another thread may change it
        if key_id not in ring.key_ids:
            raise Unsealable(f"the key {key_id} is not there that secrets are sealed with")
        return ring


def new_key() -> bytes:
    """A random key."""
    return os.urandom(KEY_BYTES)


def parse_keys(text: str, *, where: str) -> tuple[bytes, ...]:
    """The keys in a text.

    Raises:
        KeysUnusable: there is none, or one is not 32 bytes of base64; ``where`` is named.
    """
    try:
        keys = tuple(base64.urlsafe_b64decode(word) for word in _SEPARATORS.split(text.strip()) if word)
    except (binascii.Error, ValueError) as error:
        raise KeysUnusable(f"{where} holds something that is no key") from error
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise KeysUnusable(f"{where} has to hold keys of {KEY_BYTES} bytes in URL-safe base64")
    return keys


def _told(keys: Sequence[bytes]) -> str:
    return "\n".join(base64.urlsafe_b64encode(key).decode() for key in keys)


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return getattr(error, "strerror", None) or "not ASCII text"
