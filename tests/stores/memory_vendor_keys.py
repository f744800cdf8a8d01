"""Vendor keys kept in memory: for tests that are about something else.  It passes the contract suite beside it."""

from collections.abc import Sequence

from msgspec.structs import replace

from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.store import Change, Kept, KeptKeys, Version, is_same, joined


class MemoryVendorKeyStore:
    """Implements ``VendorKeyStore``."""

    def __init__(self) -> None:
        self._keys: dict[str, VendorKey] = {}
        self._revision = 0

    async def load(self) -> KeptKeys:
        keys = sorted(self._keys.values(), key=lambda each: (each.added_at, each.row_id))
        return KeptKeys(version=self._version, keys=tuple(keys))

    async def load_newer(self, version: Version) -> KeptKeys | None:
        return None if version == self._version else await self.load()

    async def add(self, keys: Sequence[VendorKey]) -> tuple[Kept, ...]:
        kept = []
        for key in keys:
            known = next((each for each in self._keys.values() if is_same(each, key)), None)
            after = self._written(None, key) if known is None else self._written(known, joined(known, key))
            kept.append(Kept(key=after, before=known))
        return tuple(kept)

    async def change(self, row_ids: Sequence[str], change: Change) -> tuple[VendorKey, ...]:
        left = []
        for before in [self._keys[row_id] for row_id in dict.fromkeys(row_ids) if row_id in self._keys]:
            after = change(before)
            if after is None:
                del self._keys[before.row_id]
            else:
                left.append(self._written(before, after))
        return tuple(left)

    async def keep_standing(self, keys: Sequence[VendorKey]) -> None:
        for key in keys:
            known = self._keys.get(key.row_id)
            if known is not None and known.revision == key.revision:
                self._keys[key.row_id] = replace(
                    known,
                    status=key.status,
                    reason=key.reason,
                    cooling_until=key.cooling_until,
                    strikes=key.strikes,
                    last_used_at=key.last_used_at,
                )

    @property
    def _version(self) -> Version:
        return len(self._keys), max((key.revision for key in self._keys.values()), default=0)

    def _written(self, before: VendorKey | None, after: VendorKey) -> VendorKey:
        if before == after:
            return after
        self._revision += 1
        written = replace(after, revision=self._revision)
        self._keys[written.row_id] = written
        return written
