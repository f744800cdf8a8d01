"""Logins by browser: who brings the code, how often it is exchanged, and when the port is free again."""

import asyncio
import logging

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.accounts.record import Death
from codex_proxy.operations.login.browser import (
    KEPT_SECONDS,
    LOGIN_SECONDS,
    MAX_LOGINS,
    LoginPending,
    LoginStarted,
)
from codex_proxy.operations.login.callback import InvalidCallback
from codex_proxy.operations.login.outcomes import LoginDone, LoginFailed, LoginsOff, Reason, TooManyLogins, UnknownLogin
from tests.operations.login.stage import COLLEAGUE, DAY, NOW, FullStore, Stage, bad_code, grant, settled

CODE = "ac_the-code-of-the-login"


def pasted(login: LoginStarted, code: str = CODE) -> str:
    return f"http://127.0.0.1:1455/auth/callback?code={code}&scope=openid&state={login.state}"


def query(login: LoginStarted, code: str = CODE) -> str:
    return f"code={code}&state={login.state}"


async def test_a_login_is_begun_with_fresh_secrets_and_awaited_on_its_port() -> None:
    stage = Stage()
    first, second = await stage.browser.start(), await stage.browser.start()
    assert (first.callback_port, first.notice, first.expires_at) == (1455, None, NOW + LOGIN_SECONDS)
    assert first.auth_url.endswith(first.state)
    assert len(first.state) == 43
    assert first.state != second.state
    assert stage.browser.status(first.state) == LoginPending(expires_at=NOW + LOGIN_SECONDS, callback_port=1455)
    await stage.browser.close()


async def test_the_redirect_finishes_a_login_and_frees_the_port() -> None:
    stage = Stage()
    login = await stage.browser.start()
    stage.issuer.grants.append(grant())
    page = await stage.browser.arrive(query(login))
    assert (page.status, page.title, page.detail) == (200, "You are logged in", "owner@example.invalid")
    [(spent, row_id)] = stage.issuer.exchanged
    assert (spent.code, spent.redirect_uri, len(spent.verifier)) == (
        CODE,
        "http://127.0.0.1:1455/auth/callback",
        86,
    )
    assert len(row_id) == 16
    account = await stage.account()
    assert stage.browser.status(login.state) == LoginDone(record=account, added=True)
    await settled()
    assert stage.port() is None
    await stage.browser.close()


async def test_c_04_the_listener_and_a_pasted_address_together_exchange_once() -> None:
    stage = Stage()
    login = await stage.browser.start()
    stage.issuer.grants.append(grant())
    stage.issuer.gate.clear()
    async with asyncio.TaskGroup() as browsers:
        listened = browsers.create_task(stage.browser.arrive(query(login)))
        relays = [browsers.create_task(stage.browser.relay(pasted(login))) for _ in range(5)]
        await settled()
        stage.issuer.gate.set()
    done = LoginDone(record=await stage.account(), added=True)
    assert listened.result().status == 200
    assert [relay.result() for relay in relays] == [done] * 5
    assert await stage.browser.relay(pasted(login)) == done
    assert len(stage.issuer.exchanged) == 1
    await stage.browser.close()


async def test_who_leaves_while_a_code_is_exchanged_takes_nothing_along() -> None:
    stage = Stage()
    login = await stage.browser.start()
    stage.issuer.grants.append(grant())
    stage.issuer.gate.clear()
    relay = asyncio.get_running_loop().create_task(stage.browser.relay(pasted(login)))
    await settled()
    relay.cancel()
    await settled()
    stage.issuer.gate.set()
    await settled()
    assert isinstance(stage.browser.status(login.state), LoginDone)
    await stage.browser.close()


async def test_a_stop_lets_a_code_that_is_being_exchanged_come_to_its_end() -> None:
    stage = Stage()
    login = await stage.browser.start()
    stage.issuer.grants.append(grant())
    stage.issuer.gate.clear()
    async with asyncio.TaskGroup() as tasks:
        relay = tasks.create_task(stage.browser.relay(pasted(login)))
        await settled()
        tasks.create_task(stage.browser.close())
        await settled()
        stage.issuer.gate.set()
    assert isinstance(relay.result(), LoginDone)
    assert stage.port() is None


