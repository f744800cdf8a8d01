"""The vendor keys in memory follow the store, and how they stand is written back.

Rules of this file: the store is the truth about which keys there are and what their owner wants of them; how they stand
and when they were used is the memory's, written in batches, and what could not be written is written the next time.
A change is kept first and counts at once; what another process changed counts within a second, by ``follow``.  Keys of
the configuration are in memory only.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.operations.vendor_keys.parts import KeyConfigured, UnknownKey
from codex_proxy.vendors.entries import is_there, row_id_of
from codex_proxy.vendors.key import KeySource, VendorKey
from codex_proxy.vendors.pool import VendorPool
from codex_proxy.vendors.store import Change, Kept, KeptKeys, VendorKeyStore, Version

FOLLOW_SECONDS: Final = 1.0
WRITE_SECONDS: Final = 2.0
_UNREAD: Final[Version] = (-1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookParts:
    """What the book works with; ``gone`` hears the row ids of keys that are not there any more."""

    store: VendorKeyStore
    configured: Sequence[VendorKey]
    gone: Callable[[Collection[str]], Awaitable[None]]


class KeyBook:
    """Keys between the store and the pool; ``load`` comes first, ``follow`` and ``write`` are for jobs."""

    def __init__(self, parts: BookParts) -> None:
        self._parts = parts
        self._version = _UNREAD
        self._dirty: set[str] = set()
        self._turn = asyncio.Lock()
        self.pool = VendorPool(changed=self._note)
        for key in parts.configured:
            self.pool.put(key)

    def all_keys(self) -> tuple[VendorKey, ...]:
        """All keys: the configuration's in its order, then the others, oldest first."""
        return tuple(sorted(self.pool.all_keys(), key=_order))

    def find(self, entry_or_row_id: str) -> VendorKey:
        """The key that an id is of; raises ``UnknownKey``."""
        key = self.pool.find(row_id_of(entry_or_row_id))
        if key is None or not is_there(key, entry_or_row_id):
            raise UnknownKey(entry_or_row_id)
        return key

    def find_kept(self, entry_or_row_id: str) -> VendorKey:
        """The same, to be changed; raises ``KeyConfigured`` as well."""
        key = self.find(entry_or_row_id)
        if key.source is KeySource.SETTINGS:
            raise KeyConfigured(key.called)
        return key

    async def load(self) -> None:
        """Take in everything that is kept; raises ``StoreUnusable``."""
        async with self._turn:
            await self._take(await self._parts.store.load())

    async def follow(self) -> bool:
        """Take in what another process changed; raises ``StoreUnusable``."""
        async with self._turn:
            newer = await self._parts.store.load_newer(self._version)
            if newer is not None:
                await self._take(newer)
        return True

    async def write(self) -> bool:
        """Write how keys stand, where that changed.

        Raises:
            StoreUnusable: it could not be written and will be the next time.
        """
        async with self._turn:
            await self._write()
        return True

    async def add(self, keys: Sequence[VendorKey]) -> tuple[Kept, ...]:
        """Keep keys; raises ``StoreUnusable``."""
        async with self._turn:
            await self._write()
            kept = await self._parts.store.add(keys)
            for each in kept:
                self.pool.put(each.key)
        return kept

    async def change(self, row_ids: Collection[str], change: Change) -> None:
        """Change or remove kept keys; raises ``StoreUnusable``."""
        async with self._turn:
            await self._write()  # so that what is changed is how the key stands now
            left = {key.row_id: key for key in await self._parts.store.change([*row_ids], change)}
            for key in left.values():
                self.pool.put(key)
            await self._drop(set(row_ids) - left.keys())

    # -------------------------------------------------------------------------------------------------- within

    def _note(self, key: VendorKey) -> None:
        if key.source is KeySource.STORE:
            self._dirty.add(key.row_id)

    async def _write(self) -> None:
        dirty, self._dirty = self._dirty, set()
        found = [self.pool.find(row_id) for row_id in sorted(dirty)]
        standing = [key for key in found if key is not None]
        if not standing:
            return
        try:
            await self._parts.store.keep_standing(standing)
        except StoreUnusable:
            self._dirty |= dirty
            raise

    async def _take(self, kept: KeptKeys) -> None:
        known = {key.row_id for key in self.pool.all_keys() if key.source is KeySource.STORE}
        for key in kept.keys:
            live = self.pool.find(key.row_id)
            if live is None or key.revision > live.revision:
                self.pool.put(key)
        await self._drop(known - {key.row_id for key in kept.keys})
        self._version = kept.version

    async def _drop(self, row_ids: Collection[str]) -> None:
        for row_id in row_ids:
            self.pool.remove(row_id)
        if row_ids:
            await self._parts.gone(row_ids)


def _order(key: VendorKey) -> tuple[bool, float, str]:
    is_kept = key.source is KeySource.STORE
    return is_kept, key.added_at, key.row_id if is_kept else ""  # the configuration's are in its own order already
