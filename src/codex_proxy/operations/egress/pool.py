"""The pool of egress proxies as its owner changes it.

Rules of this file: a change is kept first and counts at once; what another process changed counts within a second, by
``follow``.  Two proxies never have one address.  Passwords stay in addresses: no name and no error holds one.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from codex_proxy.accounts.egress.ways import Mode
from codex_proxy.accounts.keeping import Egresses, EgressHealth, EgressProxy, EgressStore
from codex_proxy.operations.egress.addresses import InvalidProxy, ProxyAddress, masked_url, parse_proxy
from codex_proxy.operations.egress.book import EgressBook, assigned_anew
from codex_proxy.operations.egress.formats import BadRow, ListedProxy, clean_name, read_list, write_list

FOLLOW_SECONDS: Final = 1.0
UNCHECKED: Final = EgressHealth(checked_at=0.0)
"""The health of a proxy whose address is new: what was found at the old one says nothing of it."""
_MASK: Final = "***"


class NoSuchProxy(Exception):
    """There is no proxy with this id."""

    def __init__(self, proxy_id: str) -> None:
        super().__init__(f"there is no proxy {proxy_id!r}")


class NoSuchTarget(NoSuchProxy):
    """What an account is to leave by is neither a proxy's id nor a mode's word."""


class AddressTaken(Exception):
    """Another proxy has this address."""

    def __init__(self, other: EgressProxy) -> None:
        super().__init__(f"the proxy {other.name} has this address already")


class ProxyInUse(Exception):
    """Accounts leave through the proxy, and nobody said where they go; ``row_ids`` are those accounts."""

    def __init__(self, row_ids: Sequence[str]) -> None:
        super().__init__(f"accounts leave through it ({len(row_ids)}): say where they go (reassign)")
        self.row_ids = tuple(row_ids)


class ImportOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a list: how many proxies are new, how many were there already, and the rows that are none."""

    added: int
    updated: int
    errors: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolParts:
    """What the pool works with.

    ``taken`` is told that the book knows something new, of these accounts or of any (None); ``rerouted`` which accounts
    leave another way from now on.
    """

    store: EgressStore
    book: EgressBook
    now: Callable[[], float]
    new_id: Callable[[], str]
    taken: Callable[[Collection[str] | None], None]
    rerouted: Callable[[Collection[str]], Awaitable[None]]


