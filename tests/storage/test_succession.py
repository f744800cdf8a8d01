"""Which credential an account holds."""

import pytest
from msgspec.structs import replace

from codex_proxy.accounts.record import Death, Identity, Secrets
from codex_proxy.accounts.store import IdentityMismatch, NewAccount, Renewed
from codex_proxy.storage.succession import (
    Held,
    agrees,
    identity_digest,
    made,
    merged,
    renewed,
    succeeded,
    token_digest,
)

ALICE = Identity(issuer="i", account_id="acc", user_id="alice")


def credential(access: str | None, refresh: str | None = None, *, issued_at: float | None = None) -> NewAccount:
    secrets = Secrets(access_token=access, refresh_token=refresh)
    return NewAccount(row_id="a", identity=ALICE, secrets=secrets, issued_at=issued_at)


def account(access: str | None = "at1", refresh: str | None = "rt1", *, issued_at: float | None = 10.0) -> Held:
    return made(credential(access, refresh, issued_at=issued_at), now=100.0)


def test_two_identities_have_two_digests() -> None:
    identities = [
        ALICE,
        Identity(issuer="j", account_id="acc", user_id="alice"),
        Identity(issuer="i", account_id="acc"),
        Identity(issuer="i", account_id="acc", user_id=""),
        Identity(issuer="i", account_id='acc","alice', user_id=None),
    ]
    assert len({identity_digest(each) for each in identities}) == len(identities)
    assert identity_digest(Identity(issuer="i", user_id="alice")) is None
    assert token_digest(None) is None


@pytest.mark.parametrize(
    ("told", "agreed"),
    [
        (ALICE, True),
        (Identity(issuer="i", account_id="acc"), True),
        (Identity(issuer="i"), True),
        (Identity(issuer="j"), False),
        (Identity(issuer="i", account_id="acc", user_id="bob"), False),
        (Identity(issuer="i", account_id="other", user_id="alice"), False),
    ],
)
def test_identities_agree_where_no_half_differs(told: Identity, agreed: bool) -> None:
    assert agrees(ALICE, told) is agreed
    if agreed:
        after = renewed(account(), Renewed(secrets=Secrets(access_token="at2"), identity=told))
        assert after.record.identity == ALICE
    else:
        with pytest.raises(IdentityMismatch):
            renewed(account(), Renewed(secrets=Secrets(access_token="at2"), identity=told))


def test_a_credential_that_was_issued_later_takes_the_place() -> None:
    dead = Held(record=replace(account().record, death=Death.REUSED, died_at=5.0), secrets=account().secrets)
    after = succeeded(dead, credential("at2", issued_at=11.0))
    assert after is not None
    assert after.secrets == Secrets(access_token="at2", refresh_token="rt1")
    assert (after.record.generation, after.record.death, after.record.died_at) == (1, None, None)
    assert (after.record.issued_at, after.record.has_refresh_token) == (11.0, True)


@pytest.mark.parametrize(("here", "told", "stays"), [(10.0, 9.0, True), (10.0, 10.0, False), (None, 9.0, False)])
def test_one_that_was_issued_earlier_does_not(here: float | None, told: float, stays: bool) -> None:
    assert (succeeded(account(issued_at=here), credential("at2", issued_at=told)) is None) is stays


def test_one_that_does_not_say_when_takes_the_place() -> None:
    after = succeeded(account(), credential("at2"))
    assert after is not None
    assert (after.secrets.access_token, after.record.issued_at) == ("at2", None)


def test_a_refresh_token_alone_leaves_the_access_token_and_its_times() -> None:
    after = succeeded(account(), credential(None, "rt2"))
    assert after is not None
    assert after.secrets == Secrets(access_token="at1", refresh_token="rt2")
    assert (after.record.issued_at, after.record.generation) == (10.0, 1)


def test_the_same_account_twice_becomes_one_with_the_later_credential_and_a_name() -> None:
    other = account("at2", "rt2", issued_at=20.0)
    named = Held(record=replace(other.record, label="second"), secrets=other.secrets)
    later, earlier = merged(account(), named), merged(named, account())
    assert [each.secrets.refresh_token for each in (later, earlier)] == ["rt2", "rt2"]
    assert [each.record.label for each in (later, earlier)] == ["second", "second"]
    assert (later.record.generation, earlier.record.generation) == (1, 0)
