"""Accounts from configured tokens."""

import pytest

from codex_proxy.operations.accounts.configured import TokensUnusable, accounts_of_tokens
from codex_proxy.simulator.tokens import make_token


def token(account_id: str, expires_at: float = 2e9) -> str:
    return make_token(account_id=account_id, plan="plus", email="a@example.com", expires_at=expires_at)


def test_one_token_several_or_a_list() -> None:
    one, two = token("one"), token("two")
    names = [
        [account.credential.account_id for account in accounts_of_tokens(given)]
        for given in (None, "", one, f"{one}, {two}", f"{one}\n{two}\n", [one, two])
    ]
    assert names == [[], [], ["one"], ["one", "two"], ["one", "two"], ["one", "two"]]


def test_of_two_tokens_of_one_account_the_last_holds() -> None:
    (account,) = accounts_of_tokens([token("one", 1e9), token("one", 2e9)])
    assert account.expires_at == 2e9


def test_a_token_that_is_none_is_named_by_its_place_and_not_shown() -> None:
    with pytest.raises(TokensUnusable, match="token 2 of 2") as refused:
        accounts_of_tokens([token("one"), "my-secret"])
    assert "my-secret" not in str(refused.value)
