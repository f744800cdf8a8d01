"""Handed-out keys as values."""

from codex_proxy.access.granted.key import KEY_ID as ID_FORM
from codex_proxy.access.granted.key import PREFIX, Used, granted_digest, shown_of
from tests.access.granted.samples import KEY_ID, NOW, SECRET, granted, tokens, usd


def test_s_14_a_key_holds_nothing_to_make_its_secret_from() -> None:
    key = granted()
    assert SECRET not in repr(key)
    assert key.digest == granted_digest(SECRET) != granted_digest(SECRET + "0")
    assert key.shown == "sk-proxy-" + "•" * 8 + "cdef"
    assert shown_of(SECRET).startswith(PREFIX)
    assert ID_FORM.fullmatch(KEY_ID)


def test_a_key_ends_when_its_time_is_over() -> None:
    assert not granted().is_expired(NOW * 10)
    assert not granted(expires_at=NOW).is_expired(NOW - 1)
    assert granted(expires_at=NOW).is_expired(NOW)


def test_money_is_limited_where_a_budget_counts_it() -> None:
    assert granted(budgets=(tokens(1), usd(1))).has_money_budget
    assert not granted(budgets=(tokens(1),)).has_money_budget
    assert Used(input_tokens=2, output_tokens=3).tokens == 5