async def test_a_login_of_a_known_account_updates_it_and_clears_its_death() -> None:
    stage = Stage()
    known = await stage.keep()
    intent = await stage.store.begin_refresh(known.row_id, generation=known.generation, now=NOW)
    assert intent is not None
    await stage.store.abandon_refresh(intent, death=Death.REUSED, now=NOW)
    login = await stage.browser.start(through=known.row_id)
    stage.issuer.grants.append(grant())
    end = await stage.browser.relay(pasted(login))
    assert isinstance(end, LoginDone)
    assert (end.added, end.record.row_id, end.record.death) == (False, known.row_id, None)
    assert end.record.generation > known.generation
    assert stage.issuer.exchanged[0][1] == known.row_id
    assert await stage.accounts() == (end.record,)
    await stage.browser.close()


async def test_a_10_a_login_of_a_colleague_in_the_same_workspace_is_another_account() -> None:
    stage = Stage()
    known = await stage.keep()
    login = await stage.browser.start(through=known.row_id)
    stage.issuer.grants.append(grant(COLLEAGUE))
    end = await stage.browser.relay(pasted(login))
    assert isinstance(end, LoginDone)
    assert end.added
    assert {record.row_id for record in await stage.accounts()} == {known.row_id, end.record.row_id}
    await stage.browser.close()


async def test_an_account_that_followed_a_file_has_tokens_of_its_own_after_a_login() -> None:
    stage = Stage()
    await stage.keep(grant(issued_at=NOW - DAY, refresh_token=None), followed_file="/home/auth.json")
    login = await stage.browser.start()
    stage.issuer.grants.append(grant())
    await stage.browser.relay(pasted(login))
    assert (await stage.account()).followed_file is None
    await stage.browser.close()


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [(bad_code(), Reason.REFUSED), (IssuerError(Refusal.REGION, "not served there"), Reason.REFUSED)],
)
async def test_a_refused_code_ends_a_login_for_good(refusal: IssuerError, reason: Reason) -> None:
    stage = Stage()
    login = await stage.browser.start()
    stage.issuer.grants.append(refusal)
    page = await stage.browser.arrive(query(login))
    assert (page.status, page.detail) == (502, str(refusal))
    failed = LoginFailed(reason=reason, message=str(refusal), refusal=refusal.refusal)
    assert stage.browser.status(login.state) == failed
    assert await stage.browser.relay(pasted(login)) == failed
    assert len(stage.issuer.exchanged) == 1
    await settled()
    assert stage.port() is None
    await stage.browser.close()


async def test_tokens_that_name_no_account_are_refused() -> None:
    stage = Stage()
    login = await stage.browser.start()
    nameless = grant()
    nameless = type(nameless)(
        identity=type(nameless.identity)(issuer=nameless.identity.issuer), secrets=nameless.secrets
    )
    stage.issuer.grants.append(nameless)
    end = await stage.browser.relay(pasted(login))
    assert isinstance(end, LoginFailed)
    assert end.reason is Reason.NO_ACCOUNT
    assert await stage.accounts() == ()
    await stage.browser.close()


async def test_an_account_that_cannot_be_kept_is_told() -> None:
    stage = Stage(store=FullStore())
    login = await stage.browser.start()
    stage.issuer.grants.append(grant())
    assert await stage.browser.relay(pasted(login)) == LoginFailed(
        reason=Reason.NOT_KEPT, message="accounts.sqlite cannot be written: disk full"
    )
    await stage.browser.close()


async def test_what_the_issuers_page_refused_ends_the_login_and_frees_the_port() -> None:
    stage = Stage()
    login = await stage.browser.start()
    told = f"error=access_denied&error_description=missing_codex_entitlement&state={login.state}"
    page = await stage.browser.arrive(told)
    assert (page.status, page.title, page.detail) == (
        200,
        "The login was refused",
        "access_denied: missing_codex_entitlement",
    )
    assert stage.browser.status(login.state) == LoginFailed(reason=Reason.DENIED, message=page.detail)
    await settled()
    assert (stage.port(), stage.issuer.exchanged) == (None, [])
    await stage.browser.close()


