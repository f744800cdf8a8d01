"""Handed-out keys as rows."""

from codex_proxy.access.granted.key import Limits
from codex_proxy.access.granted.periods import Period
from codex_proxy.storage.sql.client_keys.rows import budget_rows, columns_of
from codex_proxy.storage.sql.tables.client_keys import CLIENT_KEY_BUDGETS, CLIENT_KEYS
from tests.access.granted.samples import SECRET, granted, tokens, usd


def test_a_key_is_written_whole_and_its_secret_is_not() -> None:
    key = granted(models=("b*", "a"), limits=Limits(concurrency=2), budgets=(usd(5), tokens(7, Period.DAY)))
    columns, budgets = columns_of(key), budget_rows(key)
    assert columns.keys() == {column.name for column in CLIENT_KEYS.c}
    assert (columns["models"], columns["concurrency"]) == ("b* a", 2)
    assert all(row.keys() == {column.name for column in CLIENT_KEY_BUDGETS.c} for row in budgets)
    assert [(row["period"], row["unit"], row["most"]) for row in budgets] == [("total", "usd", 5), ("day", "tokens", 7)]
    assert SECRET not in str((columns, budgets))


def test_all_models_and_none_are_two_things() -> None:
    assert columns_of(granted())["models"] is None
    assert columns_of(granted(models=()))["models"] == ""
