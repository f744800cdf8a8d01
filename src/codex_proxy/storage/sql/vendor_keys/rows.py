"""Vendor keys as rows, and back.

Rules of this file: the secret is sealed for its own row; the order of a key's models is kept.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Row

from codex_proxy.storage.sealing.ring import Seal, Unseal
from codex_proxy.storage.sql.tables.metadata import place_of
from codex_proxy.storage.sql.tables.vendor_keys import VENDOR_KEYS
from codex_proxy.vendors.key import KeyModel, KeyStatus, VendorKey
from codex_proxy.vendors.profile import Capability, Wire

STANDING_COLUMNS: Final = ("status", "reason", "cooling_until", "strikes", "last_used_at")
_ELSEWHERE: Final = frozenset({"models", "name", "source", "revision"})


def key_of(row: Row[Any], models: Sequence[Row[Any]], unseal: Unseal) -> VendorKey:
    """The key in a row and the rows of its models, in their order."""
    columns = row._asdict()
    return VendorKey(
        **columns
        | {
            "wire": Wire(row.wire),
            "status": KeyStatus(row.status),
            "secret": unseal(row.secret, place_of(VENDOR_KEYS.c.secret, row.row_id)),
            "models": tuple(map(_model_of, models)),
        }
    )


def columns_of(key: VendorKey, seal: Seal, *, before: VendorKey | None = None) -> dict[str, Any]:
    """The columns to write: all of a new key, of one that was there before those that differ."""
    columns, known = _plain(key), {} if before is None else _plain(before)
    changed = {name: value for name, value in columns.items() if name not in known or known[name] != value}
    if "secret" in changed:
        changed["secret"] = seal(key.secret, place_of(VENDOR_KEYS.c.secret, key.row_id))
    return changed


def model_rows(key: VendorKey) -> list[dict[str, Any]]:
    """The rows of a key's models."""
    return [
        {
            "row_id": key.row_id,
            "model_id": model.id,
            "position": position,
            "display_name": model.display_name,
            "capabilities": " ".join(model.capabilities),
            "enabled": model.enabled,
        }
        for position, model in enumerate(key.models)
    ]


def _plain(key: VendorKey) -> dict[str, Any]:
    told = {name: value for name, value in msgspec.structs.asdict(key).items() if name not in _ELSEWHERE}
    return told | {"wire": key.wire.value, "status": key.status.value}


def _model_of(row: Row[Any]) -> KeyModel:
    return KeyModel(
        id=row.model_id,
        display_name=row.display_name,
        capabilities=tuple(map(Capability, row.capabilities.split())),
        enabled=row.enabled,
    )