# --------------------------------------------------------------------------------------------------- the port


async def test_c_01_a_foreign_redirect_frees_the_port_and_leaves_the_login_to_be_pasted() -> None:
    stage = Stage()
    login = await stage.browser.start()
    page = await stage.browser.arrive("code=ac_of-somebody-else&state=of-somebody-else")
    assert (page.status, page.title) == (400, "Nothing to do here")
    await settled()
    assert (stage.port(), stage.issuer.exchanged, await stage.accounts()) == (None, [], ())
    assert stage.browser.status(login.state) == LoginPending(expires_at=login.expires_at, callback_port=None)
    stage.issuer.grants.append(grant())
    assert isinstance(await stage.browser.relay(pasted(login)), LoginDone)
    await stage.browser.close()


async def test_c_01_the_port_is_freed_when_another_program_asks_for_it() -> None:
    stage = Stage()
    await stage.browser.start()
    assert stage.listener.give_up is not None
    stage.listener.give_up()
    await settled()
    assert stage.port() is None
    again = await stage.browser.start()
    assert (again.callback_port, stage.port()) == (1455, 1455)
    await stage.browser.close()


async def test_c_01_a_cancelled_login_frees_the_port() -> None:
    stage = Stage()
    login = await stage.browser.start()
    end = await stage.browser.cancel(login.state)
    assert (end, stage.port()) == (
        LoginFailed(reason=Reason.CANCELLED, message="the login was cancelled"),
        None,
    )
    assert await stage.browser.relay(pasted(login)) == end
    assert stage.issuer.exchanged == []
    await stage.browser.close()


async def test_c_01_an_abandoned_login_frees_the_port_after_five_minutes() -> None:
    stage = Stage()
    login = await stage.browser.start()
    await stage.clock.pass_(LOGIN_SECONDS - 1)
    assert stage.port() == 1455
    await stage.clock.pass_(1)
    assert stage.port() is None
    end = stage.browser.status(login.state)
    assert isinstance(end, LoginFailed)
    assert end.reason is Reason.EXPIRED
    assert await stage.browser.relay(pasted(login)) == end
    assert stage.issuer.exchanged == []
    await stage.clock.pass_(KEPT_SECONDS)
    with pytest.raises(UnknownLogin):
        stage.browser.status(login.state)
    await stage.browser.close()


async def test_a_machine_that_slept_past_a_logins_time_ends_it() -> None:
    stage = Stage()
    login = await stage.browser.start()
    stage.clock.time += 12 * 3600
    end = await stage.browser.relay(pasted(login))
    assert isinstance(end, LoginFailed)
    assert end.reason is Reason.EXPIRED
    await settled()
    assert stage.port() is None
    await stage.browser.close()


async def test_the_port_stays_while_another_login_may_use_it() -> None:
    stage = Stage()
    first, second = await stage.browser.start(), await stage.browser.start()
    await stage.browser.cancel(first.state)
    assert stage.port() == 1455
    stage.issuer.grants.append(grant())
    stage.issuer.gate.clear()
    arriving = asyncio.get_running_loop().create_task(stage.browser.arrive(query(second)))
    await settled()
    third = await stage.browser.start()
    await stage.browser.cancel(third.state)
    assert stage.port() == 1455, "a page is still to be shown there"
    stage.issuer.gate.set()
    assert (await arriving).status == 200
    await settled()
    assert stage.port() is None
    await stage.browser.close()


async def test_the_redirect_names_the_port_that_was_free() -> None:
    stage = Stage(1457)
    login = await stage.browser.start()
    assert login.callback_port == 1457
    stage.issuer.grants.append(grant())
    await stage.browser.arrive(query(login))
    assert stage.issuer.exchanged[0][0].redirect_uri == "http://127.0.0.1:1457/auth/callback"
    await stage.browser.close()


