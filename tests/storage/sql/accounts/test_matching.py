"""Credentials that are nobody's who is there, those of one account each, and those that have to be compared."""

import pytest

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount
from codex_proxy.storage.sql.accounts.matching import marks_of, sort_out
from codex_proxy.storage.succession import Held, made

ISSUER = "https://issuer.test"


def new(
    row_id: str,
    account: str | None = None,
    access: str | None = None,
    refresh: str | None = None,
    *,
    issuer: str = ISSUER,
) -> NewAccount:
    identity = Identity(issuer=issuer, account_id=account, user_id="user")
    return NewAccount(row_id=row_id, identity=identity, secrets=Secrets(access_token=access, refresh_token=refresh))


def here(*credentials: NewAccount) -> list[Held]:
    return [made(each, now=1.0) for each in credentials]


@pytest.mark.parametrize(
    ("others", "strangers"),
    [
        ([], {0}),
        ([new("b", "other", "at2", "rt2")], {0, 1}),
        ([new("b", "acc", "at2", "rt2")], set()),
        ([new("b", None, "at1")], set()),
        ([new("b", None, None, "rt1"), new("c", "third", "at3")], {2}),
        ([new("a", "other", "at2")], set()),
        ([new("b", None, None, "rt2"), new("c", None, None, "rt2")], {0}),
    ],
)
def test_credentials_that_share_an_id_an_identity_or_a_token_are_neither(
    others: list[NewAccount], strangers: set[int]
) -> None:
    found = sort_out([new("a", "acc", "at1", "rt1"), *others], [])
    assert (set(found.strangers), dict(found.known)) == (strangers, {})


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (new("r", "acc", "at0", "rt0"), new("a", "acc", "at1", "rt1")),
        (new("r", "acc", "at0", "rt0"), new("r", "acc", "at1", "rt1")),
        (new("r", None, "at0", "rt0"), new("a", "acc", "at0", "rt1")),
        (new("r", "acc", "at0", "rt0"), new("a", None, None, "rt0")),
        (new("r", None, None, "rt0"), new("a", None, None, "rt0")),
    ],
)
def test_a_credential_of_one_account_is_known_by_identity_or_where_a_name_is_missing_by_token(
    account: NewAccount, told: NewAccount
) -> None:
    [held] = here(account)
    found = sort_out([told], [held])
    assert (set(found.strangers), dict(found.known)) == (set(), {0: held})


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        ([new("r", "other", "at0")], new("r", "acc", "at1")),
        ([new("r", "other", "at0")], new("a", "acc", "at0")),
        ([new("r", None, "at0", issuer="https://other.test")], new("a", None, "at0")),
        ([new("r", "acc", "at0"), new("s", None, None, "rt1")], new("a", "acc", "at1", "rt1")),
    ],
)
def test_what_only_looks_like_an_account_or_like_two_is_neither(accounts: list[NewAccount], told: NewAccount) -> None:
    found = sort_out([told], here(*accounts))
    assert (set(found.strangers), dict(found.known)) == (set(), {})


def test_two_credentials_for_one_account_are_compared_one_after_another() -> None:
    found = sort_out(
        [new("a", "acc", "at1"), new("b", None, "at0"), new("c", "x", "at2")], here(new("r", "acc", "at0"))
    )
    assert (set(found.strangers), dict(found.known)) == ({2}, {})


def test_what_an_account_may_be_known_by() -> None:
    assert len({*marks_of(new("a", "acc", "at1", "rt1"))}) == 4
    assert marks_of(new("a")) == ("a", None, None, None)
