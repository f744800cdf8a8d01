"""Credentials that have to be compared with something, and those that have not."""

import pytest

from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import NewAccount
from codex_proxy.storage.sql.accounts.strangers import digests_of, strangers_among


def new(row_id: str, account: str | None = None, access: str | None = None, refresh: str | None = None) -> NewAccount:
    identity = Identity(issuer="https://issuer.test", account_id=account, user_id="user")
    return NewAccount(row_id=row_id, identity=identity, secrets=Secrets(access_token=access, refresh_token=refresh))


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
def test_credentials_that_share_an_id_an_identity_or_a_token_are_no_strangers(
    others: list[NewAccount], strangers: set[int]
) -> None:
    assert strangers_among([new("a", "acc", "at1", "rt1"), *others], taken=frozenset()) == strangers


def test_what_is_there_already_is_no_stranger_by_any_of_its_marks() -> None:
    credential = new("a", "acc", "at1", "rt1")
    marks = digests_of(credential)
    assert len(marks) == 4
    for mark in marks:
        assert strangers_among([credential], taken=frozenset({mark})) == frozenset()


def test_nothing_known_is_no_mark() -> None:
    assert digests_of(new("a")) == {"a"}
