"""Vendor keys with everything around them, in memory."""

from collections.abc import Collection, Mapping
from itertools import count
from typing import Any

from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.gateway.ports import Route
from codex_proxy.operations.vendor_keys.book import BookParts, KeyBook
from codex_proxy.operations.vendor_keys.catalogue import VendorCatalogue
from codex_proxy.operations.vendor_keys.changes import ChangeParts, KeyChanges
from codex_proxy.operations.vendor_keys.lists import KeptList, ListParts, ListsUnkept, ModelLists
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from codex_proxy.vendors.key import VendorKey
from codex_proxy.vendors.store import Change, Kept
from codex_proxy.vendors.telling import ToldKey
from tests.gateway.scene import FakeClock
from tests.stores.memory_vendor_keys import MemoryVendorKeyStore
from tests.vendors.samples import SECRET
from tests.vendors.test_telling import PROFILES


class Store(MemoryVendorKeyStore):
    """Refuses to write while it is ``broken``."""

    broken = False

    async def add(self, keys: Any) -> tuple[Kept, ...]:
        self._refuse()
        return await super().add(keys)

    async def change(self, row_ids: Any, change: Change) -> tuple[VendorKey, ...]:
        self._refuse()
        return await super().change(row_ids, change)

    async def keep_standing(self, keys: Any) -> None:
        self._refuse()
        await super().keep_standing(keys)

    def _refuse(self) -> None:
        if self.broken:
            raise StoreUnusable("the disk is full")


class Addresses:
    """Implements ``AddressRules``: metadata never, this machine with leave."""

    def objection(self, base_url: str, *, allow_private: bool) -> str | None:
        if "169.254" in base_url:
            return "it leads to a forbidden address"
        return "it leads to a private address" if "127.0.0.1" in base_url and not allow_private else None


class Keeper:
    """Implements ``ListKeeper`` in memory; refuses while it is ``broken``."""

    def __init__(self) -> None:
        self.kept: Mapping[str, KeptList] = {}
        self.broken = False

    def load(self) -> Mapping[str, KeptList]:
        if self.broken:
            raise ListsUnkept("the file cannot be read")
        return self.kept

    def keep(self, lists: Mapping[str, KeptList]) -> None:
        if self.broken:
            raise ListsUnkept("the disk is full")
        self.kept = dict(lists)


class Stage:
    """Everything over one store."""

    def __init__(self, *configured: VendorKey, store: Store | None = None, list_seconds: float = 5.0) -> None:
        self.clock = FakeClock()
        self.store = store or Store()
        self.transport = ScriptedTransport()
        self.keeper = Keeper()
        self.gone: list[str] = []
        self.complaints: list[str] = []
        self.numbers = count(1)
        self.book = KeyBook(BookParts(store=self.store, configured=configured, gone=self._gone))
        self.changes = KeyChanges(
            ChangeParts(
                book=self.book,
                profiles=PROFILES,
                addresses=Addresses(),
                now=self.clock.now,
                new_id=lambda: f"{next(self.numbers):016x}",
            )
        )
        self.lists = ModelLists(
            ListParts(
                transport=self.transport,
                route_of=lambda key: Route(base_url=key.base_url, account_id=key.row_id),
                keeper=self.keeper,
                profiles=PROFILES,
                clock=self.clock,
                complain=lambda where, error: self.complaints.append(f"{where}: {error}"),
                total_seconds=list_seconds,
            )
        )
        self.catalogue = VendorCatalogue(profiles=PROFILES, lists=self.lists)

    async def _gone(self, row_ids: Collection[str]) -> None:
        self.gone += sorted(row_ids)

    async def add(self, *models: str, **members: Any) -> VendorKey:
        """A key that is kept."""
        (key,) = (await self.changes.add(told(*models, **members))).keys
        return key


def told(*models: str, **members: Any) -> ToldKey:
    """A key as the interface tells it."""
    given: dict[str, Any] = {"provider": "openai", "api_key": SECRET, "models": models}
    return ToldKey(**(given | members))


def replied(body: bytes, status: int = 200, **headers: str) -> ScriptedReply:
    """One answer of a vendor."""
    return ScriptedReply(status=status, headers=headers, body=(Piece(body[:5]), Piece(body[5:])))
