"""The handed-out keys in memory follow the store.

Rules of this file: the store is the truth; a change is kept first and counts at once, what another process changed
counts within a second, by ``follow``.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from codex_proxy.access.granted.key import GrantedKey
from codex_proxy.access.granted.ring import GrantedKeys
from codex_proxy.access.granted.store import Change, GrantedKeyStore, Version

FOLLOW_SECONDS: Final = 1.0
_UNREAD: Final[Version] = (-1, -1)


class UnknownClientKey(Exception):
    """There is no handed-out key with this id."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"there is no client key {key_id!r}")


class GrantedKeyBook:
    """Keys between the store and ``ring``, where they are looked up; ``load`` comes first, ``follow`` is for a job."""

    def __init__(self, store: GrantedKeyStore, ring: GrantedKeys) -> None:
        self.store = store
        self.ring = ring
        self._version = _UNREAD
        self._turn = asyncio.Lock()

    def all_keys(self) -> Sequence[GrantedKey]:
        """All keys, oldest first."""
        return tuple(self.ring)

    def find(self, key_id: str) -> GrantedKey:
        """One key; raises ``UnknownClientKey``."""
        key = self.ring.of_id(key_id)
        if key is None:
            raise UnknownClientKey(key_id)
        return key

    async def load(self) -> None:
        """Take in everything that is kept; raises ``StoreUnusable``."""
        await self.follow()

    async def follow(self) -> bool:
        """Take in what changed since; raises ``StoreUnusable``."""
        async with self._turn:
            newer = await self.store.load_newer(self._version)
            if newer is not None:
                self.ring.take(newer.keys)
                self._version = newer.version
        return True

    async def add(self, key: GrantedKey) -> GrantedKey:
        """Keep a new key; raises ``SecretTaken``, ``StoreUnusable``."""
        await self.store.add(key)
        await self.follow()
        return self.find(key.key_id)

    async def change(self, key_id: str, change: Change) -> GrantedKey:
        """Change a key; raises ``UnknownClientKey``, ``SecretTaken``, ``StoreUnusable``."""
        changed = await self.store.change(key_id, change)
        await self.follow()
        if changed is None:
            raise UnknownClientKey(key_id)
        return changed

    async def remove(self, key_id: str) -> None:
        """Forget a key; raises ``UnknownClientKey``, ``StoreUnusable``."""
        was_there = await self.store.remove(key_id)
        await self.follow()
        if not was_there:
            raise UnknownClientKey(key_id)
