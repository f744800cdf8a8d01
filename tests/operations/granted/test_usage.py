"""Budgets, told as windows of usage."""

from pathlib import Path
from typing import Any

import pytest

from codex_proxy.access.granted.budgets import Budget
from codex_proxy.access.granted.periods import Period, period_end
from codex_proxy.canonical.usage import Usage
from codex_proxy.operations.granted.usage import WINDOW_SECONDS, BudgetUsage
from tests.access.granted.samples import KEY_ID, NOW, granted, tokens, usd
from tests.operations.granted.stage import desk, record

EVERYBODYS = {"plan_type": "plus", "rate_limit": {"allowed": True}, "promo": None}


async def told(folder: Path, *budgets: Budget, used_tokens: int = 50, broken: bool = False) -> dict[str, Any]:
    async with desk(folder, granted(budgets=budgets)) as made:
        (await made.admitted()).settle(record(Usage(output_tokens=used_tokens)))
        await made.ledger.write()
        if broken:
            made.ledger.settle(made.store.batches[-1].spent[0])
            made.store.broken = True
        answer: dict[str, Any] = await BudgetUsage(made.views).tell(KEY_ID, EVERYBODYS)
        made.store.broken = False
        return answer


async def test_the_fullest_budgets_are_the_windows_and_the_shorter_one_is_first(tmp_path: Path) -> None:
    budgets = (usd(500), tokens(1_000, Period.DAY), tokens(100_000, Period.HOUR))
    answer = await told(tmp_path, *budgets)
    day, total = answer["rate_limit"]["primary_window"], answer["rate_limit"]["secondary_window"]
    ends_at = period_end(Period.DAY, NOW) or 0
    assert day == {
        "used_percent": 5,
        "limit_window_seconds": WINDOW_SECONDS[Period.DAY],
        "reset_after_seconds": ends_at - NOW,
        "reset_at": ends_at,
    }
    assert (total["used_percent"], total["reset_at"]) == (10, 0)
    assert (answer["plan_type"], answer["rate_limit"]["limit_reached"]) == ("plus", False)


async def test_a_budget_that_is_spent_is_a_limit_that_is_reached(tmp_path: Path) -> None:
    answer = await told(tmp_path, usd(500), used_tokens=600)
    assert (answer["rate_limit"]["allowed"], answer["rate_limit"]["limit_reached"]) == (False, True)
    assert answer["rate_limit"]["primary_window"]["used_percent"] == 100


@pytest.mark.parametrize(("budgets", "broken"), [((), False), ((usd(500),), True)])
async def test_others_are_told_what_everybody_is(tmp_path: Path, budgets: tuple[Budget, ...], *, broken: bool) -> None:
    assert await told(tmp_path, *budgets, broken=broken) == EVERYBODYS
