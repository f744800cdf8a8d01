"""The port behind which vendor keys are kept, and what every store of them does with a key that is there already.

Rules of this file: pure values and one protocol; an implementation writes the columns that differ and no others, and
every change of a key takes a revision of its own.  How a key stands is written aside: it never overwrites what its
owner changed meanwhile.  All implementations pass one contract suite (``tests/stores``); every method raises
``StoreUnusable``.  Keys of the configuration are never kept.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import msgspec
from msgspec.structs import replace

from codex_proxy.vendors.key import KeyModel, VendorKey

Version: TypeAlias = tuple[int, int]
"""Tells whether anything changed; no two states of a store have the same."""

Change: TypeAlias = Callable[[VendorKey], VendorKey | None]
"""What becomes of a key; None removes it.  Pure, and called in another thread."""


class KeptKeys(msgspec.Struct, frozen=True, kw_only=True):
    """All keys, oldest first."""

    version: Version = (0, 0)
    keys: tuple[VendorKey, ...] = ()


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is kept now, and as it was before; ``before`` None where it is new."""

    key: VendorKey
    before: VendorKey | None = None

    @property
    def new_models(self) -> tuple[str, ...]:
        """Ids of the models that it has not had before."""
        known = {model.id for model in self.before.models} if self.before is not None else frozenset[str]()
        return tuple(model.id for model in self.key.models if model.id not in known)


class VendorKeyStore(Protocol):
    """Keeps vendor keys."""

    async def load(self) -> KeptKeys:
        """Every key."""
        ...

    async def load_newer(self, version: Version) -> KeptKeys | None:
        """Every key, where anything but their standing changed since ``version``, by whichever process; else None."""
        ...

    async def add(self, keys: Sequence[VendorKey]) -> tuple[Kept, ...]:
        """Keep keys, in one step; one that is there already (``is_same``) is ``joined`` with the one that is."""
        ...

    async def change(self, row_ids: Sequence[str], change: Change) -> tuple[VendorKey, ...]:
        """Change or remove keys, in one step; those that are left.  Ids that are not there are passed over."""
        ...

    async def keep_standing(self, keys: Sequence[VendorKey]) -> None:
        """Keep how keys stand and when they were used, of those that are still at the same revision."""
        ...


def is_same(one: VendorKey, other: VendorKey) -> bool:
    """Whether two keys are one: the same secret for the same vendor, at the same address, on the same wire."""
    members = ("vendor", "base_url", "wire", "secret")
    return all(getattr(one, name) == getattr(other, name) for name in members)


def joined(known: VendorKey, told: VendorKey) -> VendorKey:
    """A key that is there after it was told again: with more models, a new label, leave for private addresses.

    What stands in its way and what its owner switched off stays.
    """
    models = {model.id: model for model in known.models}
    for model in told.models:
        before = models.get(model.id)
        models[model.id] = model if before is None else _retold(before, model)
    return replace(
        known,
        models=tuple(models.values()),
        label=told.label if told.label is not None else known.label,
        allow_private=known.allow_private or told.allow_private,
    )


def _retold(before: KeyModel, told: KeyModel) -> KeyModel:
    return replace(told, display_name=told.display_name or before.display_name, enabled=before.enabled)
