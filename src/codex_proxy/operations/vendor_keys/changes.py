"""Vendor keys as their owner changes them.

Rules of this file: what cannot be used is refused before anything is kept, in the words of its field; a change counts
from the next request on.  No change ever takes a secret to another address: who wants another base URL tells the key
again.  Source: spec, accounts, 6.3, 6.5; decisions, 11.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from codex_proxy.operations.vendor_keys.book import KeyBook
from codex_proxy.operations.vendor_keys.parts import AddressRules, UnknownKey
from codex_proxy.vendors.entries import entries_of, entry_switched, without_entry
from codex_proxy.vendors.key import KeySource, VendorKey
from codex_proxy.vendors.store import is_same
from codex_proxy.vendors.telling import InvalidKey, Profiles, ToldKey, clean_label, key_of


class Added(msgspec.Struct, frozen=True, kw_only=True):
    """What became of keys that were told: entries that are new, entries that were there, and the rows that are none."""

    added: int
    updated: int
    errors: tuple[str, ...] = ()
    keys: tuple[VendorKey, ...] = ()


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries went, and the ids of which there is none."""

    deleted: int
    not_found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeParts:
    """What the changes work with; ``now`` is epoch seconds, ``new_id`` 16 hex digits."""

    book: KeyBook
    profiles: Profiles
    addresses: AddressRules
    now: Callable[[], float]
    new_id: Callable[[], str]


class KeyChanges:
    """Changes of keys; every one raises ``StoreUnusable``.

    Ids are a key's or an entry's; one that is not there raises ``UnknownKey``, one of the configuration's
    ``KeyConfigured``.
    """

    def __init__(self, parts: ChangeParts) -> None:
        self._parts = parts

    def read(self, told: ToldKey) -> VendorKey:
        """The key that is told, before it is kept; raises ``InvalidKey``."""
        parts = self._parts
        key = key_of(told, parts.profiles, row_id=parts.new_id(), now=parts.now())
        objection = parts.addresses.objection(key.base_url, allow_private=key.allow_private)
        if objection is not None:
            raise InvalidKey("baseUrl", objection)
        return key

    async def add(self, told: ToldKey) -> Added:
        """Keep one key; one that is there already gets the models it lacks.  Raises ``InvalidKey``."""
        return await self._keep([self._new(told)], ())

    async def add_all(self, told: Sequence[ToldKey | str]) -> Added:
        """Keep many; texts among them say why a row is none.  A row that cannot be used holds up no other one."""
        keys, errors = [], []
        for number, each in enumerate(told, start=1):
            try:
                keys.append(self._read_row(each))
            except InvalidKey as error:
                errors.append(f"key {number}: {error}")
        return await self._keep(keys, tuple(errors))

    async def label(self, wanted: str, label: str | None) -> None:
        """Name a key; None takes the name away.  Raises ``InvalidKey``."""
        clean = clean_label(label)
        await self._change(wanted, lambda key: replace(key, label=clean))

    async def switch(self, wanted: str, *, enabled: bool) -> None:
        """Switch an entry, or a whole key, on or off; on forgets what stood in its way."""
        await self._change(wanted, lambda key: entry_switched(key, wanted, enabled=enabled))

    async def remove(self, wanted: str) -> None:
        """Remove an entry, or a whole key."""
        self._parts.book.find_kept(wanted)
        await self.remove_all([wanted])

    async def remove_all(self, wanted: Sequence[str]) -> Removed:
        """Remove entries and keys; ids that are not there are told, those of the configuration are refused."""
        by_row: defaultdict[str, list[str]] = defaultdict(list)
        deleted, not_found = 0, []
        for each in dict.fromkeys(wanted):
            try:
                key = self._parts.book.find_kept(each)
            except UnknownKey:
                not_found.append(each)
                continue
            by_row[key.row_id].append(each)
            deleted += len(entries_of(key)) if each == key.row_id else 1

        def change(key: VendorKey) -> VendorKey | None:
            left: VendorKey | None = key
            for each in by_row[key.row_id]:
                left = None if left is None else without_entry(left, each)
            return left

        if by_row:
            await self._parts.book.change(by_row, change)
        return Removed(deleted=deleted, not_found=tuple(not_found))

    # -------------------------------------------------------------------------------------------------- within

    def _read_row(self, told: ToldKey | str) -> VendorKey:
        if isinstance(told, str):
            raise InvalidKey("entry", told)
        return self._new(told)

    def _new(self, told: ToldKey) -> VendorKey:
        key = self.read(told)
        for other in self._parts.book.all_keys():
            if other.source is KeySource.SETTINGS and is_same(other, key):
                raise InvalidKey("apiKey", f"local.yaml has this key already, as {other.called}")
        return key

    async def _keep(self, keys: Sequence[VendorKey], errors: tuple[str, ...]) -> Added:
        kept = await self._parts.book.add(keys) if keys else ()
        added = sum(len(each.new_models) or (each.before is None) for each in kept)
        told = sum(max(1, len(key.models)) for key in keys)
        changed = {each.key.row_id: each.key for each in kept}
        return Added(added=added, updated=told - added, errors=errors, keys=tuple(changed.values()))

    async def _change(self, wanted: str, change: Callable[[VendorKey], VendorKey]) -> None:
        key = self._parts.book.find_kept(wanted)
        await self._parts.book.change([key.row_id], change)
