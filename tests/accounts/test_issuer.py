"""What an issuer may answer."""

from typing import Any

import pytest

from codex_proxy.accounts.issuer import DEFAULT_LIFETIME_SECONDS, Grant, IssuerError, Refusal, grant_of
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.simulator.tokens import Issue, access_token, id_token, person_of

NOW = 1_800_000_000.0
ISSUER = "https://auth.example"
OWNER = person_of("acc-1", email="owner@example.invalid", user_id="user-1")
ISSUE = Issue(issued_at=NOW - 60, expires_at=NOW + 500)


def granted(access: str | None, identity: str | None = None, **members: Any) -> Grant:
    return grant_of(Secrets(access_token=access, id_token=identity), issuer=ISSUER, now=NOW, **members)


def test_an_error_tells_whether_the_refresh_token_may_be_spent() -> None:
    error = IssuerError(Refusal.NO_ANSWER, "the issuer did not answer", maybe_spent=True, retry_after_seconds=60.0)
    assert (error.refusal, error.maybe_spent, error.retry_after_seconds) == (Refusal.NO_ANSWER, True, 60.0)
    assert str(error) == "the issuer did not answer"


def test_a_refusal_spends_nothing_unless_it_says_so() -> None:
    assert not IssuerError(Refusal.UNREACHABLE, "no connection").maybe_spent


def test_a_grant_says_whose_it_is_and_how_long_it_lasts() -> None:
    grant = granted(access_token(OWNER, ISSUE))
    assert grant.identity == Identity(issuer=ISSUER, account_id="acc-1", user_id="user-1")
    assert (grant.email, grant.plan) == ("owner@example.invalid", "plus")
    assert (grant.issued_at, grant.expires_at) == (NOW - 60, NOW + 500)


def test_the_id_token_tells_what_an_opaque_access_token_does_not() -> None:
    grant = granted("opaque", id_token(OWNER, ISSUE))
    assert grant.identity == Identity(issuer=ISSUER, account_id="acc-1", user_id="user-1")
    assert (grant.email, grant.plan) == ("owner@example.invalid", "plus")
    assert (grant.issued_at, grant.expires_at) == (NOW, NOW + DEFAULT_LIFETIME_SECONDS)


def test_the_access_token_goes_before_the_id_token() -> None:
    other = person_of("acc-2", user_id="user-2")
    identity = granted(access_token(OWNER, ISSUE), id_token(other, ISSUE)).identity
    assert (identity.account_id, identity.user_id) == ("acc-1", "user-1")


def test_tokens_that_tell_nothing_name_nobody() -> None:
    for access in ("opaque", "a.b.c", None):
        assert granted(access).identity == Identity(issuer=ISSUER)


@pytest.mark.parametrize("expires_at", [0.0, -5.0, 1e15])
def test_b_12_an_expiry_that_is_no_time_counts_as_not_told(expires_at: float) -> None:
    access = access_token(OWNER, Issue(issued_at=NOW, expires_at=expires_at))
    assert granted(access, lifetime_seconds=90.0).expires_at == NOW + 90.0
