"""What follows outside from what happened to accounts: queries, renewals, dropped cookies.

Rules of this file: an effect that is no news any more does nothing; what cannot be done now is left to what will ask
for it again.  Exchanges wait for their own renewals, so that one asked for here is for whoever comes later.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from codex_proxy.accounts.lifecycle.condition import probe_at, standing
from codex_proxy.accounts.lifecycle.effects import (
    BlameEgress,
    DropCookies,
    Effect,
    KeepDeath,
    RequestProbe,
    RequestRefresh,
    StartCooling,
)
from codex_proxy.accounts.lifecycle.hindrances import HindranceKind
from codex_proxy.accounts.pool import AccountPool
from codex_proxy.accounts.record import Death
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.quota.usage import NoSuchAccount, UsageQueries
from codex_proxy.operations.slices import in_slices

EFFECT_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 5.0
QUERIES_AT_ONCE: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectParts:
    """Who does it."""

    pool: AccountPool
    queries: UsageQueries
    clock: Clock
    renew: Callable[[str], None]
    drop_cookies: Callable[[str], Awaitable[None]]
    keep_deaths: Callable[[Mapping[str, Death]], Awaitable[None]]


class Effects:
    """Carries effects out; ``run`` is a job."""

    def __init__(self, parts: EffectParts) -> None:
        self._parts = parts
        self._probes: dict[str, float] = {}
        self._looked_at: float | None = None

    @property
    def probes(self) -> dict[str, float]:
        """When which account's usage is asked for next, as far as anything asked for it."""
        return dict(self._probes)

    async def run(self) -> bool:
        """Do what was asked for since the last time, and make the queries that are due."""
        deaths: dict[str, Death] = {}
        for row_id, effect in self._parts.pool.journal.take_effects():
            if row_id not in self._parts.pool:
                continue
            if isinstance(effect, KeepDeath):
                deaths[row_id] = effect.death
            else:
                await self._do(row_id, effect)
        deaths = {row_id: death for row_id, death in deaths.items() if self._is_closed(row_id)}
        if deaths:
            await self._parts.keep_deaths(deaths)
        now = self._parts.clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            await self._look()
        await self._query_due()
        return True

    async def _look(self) -> None:
        """Find the queries that are due by what is in accounts' way: also what an earlier process left."""
        async for row_id, condition in in_slices(self._parts.pool.conditions(), self._parts.clock):
            at = probe_at(condition)
            if at is not None:
                self._probes[row_id] = at

    async def _do(self, row_id: str, effect: Effect) -> None:
        match effect:
            case RequestProbe(at=at):
                self._probes[row_id] = min(at, self._probes.get(row_id, at))
            case RequestRefresh():
                if self._is_refused(row_id):
                    self._parts.renew(row_id)
            case DropCookies():
                await self._parts.drop_cookies(row_id)
            case StartCooling() | BlameEgress():  # the condition holds the one, exchanges tell the egresses the other
                pass

    def _is_refused(self, row_id: str) -> bool:
        found = self._parts.pool.condition(row_id)
        if found is None:
            return False
        condition, credential = found
        refused = standing(condition, HindranceKind.TOKEN_REFUSED, self._parts.clock.now())
        return refused is not None and not credential.refreshing and credential.has_refresh_token

    def _is_closed(self, row_id: str) -> bool:
        """Whether no login, and no word of its owner's, came since the upstream closed the account."""
        found = self._parts.pool.condition(row_id)
        now = self._parts.clock.now()
        return found is not None and standing(found[0], HindranceKind.DEACTIVATED, now) is not None

    async def _query_due(self) -> None:
        now = self._parts.clock.now()
        due = sorted((at, row_id) for row_id, at in self._probes.items() if at <= now)[:QUERIES_AT_ONCE]
        for _, row_id in due:
            del self._probes[row_id]
        async with asyncio.TaskGroup() as queries:
            for _, row_id in due:
                queries.create_task(self._query(row_id))

    async def _query(self, row_id: str) -> None:
        try:
            await self._parts.queries.ask(row_id)
        except NoSuchAccount:
            return
