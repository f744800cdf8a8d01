"""The vendors of a capsule as they are played: a key for each that took part.

Rules of this file: secrets are nobody's, and addresses on this machine; what the capsule says of a vendor is
checked as the owner's own configuration is; keys are asked in the order in which they were asked then.
"""

import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from codex_proxy.operations.capsules.capsule import AskedKey, CapsuleUnusable
from codex_proxy.operations.capsules.replay import ReplayedKey
from codex_proxy.simulator.app import PREFIX
from codex_proxy.simulator.vendors.service import PREFIX as VENDORS
from codex_proxy.vendors.key import CUSTOM, KeyModel, KeySource, KeyStatus, VendorKey
from codex_proxy.vendors.profile import Capability, Wire

_ROW_ID_PREFIX: Final = "settings-"
_PROFILE_MEMBERS: Final = frozenset({"profile", "quirks", "families", "paths"})


def played_url(base_url: str, number: int) -> str:
    """The address of the vendor with this number, beside a simulated backend's."""
    return f"{base_url.removesuffix(PREFIX)}{VENDORS}{number}"


def played_keys(played: Sequence[ReplayedKey], base_url: str) -> tuple[VendorKey, ...]:
    """The keys; raises ``CapsuleUnusable`` where the capsule tells of none that could be."""
    keys = [
        _key(each.key, base_url=played_url(base_url, number), turn=float(number)) for number, each in enumerate(played)
    ]
    there = {key.row_id for key in keys}
    idle = [key for key in map(_idle, keys) if key.row_id not in there]
    return (*keys, *idle)


def played_providers(played: Sequence[ReplayedKey], base_url: str) -> dict[str, Any]:
    """What the owner said of the vendors, as ``providers`` says it."""
    entries = {
        each.key.name or each.key.vendor: _entry(each.key, played_url(base_url, number))
        for number, each in enumerate(played)
        if each.key.name is not None or each.key.profile is not None
    }
    return {CUSTOM: entries} if entries else {}


def _key(told: AskedKey, *, base_url: str, turn: float) -> VendorKey:
    try:
        models = tuple(
            KeyModel(id=model.id, capabilities=tuple(Capability(one) for one in model.capabilities))
            for model in told.models
        )
        wire = Wire(told.wire)
    except ValueError as error:
        raise CapsuleUnusable(f"a vendor key of the capsule cannot be used: {error}") from error
    return VendorKey(
        row_id=told.row_id,
        vendor=told.vendor,
        name=told.name,
        base_url=base_url,
        wire=wire,
        secret=secrets.token_urlsafe(),
        models=models,
        allow_private=True,
        last_used_at=turn,
        source=KeySource.SETTINGS,
    )


def _idle(key: VendorKey) -> VendorKey:
    """The key that comes with an entry of ``providers`` and took no part."""
    return msgspec.structs.replace(key, row_id=f"{_ROW_ID_PREFIX}{key.called}", status=KeyStatus.DISABLED)


def _entry(told: AskedKey, base_url: str) -> dict[str, Any]:
    members = {name: value for name, value in (told.profile or {}).items() if name in _PROFILE_MEMBERS}
    return members | {
        "base_url": base_url,
        "wire": told.wire,
        "api_key": secrets.token_urlsafe(),
        "allow_private": True,
    }
