"""Handed-out keys as they are shown: their terms, and what is used and left of them.

Rules of this file: names are the wire's; no secret is shown, times are ISO 8601, money is dollars.  What is left counts
what running requests hold back as used.  Source: spec, accounts, 7.3.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from codex_proxy.access.granted.budgets import MICRO, Budget, Unit
from codex_proxy.access.granted.key import GrantedKey
from codex_proxy.access.granted.periods import Period, period_end
from codex_proxy.access.granted.store import Standing
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.gateway.ports import Clock
from codex_proxy.operations.granted.book import GrantedKeyBook
from codex_proxy.operations.granted.ledger import Ledger
from codex_proxy.operations.transfer.times import iso
from codex_proxy.protocols.openai_responses.request.default_tools import default_tools_told


class KeyState(StrEnum):
    """Whether a key opens anything."""

    ACTIVE = "active"
    DISABLED = "disabled"
    EXPIRED = "expired"


class BudgetView(msgspec.Struct, frozen=True, kw_only=True):
    """A budget: tokens or dollars, and when its next period begins."""

    period: Period
    unit: Unit
    limit: float
    used: float
    reserved: float
    remaining: float
    renews_at: str | None


class OwnView(msgspec.Struct, frozen=True, kw_only=True):
    """What a key is told of itself.

    ``max_budget_usd`` and ``max_tokens`` are its budgets in total.  The costs of ``unpriced_count`` requests are not
    known and in no sum.
    """

    name: str
    status: KeyState
    expires_at: str | None
    max_budget_usd: float | None
    used_cost_usd: float
    remaining_budget_usd: float | None
    max_tokens: int | None
    used_tokens: int
    remaining_tokens: int | None
    allowed_models: tuple[str, ...] | None
    scopes: tuple[str, ...]
    max_concurrency: int | None
    requests_per_minute: int | None
    tokens_per_minute: int | None
    budgets: tuple[BudgetView, ...]
    request_count: int
    failed_count: int
    unpriced_count: int
    last_used_at: str | None


class ClientKeyView(OwnView, frozen=True, kw_only=True):
    """A key as its owner sees it; ``key`` is masked, ``default_tools`` None are those of all keys."""

    id: str
    key: str
    default_tools: tuple[JsonObject, ...] | None
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedViews:
    """Shows keys; everything raises ``StoreUnusable``."""

    book: GrantedKeyBook
    ledger: Ledger
    clock: Clock

    async def all(self) -> Sequence[ClientKeyView]:
        """Every key, oldest first."""
        keys = self.book.all_keys()
        standings = await self._standings([key.key_id for key in keys])
        return tuple(self._view(key, standings[key.key_id]) for key in keys)

    async def one(self, key: GrantedKey) -> ClientKeyView:
        """One key."""
        return self._view(key, (await self._standings([key.key_id]))[key.key_id])

    async def own(self, key_id: str) -> OwnView | None:
        """What a key is told of itself; None where it was not handed out."""
        key = self.book.ring.of_id(key_id)
        if key is None:
            return None
        told = await self.one(key)
        return OwnView(**{name: getattr(told, name) for name in OwnView.__struct_fields__})

    async def _standings(self, key_ids: Collection[str]) -> Mapping[str, Standing]:
        await self.ledger.write()  # so that what has ended is counted
        return await self.book.store.standings(key_ids, now=self.clock.now())

    def _view(self, key: GrantedKey, standing: Standing) -> ClientKeyView:
        now = self.clock.now()
        budgets = tuple(_budget(budget, standing, now=now) for budget in key.budgets)
        total = {each.unit: each for each in budgets if each.period is Period.TOTAL}
        usd, tokens = total.get(Unit.USD), total.get(Unit.TOKENS)
        used = standing.used
        return ClientKeyView(
            id=key.key_id,
            name=key.name,
            key=key.shown,
            default_tools=None if key.tools is None else default_tools_told(key.tools),
            status=state_of(key, now),
            expires_at=_iso(key.expires_at),
            max_budget_usd=None if usd is None else usd.limit,
            used_cost_usd=used.micro_usd / MICRO,
            remaining_budget_usd=None if usd is None else usd.remaining,
            max_tokens=None if tokens is None else int(tokens.limit),
            used_tokens=used.tokens,
            remaining_tokens=None if tokens is None else int(tokens.remaining),
            allowed_models=key.models,
            scopes=tuple(sorted(key.scopes)),
            max_concurrency=key.limits.concurrency,
            requests_per_minute=key.limits.requests_per_minute,
            tokens_per_minute=key.limits.tokens_per_minute,
            budgets=budgets,
            request_count=used.request_count,
            failed_count=used.failed_count,
            unpriced_count=used.unpriced_count,
            last_used_at=_iso(used.last_used_at),
            created_at=iso(key.created_at),
            updated_at=iso(key.updated_at),
        )


def state_of(key: GrantedKey, now: float) -> KeyState:
    """Whether a key opens anything at ``now``, an epoch second."""
    if not key.enabled:
        return KeyState.DISABLED
    return KeyState.EXPIRED if key.is_expired(now) else KeyState.ACTIVE


def _budget(budget: Budget, standing: Standing, *, now: float) -> BudgetView:
    scale = MICRO if budget.unit is Unit.USD else 1
    used, reserved = standing.spent[budget.period].of(budget.unit), standing.reserved.of(budget.unit)
    renews_at = period_end(budget.period, now)
    return BudgetView(
        period=budget.period,
        unit=budget.unit,
        limit=budget.limit / scale,
        used=used / scale,
        reserved=reserved / scale,
        remaining=max(0, budget.limit - used - reserved) / scale,
        renews_at=_iso(renews_at),
    )


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)
