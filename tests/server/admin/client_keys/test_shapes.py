"""What the endpoints take."""

import typing

import msgspec

from codex_proxy.access.granted.budgets import Budget, Unit
from codex_proxy.access.granted.periods import Period
from codex_proxy.access.scopes import GRANTABLE
from codex_proxy.server.admin.client_keys.shapes import (
    BudgetTold,
    ChangedClientKey,
    NewClientKey,
    NewSecret,
    ScopeName,
    terms_of,
)


def test_every_scope_that_can_be_given_can_be_told() -> None:
    assert frozenset(typing.get_args(ScopeName)) == GRANTABLE


def test_money_becomes_micro_dollars_and_tokens_stay_tokens() -> None:
    assert BudgetTold(period=Period.DAY, unit=Unit.USD, limit=0.1).read() == Budget(
        period=Period.DAY, unit=Unit.USD, limit=100_000
    )
    assert BudgetTold(period=Period.DAY, unit=Unit.TOKENS, limit=12).read().limit == 12
    told = msgspec.json.decode(b'{"max_budget_usd":3,"max_tokens":4}', type=ChangedClientKey)
    assert (terms_of(told).total_micro_usd, terms_of(told).total_tokens) == (3_000_000, 4)


def test_what_is_not_told_is_unset_and_a_status_switches() -> None:
    terms = terms_of(ChangedClientKey())
    assert {getattr(terms, name) for name in terms.__struct_fields__} == {msgspec.UNSET}
    assert terms_of(ChangedClientKey(status="disabled")).enabled is False
    assert terms_of(NewClientKey(name="one")).enabled is msgspec.UNSET


def test_no_shape_shows_a_secret_in_logs() -> None:
    assert "sk-proxy" not in repr(NewClientKey(name="one", key="sk-proxy-0123456789abcdef"))
    assert "sk-proxy" not in repr(NewSecret(key="sk-proxy-0123456789abcdef"))
