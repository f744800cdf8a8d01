"""A vendor key: our credential for a third-party API, the models it is for, and how it stands.

Rules of this file: pure values; the secret never shows in a text.  What the owner wants and what the vendor said are
one ``status`` here, since both ask for the owner: ``disabled`` is the owner's word, ``error`` the vendor's.  A key that
rests for a while is ``active`` all the same.  Times are epoch seconds (UTC).
"""

from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.vendors.profile import Capability, Wire

CUSTOM: Final = "custom"
"""The vendor of keys for an address that no profile names."""

_SHOWN_CHARACTERS: Final = 4
_SHORTEST_SHOWN: Final = 16  # a shorter one would show half of itself
_MASK: Final = "****"


class KeyStatus(StrEnum):
    """Whether a key is to be used."""

    ACTIVE = "active"
    DISABLED = "disabled"
    ERROR = "error"


class KeySource(StrEnum):
    """Where a key is kept: in the store, or in the owner's configuration."""

    STORE = "store"
    SETTINGS = "settings"


class KeyModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model that a key is for; ``id`` is the vendor's own."""

    id: str
    display_name: str = ""
    capabilities: tuple[Capability, ...] = (Capability.CHAT,)
    enabled: bool = True


class VendorKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key.

    ``base_url`` ends without a slash.  ``reason`` is what the vendor said last against the key; ``cooling_until`` is
    until when it rests, and stays after its end as the memory of when that was; ``strikes`` counts the rests since the
    last success.  ``allow_private`` lets its address be a private one.  ``name`` is what the configuration calls a key
    of its own.  ``revision`` grows with every change of the row.
    """

    row_id: str
    vendor: str
    base_url: str
    wire: Wire
    secret: str
    label: str | None = None
    status: KeyStatus = KeyStatus.ACTIVE
    reason: str | None = None
    cooling_until: float | None = None
    strikes: int = 0
    added_at: float = 0.0
    last_used_at: float | None = None
    models: tuple[KeyModel, ...] = ()
    allow_private: bool = False
    revision: int = 0
    name: str | None = None
    source: KeySource = KeySource.STORE

    def __repr__(self) -> str:
        return f"VendorKey(row_id={self.row_id!r}, vendor={self.vendor!r}, status={self.status.value!r})"

    @property
    def called(self) -> str:
        """The name under which models of this key are asked for: the configuration's, else the vendor's."""
        return self.name or self.vendor

    @property
    def masked(self) -> str:
        """The secret as it may be shown: its first and last four characters, none of a short one."""
        if len(self.secret) < _SHORTEST_SHOWN:
            return _MASK
        return f"{self.secret[:_SHOWN_CHARACTERS]}{_MASK}{self.secret[-_SHOWN_CHARACTERS:]}"

    @property
    def is_off(self) -> bool:
        """Whether its owner switched it off, as a whole or model by model."""
        is_emptied = bool(self.models) and not any(model.enabled for model in self.models)
        return self.status is KeyStatus.DISABLED or is_emptied

    def model(self, model_id: str) -> KeyModel | None:
        """What the key says of this model; None where it does not list it."""
        return next((model for model in self.models if model.id == model_id), None)

    def is_named(self, vendor: str) -> bool:
        """Whether ``vendor`` in front of a model's name means keys like this one."""
        return vendor in {self.vendor, self.name}

    def is_cooling(self, now: float) -> bool:
        """Whether it rests now."""
        return self.cooling_until is not None and now < self.cooling_until
