"""Keeping conditions: to bytes for a store, and back after a restart.

Rules of this file: reading is total; what cannot be read begins anew and says so.
"""

from typing import Final

import msgspec

from codex_proxy.accounts.lifecycle.condition import FRESH, Condition

VERSION: Final = 1


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    condition: Condition


def encode_condition(condition: Condition) -> bytes:
    """The condition as it is kept; it holds no secret.  That an older one could not be read is told once only."""
    kept = msgspec.structs.replace(condition, was_unreadable=False)
    return msgspec.json.encode(_Kept(version=VERSION, condition=kept))


def decode_condition(kept: bytes) -> Condition:
    """The condition that was kept; a fresh one with ``was_unreadable`` where that is not what these bytes are."""
    try:
        told = msgspec.json.decode(kept, type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.structs.replace(FRESH, was_unreadable=True)
    return told.condition if told.version == VERSION else msgspec.structs.replace(FRESH, was_unreadable=True)
