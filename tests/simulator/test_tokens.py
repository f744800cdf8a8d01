"""Simulated tokens."""

from codex_proxy.accounts.account import account_of_token, read_claims
from codex_proxy.simulator.tokens import LIFETIME_SECONDS, make_token


def test_a_token_is_read_as_the_account_it_was_made_for() -> None:
    token = make_token(account_id="acc", plan="plus", email="a@example.com", expires_at=2e9)
    account = account_of_token(token)
    assert (account.credential.account_id, account.plan, account.email) == ("acc", "plus", "a@example.com")
    assert account.expires_at == 2e9
    assert read_claims(token)["iat"] == 2e9 - LIFETIME_SECONDS
