"""What a client with a handed-out key is told when it asks its upstream for its usage: the key's own budgets.

Rules of this file: the two budgets that are fullest are the windows, the shorter one first.  The rest of the
answer is as for everybody.  Shape: the answer that Codex CLI 0.169 reads.
"""

from datetime import datetime
from typing import Final

from codex_proxy.access.granted.periods import DAY_SECONDS, HOUR_SECONDS, Period
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.blocks import JsonObject
from codex_proxy.operations.granted.views import BudgetView, GrantedViews, OwnView

WINDOW_SECONDS: Final = {
    Period.HOUR: HOUR_SECONDS,
    Period.DAY: DAY_SECONDS,
    Period.WEEK: 7 * DAY_SECONDS,
    Period.MONTH: 30 * DAY_SECONDS,
    Period.TOTAL: 365 * DAY_SECONDS,  # it has no end; clients name a window by its length
}
_PERCENT: Final = 100
_MOST_WINDOWS: Final = 2


class BudgetUsage:
    """Tells keys of their budgets."""

    def __init__(self, views: GrantedViews) -> None:
        self._views = views

    async def tell(self, key_id: str, everybodys: JsonObject) -> JsonObject:
        """The answer for a key; ``everybodys`` is what is told to one without budgets, and while nobody can look."""
        try:
            own = await self._views.own(key_id)
        except StoreUnusable:
            return everybodys
        return everybodys if own is None else budget_usage(own, everybodys, now=self._views.clock.now())


def budget_usage(own: OwnView, everybodys: JsonObject, *, now: float) -> JsonObject:
    """The answer for a key; ``everybodys`` is what one without budgets is told.  ``now`` is an epoch second."""
    if not own.budgets:
        return everybodys
    fullest = sorted(own.budgets, key=_used_percent, reverse=True)[:_MOST_WINDOWS]
    windows = [_window(budget, now) for budget in sorted(fullest, key=lambda each: WINDOW_SECONDS[each.period])]
    spent = any(budget.remaining <= 0 for budget in own.budgets)
    rate_limit = {
        "allowed": not spent,
        "limit_reached": spent,
        "primary_window": windows[0],
        "secondary_window": windows[1] if len(windows) > 1 else None,
    }
    return everybodys | {"rate_limit": rate_limit}


def _used_percent(budget: BudgetView) -> float:
    if not budget.limit:
        return _PERCENT
    return min(_PERCENT, _PERCENT * (budget.limit - budget.remaining) / budget.limit)


def _window(budget: BudgetView, now: float) -> JsonObject:
    renews_at = None if budget.renews_at is None else datetime.fromisoformat(budget.renews_at).timestamp()
    return {
        "used_percent": round(_used_percent(budget)),
        "limit_window_seconds": WINDOW_SECONDS[budget.period],
        "reset_after_seconds": 0 if renews_at is None else max(0, round(renews_at - now)),
        "reset_at": 0 if renews_at is None else round(renews_at),
    }
