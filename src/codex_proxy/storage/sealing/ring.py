"""Sealing: secrets encrypted and authenticated under one of several keys, bound to the place they are kept in.

Rules of this file: AES-256-GCM; a sealed value names its key, so that old keys open what a new one does not seal any
more; the place (table, row, column) is authenticated with it, so that a value moved elsewhere does not open.  Nothing
secret shows in an error.

Sealed value: 8 bytes key id, 12 bytes nonce, ciphertext with tag.
"""

import os
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from codex_proxy.accounts.store import StoreUnusable

KEY_BYTES: Final = 32
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12

Place: TypeAlias = tuple[str, ...]
"""Table, row and column of a sealed value."""

Seal: TypeAlias = Callable[[str, Place], bytes]
Unseal: TypeAlias = Callable[[bytes, Place], str]


class Unsealable(StoreUnusable):
    """A sealed value does not open: its key is not there, or it was damaged or moved."""


class KeyRing:
    """Keys of ``KEY_BYTES`` bytes each, the one in force first.

    What is kept is not the key itself that encrypts, but one derived from it, so that the same secret can serve for
    ``access.json`` too.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = {_derived(key, b"id", _ID_BYTES): AESGCM(_derived(key, b"seal", KEY_BYTES)) for key in keys}
        self.key_ids: tuple[str, ...] = tuple(key_id.hex() for key_id in self._ciphers)

    def __repr__(self) -> str:
        return f"KeyRing(key_ids={self.key_ids!r})"

    def seal(self, secret: str, place: Place, *, key_id: str) -> bytes:
        """Seal under one of the keys; raises ``Unsealable`` where it is not there."""
        cipher = self._cipher(bytes.fromhex(key_id))
        nonce = os.urandom(_NONCE_BYTES)  # 96 random bits are safe for 2^32 values under one key
        return bytes.fromhex(key_id) + nonce + cipher.encrypt(nonce, secret.encode(), _bound(place))

    def open(self, sealed: bytes, place: Place) -> str:
        """The secret; raises ``Unsealable``."""
        cipher = self._cipher(sealed[:_ID_BYTES])
        nonce, ciphertext = sealed[_ID_BYTES : _ID_BYTES + _NONCE_BYTES], sealed[_ID_BYTES + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, ciphertext, _bound(place)).decode()
        except (InvalidTag, ValueError) as error:
            raise Unsealable(f"the sealed value in {'/'.join(place)} is damaged or belongs elsewhere") from error

    def _cipher(self, key_id: bytes) -> AESGCM:
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Unsealable(f"the key {key_id.hex()} is not there that secrets are sealed with")
        return cipher


def key_id_of(sealed: bytes) -> str:
    """Which key a value is sealed with."""
    return sealed[:_ID_BYTES].hex()


def _derived(key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=b"codex-proxy " + purpose).derive(key)


def _bound(place: Place) -> bytes:
    return msgspec.json.encode(place)
