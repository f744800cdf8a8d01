"""Keys as the interface shows them: one entry for each key and model.

Rules of this file: pure.  An entry's id is its key's and a digest of the model's, since ids of models have slashes; the
key's own id stands for all of its entries.  What is done to one entry leaves the others as they are shown, but for one
thing: a key that the vendor refused is tried again for all of them.  Source: spec, accounts, 6.1, 6.5.
"""

import hashlib
from typing import Final

import msgspec
from msgspec.structs import replace

from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.standing import switched

_DIGEST_CHARACTERS: Final = 8
_BETWEEN: Final = "."


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One key for one model; ``model`` None where the key names none."""

    id: str
    key: VendorKey
    model: KeyModel | None
    status: KeyStatus


def entries_of(key: VendorKey) -> tuple[Entry, ...]:
    """The entries of a key, in the order of its models."""
    if not key.models:
        return (Entry(id=key.row_id, key=key, model=None, status=key.status),)
    return tuple(
        Entry(id=entry_id(key.row_id, model.id), key=key, model=model, status=_status(key, model))
        for model in key.models
    )


def entry_id(row_id: str, model_id: str) -> str:
    """The id of a key's entry for a model."""
    return f"{row_id}{_BETWEEN}{hashlib.sha256(model_id.encode()).hexdigest()[:_DIGEST_CHARACTERS]}"


def row_id_of(entry_or_row_id: str) -> str:
    """The key that an id belongs to."""
    return entry_or_row_id.partition(_BETWEEN)[0]


def is_there(key: VendorKey, wanted: str) -> bool:
    """Whether ``wanted`` is the id of this key or of one of its entries."""
    return wanted == key.row_id or any(entry.id == wanted for entry in entries_of(key))


def entry_switched(key: VendorKey, wanted: str, *, enabled: bool) -> VendorKey:
    """The key with one entry, or all of it, switched on or off; on means that what stood in its way is forgotten."""
    if wanted == key.row_id:
        models = tuple(replace(model, enabled=True) for model in key.models) if enabled and key.is_off else key.models
        return replace(switched(key, enabled=enabled), models=models)
    is_off = key.status is KeyStatus.DISABLED
    models = tuple(
        replace(model, enabled=enabled if entry_id(key.row_id, model.id) == wanted else model.enabled and not is_off)
        for model in key.models
    )
    if not enabled:
        return key if is_off else replace(key, models=models)
    return replace(switched(key, enabled=True), models=models)


def without_entry(key: VendorKey, wanted: str) -> VendorKey | None:
    """The key without one entry; None where nothing of it is left."""
    left = tuple(model for model in key.models if entry_id(key.row_id, model.id) != wanted)
    return None if wanted == key.row_id or not left else replace(key, models=left)


def _status(key: VendorKey, model: KeyModel) -> KeyStatus:
    return key.status if model.enabled else KeyStatus.DISABLED
