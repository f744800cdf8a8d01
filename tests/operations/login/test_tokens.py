"""Accounts from tokens that the owner brings."""

from typing import Any

import pytest

from codex_proxy.accounts.issuer import Grant, IssuerError, RefreshReason, Refusal
from codex_proxy.accounts.record import Secrets
from codex_proxy.operations.login.outcomes import LoginDone
from codex_proxy.operations.login.tokens import (
    ExchangeRefused,
    TokenLogins,
    TokenUnusable,
    WrongIdentity,
    read_tokens,
)
from codex_proxy.operations.refresh.exchange import ExchangeParts, Refreshed, renew
from tests.operations.login.stage import COLLEAGUE, DAY, ISSUER, NOW, Stage, grant, token
from tests.operations.refresh.stand_ins import MemoryLocks

REFRESH = "rt_that-the-owner-brought"


class Renewing:
    """Implements ``Refreshing`` by the one function that refreshes."""

    def __init__(self, stage: Stage) -> None:
        self._parts = ExchangeParts(
            store=stage.store,
            locks=MemoryLocks(),
            issuer=stage.issuer,
            clock=stage.clock,
            new_row_id=stage.parts.new_row_id,
            complain=lambda what, error: None,
        )

    async def refresh(self, row_id: str, *, seen: int | None = None) -> Refreshed:
        assert seen is not None
        reason = RefreshReason.PROACTIVE
        return await renew(self._parts, row_id, seen_generation=seen, reason=reason, failures=0)


class Scene:
    def __init__(self, *renewals: Grant | IssuerError) -> None:
        self.stage = Stage()
        self.stage.issuer.renewals.extend(renewals)
        self.logins = TokenLogins(self.stage.parts, refreshing=Renewing(self.stage))

    async def add(self, *texts: str, **members: Any) -> LoginDone:
        return await self.logins.add(texts, **members)

    async def refused(self, expected: type[Exception], *texts: str, **members: Any) -> Any:
        with pytest.raises(expected) as caught:
            await self.logins.add(texts, **members)
        for text in texts:
            assert not text or text not in str(caught.value)
        return caught.value


# --------------------------------------------------------------------------------------------- what is pasted


@pytest.mark.parametrize(
    ("texts", "secrets"),
    [
        ([token()], Secrets(access_token=token())),
        ([f"  Bearer {token()}\n"], Secrets(access_token=token())),
        ([REFRESH], Secrets(refresh_token=REFRESH)),
        (["oaistb_rt_0123456789"], Secrets(refresh_token="oaistb_rt_0123456789")),
        (["v1.0123456789abcdef"], Secrets(refresh_token="v1.0123456789abcdef")),
        ([REFRESH, token()], Secrets(access_token=token(), refresh_token=REFRESH)),
        ([token(), ""], Secrets(access_token=token())),
    ],
)
def test_what_begins_like_a_jwt_is_an_access_token_anything_else_a_refresh_token(
    texts: list[str], secrets: Secrets
) -> None:
    assert read_tokens(texts) == secrets


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ([], "no token"),
        ([""], "no token"),
        ([token(), token(COLLEAGUE)], "several tokens of one kind"),
        ([REFRESH, REFRESH + "2"], "several tokens of one kind"),
        (["short"], "at least 16"),
        (["rt_with a space in it"], "no spaces"),
        (["x" * 20_000], "no token"),
        (["sk-0123456789abcdef0123"], "another kind"),
        (["cp-0123456789abcdef0123"], "another kind"),
    ],
)
def test_what_is_no_token(texts: list[str], words: str) -> None:
    with pytest.raises(TokenUnusable, match=words):
        read_tokens(texts)


# ---------------------------------------------------------------------------------------------- access tokens


async def test_a_08_an_access_token_is_taken_without_asking_anybody() -> None:
    scene = Scene()
    done = await scene.add(token(), label="mine")
    account = await scene.stage.account()
    assert done == LoginDone(record=account, added=True)
    assert (account.label, account.email, account.has_refresh_token) == ("mine", "owner@example.invalid", False)
    assert scene.stage.issuer.sent == []


async def test_a_refresh_token_beside_a_good_access_token_is_kept_and_not_spent() -> None:
    scene = Scene()
    await scene.add(token(), REFRESH)
    account = await scene.stage.account()
    assert await scene.stage.store.secrets(account.row_id) == Secrets(access_token=token(), refresh_token=REFRESH)
    assert scene.stage.issuer.sent == []