async def test_c_05_without_a_free_port_the_address_is_to_be_pasted() -> None:
    stage = Stage()
    stage.listener.ports = []
    login = await stage.browser.start()
    assert (login.callback_port, login.notice) == (None, "127.0.0.1:1455 is already in use")
    stage.issuer.grants.append(grant())
    assert isinstance(await stage.browser.relay(pasted(login)), LoginDone)
    assert stage.issuer.exchanged[0][0].redirect_uri == "http://127.0.0.1:1455/auth/callback"
    await stage.browser.close()


# --------------------------------------------------------------------------------------- pasted, unknown, many


async def test_an_incomplete_redirect_changes_nothing() -> None:
    stage = Stage()
    login = await stage.browser.start()
    for told in ("", f"state={login.state}", "code=x", f"code=a&code=b&state={login.state}"):
        assert (await stage.browser.arrive(told)).status == 400
    await settled()
    assert stage.port() == 1455
    with pytest.raises(InvalidCallback):
        await stage.browser.relay("https://auth.example/nothing")
    await stage.browser.close()


async def test_a_login_of_nobody_is_unknown() -> None:
    stage = Stage()
    await stage.browser.start()
    with pytest.raises(UnknownLogin):
        stage.browser.status("of-somebody-else")
    with pytest.raises(UnknownLogin):
        await stage.browser.cancel("of-somebody-else")
    with pytest.raises(UnknownLogin):
        await stage.browser.relay("http://127.0.0.1:1455/auth/callback?code=a&state=of-somebody-else")
    assert stage.port() == 1455, "a wrong paste is no other program's redirect"
    await stage.browser.close()


async def test_of_many_logins_the_oldest_that_nobody_answered_goes() -> None:
    stage = Stage()
    logins = [await stage.browser.start() for _ in range(MAX_LOGINS)]
    await stage.browser.cancel(logins[3].state)
    await stage.browser.start()
    await stage.browser.start()
    for gone in (logins[3], logins[0]):
        with pytest.raises(UnknownLogin):
            stage.browser.status(gone.state)
    assert isinstance(stage.browser.status(logins[1].state), LoginPending)
    await stage.browser.close()


async def test_logins_that_are_being_finished_are_not_given_up_for_new_ones() -> None:
    stage = Stage()
    stage.issuer.gate.clear()
    async with asyncio.TaskGroup() as browsers:
        for number in range(MAX_LOGINS):
            login = await stage.browser.start()
            stage.issuer.grants.append(bad_code())
            browsers.create_task(stage.browser.arrive(query(login, f"code-{number}")))
        await settled()
        with pytest.raises(TooManyLogins):
            await stage.browser.start()
        stage.issuer.gate.set()
    assert isinstance(await stage.browser.start(), LoginStarted)
    await stage.browser.close()


async def test_cancelling_a_login_that_is_being_finished_waits_for_its_end() -> None:
    stage = Stage()
    login = await stage.browser.start()
    stage.issuer.grants.append(grant())
    stage.issuer.gate.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.browser.arrive(query(login)))
        await settled()
        cancelling = tasks.create_task(stage.browser.cancel(login.state))
        await settled()
        stage.issuer.gate.set()
    assert isinstance(cancelling.result(), LoginDone)
    await stage.browser.close()


async def test_c_06_neither_state_nor_code_nor_verifier_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    stage = Stage()
    login = await stage.browser.start()
    stage.issuer.grants.append(grant())
    end = await stage.browser.relay(pasted(login))
    spent = stage.issuer.exchanged[0][0]
    shown = f"{caplog.text} {login!r} {end!r} {spent!r} {stage.browser.status(login.state)!r}"
    for secret in (login.state, CODE, spent.verifier, "rt_from-the-login"):
        assert secret not in shown
    await stage.browser.close()


async def test_none_begins_while_the_owner_wants_none() -> None:
    stage = Stage()
    stage.allowed = False
    with pytest.raises(LoginsOff):
        await stage.browser.start()
    stage.allowed = True
    await stage.browser.start()
    await stage.browser.close()
