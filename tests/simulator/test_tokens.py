"""Simulated tokens."""

from codex_proxy.accounts.account import AUTH_CLAIM, account_of_token, read_claims
from codex_proxy.simulator.tokens import (
    ISSUER,
    LIFETIME_SECONDS,
    Issue,
    access_token,
    id_token,
    make_token,
    person_of,
)

ISSUE = Issue(
    issued_at=1e9, expires_at=1e9 + 60, issuer="http://127.0.0.1:1", client_id="app", session_id="s", token_id="at_1"
)


def test_a_token_is_read_as_the_account_it_was_made_for() -> None:
    token = make_token(account_id="acc", plan="plus", email="a@example.com", expires_at=2e9)
    account = account_of_token(token)
    assert (account.credential.account_id, account.plan, account.email) == ("acc", "plus", "a@example.com")
    assert account.expires_at == 2e9
    claims = read_claims(token)
    assert (claims["iat"], claims["iss"]) == (2e9 - LIFETIME_SECONDS, ISSUER)
    assert not {"jti", "session_id"} & claims.keys()


def test_whoever_issues_it_is_named() -> None:
    made = make_token(account_id="acc", plan="plus", email="a@example.com", expires_at=2e9, issuer="http://x")
    assert read_claims(made)["iss"] == "http://x"


def test_an_access_token_has_the_claims_that_clients_read() -> None:
    claims = read_claims(access_token(person_of("acc", user_id="u", plan="team"), ISSUE))
    assert (claims["iat"], claims["exp"], claims["jti"], claims["session_id"]) == (1e9, 1e9 + 60, "at_1", "s")
    assert claims[AUTH_CLAIM]["chatgpt_account_user_id"] == "u__acc"
    assert claims["scp"] == ["openid", "profile", "email", "offline_access"]


def test_an_id_token_tells_more_of_the_person() -> None:
    claims = read_claims(id_token(person_of("acc", email="a@example.com"), ISSUE))
    assert (claims["aud"], claims["email"]) == (["app"], "a@example.com")
    assert claims[AUTH_CLAIM]["organizations"][0]["is_default"] is True
    assert claims[AUTH_CLAIM]["chatgpt_subscription_active_until"] == "2001-10-09T01:46:40+00:00"
    free = read_claims(id_token(person_of("acc", plan="free"), ISSUE))
    assert free[AUTH_CLAIM]["chatgpt_subscription_active_until"] is None


def test_a_person_is_called_by_key_account_or_email() -> None:
    member = person_of("team", user_id="u1", email="m@example.com")
    assert member.names == ("team/u1", "team", "m@example.com")