class ProxyPool:
    """Use cases over proxies; every method that changes something raises ``StoreUnusable``.  ``load`` comes first."""

    def __init__(self, parts: PoolParts) -> None:
        self._parts = parts

    @property
    def proxies(self) -> tuple[EgressProxy, ...]:
        """All of them, oldest first."""
        return tuple(sorted(self._kept.proxies, key=lambda proxy: (proxy.added_at, proxy.name, proxy.proxy_id)))

    @property
    def assignments(self) -> Mapping[str, str]:
        """A proxy's id or a mode's word, by row id; accounts that are not here leave the global way."""
        return self._kept.assignments

    async def load(self) -> None:
        """Take in everything that is kept."""
        await self._take(await self._parts.store.load())

    async def follow(self) -> bool:
        """Take in what another process changed; for a job.  Raises ``StoreUnusable``."""
        newer = await self._parts.store.load_newer(self._kept.revision)
        if newer is not None:
            await self._take(newer)
        return True

    def find(self, proxy_id: str) -> EgressProxy:
        """One proxy; raises ``NoSuchProxy``."""
        found = next((proxy for proxy in self._kept.proxies if proxy.proxy_id == proxy_id), None)
        if found is None:
            raise NoSuchProxy(proxy_id)
        return found

    async def add(self, address: ProxyAddress, *, name: str = "") -> EgressProxy:
        """A new proxy; one that has this address already is enabled, and renamed where there is a name."""
        await self.follow()
        proxy = self._added(ListedProxy(address=address, name=name), {proxy.url: proxy for proxy in self._kept.proxies})
        await self._put(proxy)
        return self.find(proxy.proxy_id)

    async def change(self, proxy_id: str, *, name: str | None = None, url: str | None = None) -> EgressProxy:
        """Another name, another address, or both; what is None stays.

        An address with three stars for its password keeps the password, where nothing else of it changed.

        Raises:
            NoSuchProxy: see there.
            InvalidProxy: the address is none.
            AddressTaken: see there.
        """
        await self.follow()
        before = self.find(proxy_id)
        address = parse_proxy(before.url) if url is None else _with_kept_password(parse_proxy(url), before)
        other = next((proxy for proxy in self._kept.proxies if proxy.url == address.url), before)
        if other.proxy_id != proxy_id:
            raise AddressTaken(other)
        changed = msgspec.structs.replace(
            before,
            name=clean_name(before.name if name is None else name, address),
            url=address.url,
            health=before.health if address.url == before.url else UNCHECKED,
        )
        await self._put(changed)
        return self.find(proxy_id)

    async def enable(self, proxy_id: str, *, enabled: bool) -> EgressProxy:
        """Let accounts leave through it, or not; raises ``NoSuchProxy``."""
        await self.follow()
        await self._put(msgspec.structs.replace(self.find(proxy_id), enabled=enabled))
        return self.find(proxy_id)

    async def remove(self, proxy_id: str, *, reassign: str | None = None) -> tuple[str, ...]:
        """Remove a proxy; the row ids of its accounts, which from now on leave by ``reassign``, a mode or a proxy's id.

        Raises:
            NoSuchProxy: there is no such proxy.
            NoSuchTarget: ``reassign`` names no other one.
            ProxyInUse: accounts leave through it and ``reassign`` is None.
        """
        await self.follow()
        self.find(proxy_id)
        row_ids = sorted(row_id for row_id, target in self.assignments.items() if target == proxy_id)
        if row_ids and reassign is None:
            raise ProxyInUse(row_ids)
        target = None if reassign is None else self.target_of(reassign)
        if target == proxy_id:
            raise NoSuchTarget(proxy_id)
        removed = await self._parts.store.remove(proxy_id, reassign=target)
        await self.load()
        return removed or ()

    def export(self) -> str:
        """All proxies as YAML, with passwords."""
        return write_list(self.proxies)

    async def take_list(self, content: bytes) -> ImportOutcome:
        """Add the proxies of a file.

        Raises:
            UnreadableList: it is no list of proxies.
        """
        listed, errors = await asyncio.to_thread(read_list, content)
        await self.follow()
        there = {proxy.url: proxy for proxy in self._kept.proxies}
        count = len(there)
        changed = {proxy.proxy_id: proxy for proxy in (self._added(each, there) for each in listed)}
        await self._put(*changed.values())
        return ImportOutcome(added=len(there) - count, updated=len(changed) - (len(there) - count), errors=errors)

    async def keep_health(self, healths: Mapping[str, EgressHealth]) -> None:
        """Keep what checks found, by proxy id."""
        await self._parts.store.keep_health(healths)
        await self.load()

    async def keep_assignments(self, assignments: Mapping[str, str | None]) -> None:
        """Keep ways out, by row id, as ``target_of`` gives them."""
        if assignments:
            await self._parts.store.assign(assignments)
            await self.load()

    def target_of(self, proxy_id: str) -> str | None:
        """What is kept for an assignment to a mode's word or a proxy's id; raises ``NoSuchTarget``."""
        if proxy_id == Mode.GLOBAL:
            return None
        if proxy_id not in {Mode.DIRECT, Mode.AUTO, *(proxy.proxy_id for proxy in self._kept.proxies)}:
            raise NoSuchTarget(proxy_id)
        return proxy_id

    # -------------------------------------------------------------------------------------------------- within

    @property
    def _kept(self) -> Egresses:
        return self._parts.book.egresses

    def _added(self, listed: ListedProxy, there: dict[str, EgressProxy]) -> EgressProxy:
        """The proxy of a row, new or as it is ``there`` already, by address; it is there afterwards."""
        url = listed.address.url
        known = there.get(url)
        if known is None:
            proxy = EgressProxy(
                proxy_id=self._parts.new_id(),
                name=clean_name(listed.name, listed.address),
                url=url,
                enabled=listed.enabled,
                added_at=self._parts.now(),
            )
        else:
            name = clean_name(listed.name, listed.address) if listed.name else known.name
            proxy = msgspec.structs.replace(known, name=name, enabled=listed.enabled)
        there[url] = proxy
        return proxy

    async def _put(self, *proxies: EgressProxy) -> None:
        """Keep proxies; what checks found of them stays with the store, which may know something newer."""
        told = [each if each.health is UNCHECKED else msgspec.structs.replace(each, health=None) for each in proxies]
        if told:
            await self._parts.store.put(told)
            await self.load()

    async def _take(self, egresses: Egresses) -> None:
        book = self._parts.book
        if egresses.revision < self._kept.revision:
            return
        anew = assigned_anew(self._kept, egresses)
        named = {*self._kept.assignments, *egresses.assignments} if anew is None else anew
        before = {row_id: book.way(row_id) for row_id in named}
        book.take(egresses)
        self._parts.taken(anew)
        moved = [row_id for row_id in sorted(named) if book.way(row_id) != before[row_id]]
        if moved:
            await self._parts.rerouted(moved)


def _with_kept_password(address: ProxyAddress, before: EgressProxy) -> ProxyAddress:
    if address.password != _MASK:
        return address
    if address.masked != masked_url(before.url):
        raise InvalidProxy("password", "it has to be given anew with another address")
    return parse_proxy(before.url)
