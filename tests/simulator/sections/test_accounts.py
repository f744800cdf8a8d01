"""Accounts of a scenario."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from codex_proxy.simulator.sections.accounts import USUAL_ACCOUNTS, AccountSettings, usual_limits


def test_money_is_exact_in_each_spelling() -> None:
    for balance in ("0.1", 0.1, 1):
        told = msgspec.convert({"id": "a", "credits": {"balance": balance}}, AccountSettings)
        assert told.credits is not None
        assert told.credits.balance == Decimal(str(balance))


@pytest.mark.parametrize(
    "wrong",
    [
        {"primary": {"seconds": 0}},
        {"primary": {"seconds": 1, "used_percent": 101}},
        {"primary": {"seconds": 1, "resets_in_seconds": -1}},
        {"buckets": {"b": {"name": "no models"}}},
        {"usage_lags_seconds": -1},
        {"quota": {}},
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": "a"} | wrong, AccountSettings)


def test_usual_windows_never_run_out_and_a_free_plan_has_one_of_a_week() -> None:
    plus, free = usual_limits("plus"), usual_limits("free")
    windows = [window for window in (plus.primary, plus.secondary, free.primary) if window is not None]
    assert [window.seconds for window in windows] == [18_000, 604_800, 604_800]
    assert all(window.at_most_percent < 100 for window in windows)
    assert free.secondary is None


def test_the_usual_accounts_are_two() -> None:
    assert [(each.id, each.plan) for each in USUAL_ACCOUNTS] == [("account-1", "plus"), ("account-2", "pro")]
