"""How logins end, and what is kept of them."""

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.record import Identity
from codex_proxy.operations.login.outcomes import (
    LoginDone,
    LoginFailed,
    Reason,
    keep_grant,
    keep_new,
    new_account,
    refused_by_issuer,
    stop_following,
)
from tests.operations.login.stage import DAY, NOW, FullStore, Stage, grant


async def test_what_a_login_brings_is_kept_with_its_facts() -> None:
    stage = Stage()
    end = await keep_grant(stage.parts, grant())
    record = await stage.account()
    assert end == LoginDone(record=record, added=True)
    assert (record.email, record.plan, record.issued_at, record.expires_at) == (
        "owner@example.invalid",
        "plus",
        NOW,
        NOW + 10 * DAY,
    )
    assert record.has_refresh_token
    assert len(record.row_id) == 16


async def test_what_names_no_account_and_what_cannot_be_kept_are_failures() -> None:
    nameless = type(grant())(identity=Identity(issuer="i"), secrets=grant().secrets)
    told = await keep_grant(Stage().parts, nameless)
    assert isinstance(told, LoginFailed)
    assert told.reason is Reason.NO_ACCOUNT
    told = await keep_grant(Stage(store=FullStore()).parts, grant())
    assert told == LoginFailed(reason=Reason.NOT_KEPT, message="accounts.sqlite cannot be written: disk full")


async def test_the_owners_wishes_outlive_a_login() -> None:
    stage = Stage()
    known = await stage.keep(label="mine")
    end = await keep_grant(stage.parts, grant())
    assert isinstance(end, LoginDone)
    assert (end.added, end.record.row_id, end.record.label) == (False, known.row_id, "mine")


async def test_a_newer_credential_stays() -> None:
    stage = Stage()
    await stage.keep(grant(), followed_file="/home/auth.json")
    end = await keep_new(stage.parts, new_account(grant(issued_at=NOW - DAY), row_id="b"))
    assert (end.kept_newer, end.record.issued_at, end.record.followed_file) == (True, NOW, "/home/auth.json")


async def test_only_a_refresh_token_ends_following() -> None:
    stage = Stage()
    await stage.keep(grant(issued_at=NOW - DAY, refresh_token=None), followed_file="/home/auth.json")
    end = await keep_new(stage.parts, new_account(grant(refresh_token=None), row_id="b"))
    assert end.record.followed_file == "/home/auth.json"
    assert (await stop_following(stage.parts, end.record)).followed_file is None
    assert (await stage.account()).followed_file is None


def test_an_issuers_refusal_is_told_in_its_words() -> None:
    error = IssuerError(Refusal.RATE_LIMITED, "the issuer answered 429")
    assert refused_by_issuer(error) == LoginFailed(
        reason=Reason.REFUSED, message="the issuer answered 429", refusal=Refusal.RATE_LIMITED
    )
