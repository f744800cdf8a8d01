"""Client keys: made from randomness given, kept as keyed hashes, compared in constant time.

Rules of this file: pure; a secret appears once, when it is made.  Off loopback a key needs 22 URL-safe characters,
which is 128 bits.
"""

import hmac
import re
from collections.abc import Sequence
from typing import Final

import msgspec

ADMIN: Final = "admin"
INFERENCE: Final = "inference"
ADMIN_PREFIX: Final = "cpa-"
INFERENCE_PREFIX: Final = "cp-"
STRONG: Final = re.compile(r"[A-Za-z0-9_-]{22,}")


class ClientKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept: row id, hex HMAC-SHA-256 of the secret, what it may do."""

    key_id: str
    digest: str
    scopes: frozenset[str]


def digest_of(secret: str, pepper: bytes) -> str:
    """The keyed hash of a secret; ``pepper`` is the installation's."""
    return hmac.digest(pepper, secret.encode("utf-8", "surrogatepass"), "sha256").hex()


def make_key(key_id: str, secret: str, scopes: frozenset[str], pepper: bytes) -> ClientKey:
    """The kept form of a secret."""
    return ClientKey(key_id=key_id, digest=digest_of(secret, pepper), scopes=scopes)


def find_key(secret: str, keys: Sequence[ClientKey], pepper: bytes) -> ClientKey | None:
    """The key a secret belongs to; every key is compared, whichever fits."""
    shown = digest_of(secret, pepper)
    found: ClientKey | None = None
    for key in keys:
        if hmac.compare_digest(key.digest, shown):
            found = key
    return found


def is_strong(secret: str) -> bool:
    """Whether a key may be used off loopback."""
    return STRONG.fullmatch(secret) is not None
