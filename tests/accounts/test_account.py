"""What a token says of its account."""

import base64
import json

import msgspec
import pytest

from codex_proxy.accounts.account import (
    AUTH_CLAIM,
    PROFILE_CLAIM,
    MalformedToken,
    account_of_record,
    account_of_token,
    record_of,
)
from codex_proxy.accounts.record import FingerprintMode


def token_of(claims: object) -> str:
    return ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (b"{}", json.dumps(claims).encode(), b"sig")
    )


def test_the_claims_name_account_plan_and_owner() -> None:
    claims = {
        "exp": 1_900_000_000,
        AUTH_CLAIM: {"chatgpt_account_id": "acc", "chatgpt_plan_type": "plus", "chatgpt_user_id": "user"},
        PROFILE_CLAIM: {"email": "a@example.com"},
    }
    account = account_of_token(token_of(claims))
    assert account.credential.account_id == "acc"
    assert (account.plan, account.email, account.user_id) == ("plus", "a@example.com", "user")
    assert account.expires_at == 1_900_000_000.0


def test_the_owners_wish_for_one_session_comes_with_the_record() -> None:
    record = record_of(account_of_token(token_of({"sub": "1"})))
    assert not account_of_record(record, "t").one_session
    wished = msgspec.structs.replace(record, fingerprint_mode=FingerprintMode.SESSION)
    assert account_of_record(wished, "t").one_session


def test_a_token_of_nobodys_is_an_account_too() -> None:
    account = account_of_token(token_of({"sub": "1234567890"}))
    assert (account.credential.account_id, account.plan, account.expires_at) == (None, None, None)


def test_a_renewed_token_is_the_same_account_and_another_user_another_one() -> None:
    def row(user: str, expires_at: int) -> str:
        claims = {"exp": expires_at, AUTH_CLAIM: {"chatgpt_account_id": "acc", "chatgpt_user_id": user}}
        return account_of_token(token_of(claims)).row_id

    assert row("u1", 1) == row("u1", 2)
    assert row("u1", 1) != row("u2", 1)


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c", "a.!!!.c", token_of([1]), token_of("text"), f"a.{'W1tb' * 3000}.c"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(MalformedToken):
        account_of_token(text)


def test_the_token_does_not_show_in_the_accounts_text() -> None:
    token = token_of({"sub": "1"})
    assert token not in repr(account_of_token(token))


def test_a_record_and_its_token_are_an_account_and_a_token_alone_makes_a_record() -> None:
    claims = {"exp": 5, AUTH_CLAIM: {"chatgpt_account_id": "acc", "chatgpt_user_id": "u", "chatgpt_plan_type": "pro"}}
    account = account_of_token(token_of(claims))
    record = record_of(account, issuer="https://auth.example")
    assert (record.identity.issuer, record.identity.account_id, record.plan) == ("https://auth.example", "acc", "pro")
    assert (record.has_refresh_token, record.enabled, record.death) == (False, True, None)
    assert account_of_record(record, account.credential.token) == account