async def test_a_03_an_access_token_alone_leaves_the_refresh_token_that_is_there() -> None:
    scene = Scene()
    known = await scene.stage.keep()
    done = await scene.add(token())
    assert (done.added, done.record.row_id) == (False, known.row_id)
    secrets = await scene.stage.store.secrets(known.row_id)
    assert secrets is not None
    assert (secrets.access_token, secrets.refresh_token) == (token(), "rt_of-before")


async def test_access_tokens_that_cannot_be_used_are_told() -> None:
    scene = Scene()
    assert "JWT" in str(await scene.refused(TokenUnusable, "eyJ-no-jwt-at-all"))
    assert "no ChatGPT account" in str(await scene.refused(TokenUnusable, "eyJhbGciOiJSUzI1NiJ9.e30.unsigned"))
    assert "expired" in str(await scene.refused(TokenUnusable, token(issued_at=NOW - 20 * DAY)))
    assert await scene.stage.accounts() == ()


async def test_a_token_of_another_account_is_refused_for_this_one() -> None:
    scene = Scene()
    known = await scene.stage.keep()
    await scene.refused(WrongIdentity, token(COLLEAGUE), row_id=known.row_id)
    assert await scene.stage.accounts() == (known,)
    assert (await scene.add(token(), row_id=known.row_id)).record.row_id == known.row_id
    assert "no such account" in str(await scene.refused(TokenUnusable, token(), row_id="ffffffffffffffff"))


# --------------------------------------------------------------------------------------------- refresh tokens


async def test_a_08_a_refresh_token_is_exchanged_once_and_nothing_else_is_asked() -> None:
    scene = Scene(grant())
    done = await scene.add(REFRESH, label="mine")
    account = await scene.stage.account()
    assert (done.record, done.added, account.label) == (account, True, "mine")
    assert scene.stage.issuer.sent == [(REFRESH, ISSUER)]
    assert (scene.stage.issuer.exchanged, scene.stage.issuer.asked) == ([], [])
    secrets = await scene.stage.store.secrets(account.row_id)
    assert secrets == grant().secrets


async def test_an_expired_access_token_is_only_whose_the_refresh_token_should_be() -> None:
    scene = Scene(grant())
    done = await scene.add(token(issued_at=NOW - 20 * DAY), REFRESH)
    assert (done.record.issued_at, scene.stage.issuer.sent) == (NOW, [(REFRESH, ISSUER)])


async def test_a_refresh_token_of_a_known_account_updates_that_one() -> None:
    scene = Scene(grant())
    known = await scene.stage.keep(followed_file="/home/auth.json")
    done = await scene.add(REFRESH)
    assert (done.added, done.record.row_id, done.record.followed_file) == (False, known.row_id, None)
    assert len(await scene.stage.accounts()) == 1


async def test_tokens_that_turn_out_to_be_another_accounts_are_kept_there() -> None:
    scene = Scene(grant(COLLEAGUE))
    known = await scene.stage.keep()
    await scene.refused(WrongIdentity, REFRESH, row_id=known.row_id)
    kept = {record.email: record for record in await scene.stage.accounts()}
    assert set(kept) == {None, "colleague@example.invalid"}
    assert kept[None] == known
    assert kept["colleague@example.invalid"].has_refresh_token


async def test_a_13_a_dead_refresh_token_makes_no_account() -> None:
    scene = Scene(IssuerError(Refusal.REFRESH_TOKEN_REVOKED, "the issuer answered 401 invalid_grant"))
    told = await scene.refused(ExchangeRefused, REFRESH)
    assert (told.refusal, told.kept, str(told)) == (
        Refusal.REFRESH_TOKEN_REVOKED,
        False,
        "the issuer answered 401 invalid_grant",
    )
    assert await scene.stage.accounts() == ()


async def test_a_refresh_token_that_cannot_be_tried_now_is_kept_for_later() -> None:
    scene = Scene(IssuerError(Refusal.UNREACHABLE, "the issuer was not reached"))
    told = await scene.refused(ExchangeRefused, REFRESH)
    assert (told.refusal, told.kept) == (Refusal.UNREACHABLE, True)
    account = await scene.stage.account()
    assert (account.has_refresh_token, account.identity.account_id) == (True, None)
