"""What belongs to accounts, kept in memory: for tests that are about something else.

``accounts`` tells which accounts are there; each store passes the contract suite beside it.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

from msgspec.structs import replace

from codex_proxy.accounts.keeping import Cookie, Egresses, EgressHealth, EgressProxy, Home, KeptIdentity

Used = TypeVar("Used", Home, KeptIdentity)


class _UsedLast(Generic[Used]):
    """Keeps what has a ``used_at`` and belongs to an account, by ``key_of`` it."""

    def __init__(self, accounts: Callable[[], Collection[str]]) -> None:
        self._accounts = accounts
        self._kept: dict[tuple[str, ...], Used] = {}

    async def load(self, *, limit: int) -> tuple[Used, ...]:
        return tuple(each for _, each in self._latest_first()[:limit])

    async def keep(self, kept: Sequence[Used]) -> None:
        for each in kept:
            known = self._kept.get(self._key_of(each))
            if each.row_id in self._accounts() and (known is None or each.used_at > known.used_at):
                self._kept[self._key_of(each)] = each

    async def trim(self, *, limit: int) -> int:
        surplus = self._latest_first()[limit:]
        for key, _ in surplus:
            del self._kept[key]
        return len(surplus)

    def _key_of(self, each: Used) -> tuple[str, ...]:
        return each.conversation

    def _latest_first(self) -> list[tuple[tuple[str, ...], Used]]:
        there = [(key, each) for key, each in self._kept.items() if each.row_id in self._accounts()]
        return sorted(there, key=lambda pair: (-pair[1].used_at, pair[0]))


class MemoryAffinityStore(_UsedLast[Home]):
    """Implements ``AffinityStore``."""


class MemoryUpstreamIdentityStore(_UsedLast[KeptIdentity]):
    """Implements ``UpstreamIdentityStore``."""

    def _key_of(self, each: KeptIdentity) -> tuple[str, ...]:
        return (*each.conversation, each.row_id)


class MemoryCookieStore:
    """Implements ``CookieStore``."""

    def __init__(self, accounts: Callable[[], Collection[str]]) -> None:
        self._accounts = accounts
        self._cookies: dict[tuple[str, ...], Cookie] = {}

    async def load(self) -> tuple[Cookie, ...]:
        there = sorted(self._cookies.items())
        return tuple(cookie for _, cookie in there if cookie.row_id in self._accounts())

    async def keep(self, cookies: Sequence[Cookie]) -> None:
        for cookie in cookies:
            if cookie.row_id in self._accounts():
                key = (cookie.row_id, cookie.egress_id, cookie.domain, cookie.path, cookie.name)
                self._cookies[key] = cookie

    async def drop(self, row_id: str, *, egress_id: str | None = None) -> None:
        self._forget(lambda cookie: cookie.row_id == row_id and egress_id in {None, cookie.egress_id})

    async def expire(self, *, now: float) -> None:
        self._forget(lambda cookie: cookie.expires_at is not None and cookie.expires_at <= now)

    def _forget(self, is_over: Callable[[Cookie], bool]) -> None:
        self._cookies = {key: cookie for key, cookie in self._cookies.items() if not is_over(cookie)}


class MemoryEgressStore:
    """Implements ``EgressStore``."""

    def __init__(self, accounts: Callable[[], Collection[str]]) -> None:
        self._accounts = accounts
        self._kept = Egresses()

    async def load(self) -> Egresses:
        there = {row_id: target for row_id, target in self._kept.assignments.items() if row_id in self._accounts()}
        return replace(self._kept, assignments=there)

    async def load_newer(self, revision: int) -> Egresses | None:
        kept = await self.load()
        return None if revision == kept.revision else kept

    async def put(self, proxies: Sequence[EgressProxy]) -> None:
        there = {proxy.proxy_id: proxy for proxy in self._kept.proxies}
        for proxy in proxies:
            before = there.get(proxy.proxy_id)
            health = proxy.health or (before.health if before else None)
            there[proxy.proxy_id] = replace(proxy, health=health)
        self._keep(there)

    async def keep_health(self, healths: Mapping[str, EgressHealth]) -> None:
        there = {proxy.proxy_id: proxy for proxy in self._kept.proxies}
        checked = {key: replace(there[key], health=health) for key, health in healths.items() if key in there}
        self._keep(there | checked)

    async def remove(self, proxy_id: str, *, reassign: str | None) -> tuple[str, ...] | None:
        there = {proxy.proxy_id: proxy for proxy in self._kept.proxies}
        if there.pop(proxy_id, None) is None:
            return None
        named = tuple(sorted(row_id for row_id, target in self._kept.assignments.items() if target == proxy_id))
        self._keep(there)
        await self.assign(dict.fromkeys(named, reassign))
        return named

    async def assign(self, assignments: Mapping[str, str | None]) -> None:
        told = {**self._kept.assignments, **assignments}
        given = {key: target for key, target in told.items() if target is not None and key in self._accounts()}
        self._kept = replace(self._kept, revision=self._kept.revision + 1, assignments=given)

    def _keep(self, proxies: Mapping[str, EgressProxy]) -> None:
        ordered = tuple(proxy for _, proxy in sorted(proxies.items()))
        self._kept = replace(self._kept, revision=self._kept.revision + 1, proxies=ordered)


class MemoryRefreshLocks:
    """Implements ``RefreshLocks`` for one process."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    @contextlib.asynccontextmanager
    async def hold(self, row_id: str, *, wait_seconds: float) -> AsyncIterator[bool]:
        lock = self._locks[row_id]
        held = not lock.locked()
        if held:
            await lock.acquire()
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_seconds):
                    held = await lock.acquire()
        try:
            yield held
        finally:
            if held:
                lock.release()
