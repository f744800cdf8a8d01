"""Budgets: how much a key may use up in a period, counted in tokens or in money.

Rules of this file: pure; money is whole micro-dollars, millionths of a US dollar.  What is reserved counts as spent, so
that requests which run at once cannot spend the same money.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from codex_proxy.access.granted.periods import Period, period_end

MICRO: Final = 1_000_000


class Unit(StrEnum):
    """What a budget counts."""

    TOKENS = "tokens"
    USD = "usd"


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens, and what they cost in micro-dollars."""

    tokens: int = 0
    micro_usd: int = 0

    def of(self, unit: Unit) -> int:
        """In this unit."""
        match unit:
            case Unit.TOKENS:
                return self.tokens
            case Unit.USD:
                return self.micro_usd

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(tokens=self.tokens + other.tokens, micro_usd=self.micro_usd + other.micro_usd)


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """At most ``limit`` in one period: tokens, or micro-dollars."""

    period: Period
    unit: Unit
    limit: int

    @property
    def in_words(self) -> str:
        """For a failure's message."""
        much = f"${self.limit / MICRO:,.2f}" if self.unit is Unit.USD else f"{self.limit:,} tokens"
        return f"{much} in total" if self.period is Period.TOTAL else f"{much} per {self.period.value}"


class Overdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A budget that has less left than is wanted; ``renews_at`` is when its next period begins, None for never."""

    budget: Budget
    left: int
    renews_at: int | None


def overdrawn(
    budgets: Iterable[Budget], used: Mapping[Period, Amount], wanted: Amount, *, now: float
) -> Overdrawn | None:
    """The budget that refuses ``wanted``, None where all have it left.

    ``used`` is what each period has spent and reserved.  Of several the one that is full the longest is told.
    """
    refusing = [
        Overdrawn(budget=budget, left=max(0, left), renews_at=period_end(budget.period, now))
        for budget in budgets
        if (left := budget.limit - used[budget.period].of(budget.unit)) < max(1, wanted.of(budget.unit))
    ]
    return max(refusing, key=lambda each: float("inf") if each.renews_at is None else each.renews_at, default=None)
