"""Client keys: the pair that the first start makes.

Rules of this file: keys are made once; their secrets are told to whoever made them and kept sealed.  Randomness and
storage are arguments.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from codex_proxy.access.keys import ADMIN, ADMIN_PREFIX, INFERENCE, INFERENCE_PREFIX, ClientKey, make_key

ADMIN_KEY_ID: Final = "admin"
INFERENCE_KEY_ID: Final = "inference"


class KeysUnreadable(Exception):
    """The kept keys cannot be read or written; one sentence."""


class KeptKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key and its secret."""

    key: ClientKey
    secret: str

    def __repr__(self) -> str:
        return f"KeptKey(key_id={self.key.key_id!r})"


class KeptKeys(msgspec.Struct, frozen=True, kw_only=True):
    """All keys of an installation; ``pepper`` keys their hashes."""

    pepper: bytes
    keys: tuple[KeptKey, ...]

    def __repr__(self) -> str:
        return f"KeptKeys({len(self.keys)} keys)"

    def secret_of(self, key_id: str) -> str | None:
        """The secret of a key."""
        return next((kept.secret for kept in self.keys if kept.key.key_id == key_id), None)


class KeyStore(Protocol):
    """Where keys are kept; both raise ``KeysUnreadable``."""

    def load(self) -> KeptKeys | None:
        """The keys, None before the first start."""
        ...

    def create(self, keys: KeptKeys) -> bool:
        """Keep the first keys; False where somebody else just did."""
        ...


class EnsuredKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The keys in force, and whether they were made just now."""

    kept: KeptKeys
    made_now: bool


def ensure_keys(store: KeyStore, new_secret: Callable[[], str]) -> EnsuredKeys:
    """The kept keys, or a new pair; ``new_secret`` gives 256 random bits as URL-safe text.

    Raises:
        KeysUnreadable: the store cannot be used.
    """
    kept = store.load()
    if kept is not None:
        return EnsuredKeys(kept=kept, made_now=False)
    pepper = new_secret().encode()
    pair = (
        _made(ADMIN_KEY_ID, ADMIN_PREFIX + new_secret(), frozenset({ADMIN, INFERENCE}), pepper),
        _made(INFERENCE_KEY_ID, INFERENCE_PREFIX + new_secret(), frozenset({INFERENCE}), pepper),
    )
    made = KeptKeys(pepper=pepper, keys=pair)
    if store.create(made):
        return EnsuredKeys(kept=made, made_now=True)
    theirs = store.load()
    if theirs is None:
        raise KeysUnreadable("the client keys were removed while they were being made")
    return EnsuredKeys(kept=theirs, made_now=False)


def _made(key_id: str, secret: str, scopes: frozenset[str], pepper: bytes) -> KeptKey:
    return KeptKey(key=make_key(key_id, secret, scopes, pepper), secret=secret)
