"""Logins from their start to the account, at the simulated issuer and over sockets."""

import asyncio
import logging
import re
from urllib.parse import quote

import httpx
import pytest

from codex_proxy.accounts.issuer import Refusal
from codex_proxy.operations.login.browser import LoginPending, LoginStarted
from codex_proxy.operations.login.device import DevicePending
from codex_proxy.operations.login.outcomes import LoginDone, LoginFailed, Reason
from codex_proxy.server.listeners import PortInUse, bind, bind_loopback
from tests.scenarios.login_stage import login_stage, polled
from tests.waiting import until

AUTO = "issuer: {auto: true}"


def callback_of(login: LoginStarted, query: str) -> str:
    return f"http://127.0.0.1:{login.callback_port}/auth/callback?{query}"


async def is_free(login: LoginStarted) -> None:
    """Wait until nobody listens on the login's port any more; fails after a while."""
    port = login.callback_port
    assert port
    await until(lambda: can_be_had(port))


def can_be_had(port: int) -> bool:
    try:
        sockets = bind_loopback(port)
    except PortInUse:
        return False
    try:
        for bound in sockets:
            bound.listen()
    except OSError:
        return False
    finally:
        for bound in sockets:
            bound.close()
    return True


async def test_a_browser_login_from_the_first_click_to_the_account() -> None:
    async with login_stage(AUTO) as stage:
        login = await stage.logins.start()
        page = await stage.browser.get(login.auth_url)
        assert (page.status_code, "You are logged in" in page.text) == (200, True)
        account = await stage.account()
        assert stage.logins.status(login.state) == LoginDone(record=account, added=True)
        assert (account.identity.issuer, account.has_refresh_token) == (stage.simulator, True)
        assert account.email is not None
        await is_free(login)


async def test_a_08_a_login_asks_the_token_endpoint_once_and_nothing_else() -> None:
    async with login_stage(AUTO) as stage:
        await stage.browser.get((await stage.logins.start()).auth_url)
        [entry] = await stage.asked()
        assert (entry["path"], entry["body"]["grant_type"]) == ("/oauth/token", "authorization_code")
        names = [name for name, _ in entry["headers"] if name not in {"host", "content-length"}]
        assert names[:2] == ["content-type", "accept"]
        assert "originator" not in names


async def test_neither_code_nor_state_nor_token_is_on_the_page_or_in_its_headers() -> None:
    async with login_stage(AUTO) as stage:
        login = await stage.logins.start()
        redirect = await stage.redirect_of(login.auth_url)
        page = await stage.browser.get(redirect, follow_redirects=False)
        secrets = await stage.store.secrets((await stage.account()).row_id)
        assert secrets is not None
        code = httpx.URL(redirect).params["code"]
        shown = page.text + str(page.headers)
        for secret in (code, login.state, secrets.access_token, secrets.refresh_token):
            assert secret
            assert secret not in shown


async def test_c_04_listener_and_pasted_address_race_and_the_code_is_exchanged_once() -> None:
    async with login_stage("issuer: {auto: true, faults: [{answer_after_ms: 50}]}") as stage:
        login = await stage.logins.start()
        redirect = await stage.redirect_of(login.auth_url)
        async with asyncio.TaskGroup() as everybody:
            page = everybody.create_task(stage.browser.get(redirect))
            relays = [everybody.create_task(stage.logins.relay(redirect)) for _ in range(4)]
        done = LoginDone(record=await stage.account(), added=True)
        assert (page.result().status_code, [relay.result() for relay in relays]) == (200, [done] * 4)
        assert len(await stage.asked()) == 1


async def test_a_second_login_of_the_same_person_is_the_same_account() -> None:
    async with login_stage("issuer: {auto: true, logins: [account-1]}") as stage:
        for _ in range(2):
            await stage.browser.get((await stage.logins.start()).auth_url)
        account = await stage.account()
        assert account.generation == 1


async def test_c_01_another_programs_redirect_gets_a_neutral_page_and_the_port() -> None:
    async with login_stage(AUTO) as stage:
        login = await stage.logins.start()
        redirect = await stage.redirect_of(login.auth_url)
        foreign = await stage.browser.get(callback_of(login, "code=ac_of_the_cli&state=of-the-cli"))
        assert (foreign.status_code, "of-the-cli" in foreign.text, "ac_of" in foreign.text) == (400, False, False)
        await is_free(login)
        assert await stage.asked() == []
        assert stage.logins.status(login.state) == LoginPending(expires_at=login.expires_at, callback_port=None)
        assert isinstance(await stage.logins.relay(redirect), LoginDone)


async def test_c_01_the_official_client_asks_for_the_port_and_gets_it() -> None:
    async with login_stage(AUTO) as stage:
        login = await stage.logins.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", login.callback_port)
        writer.write(
            f"GET /cancel HTTP/1.1\r\nHost: 127.0.0.1:{login.callback_port}\r\nConnection: close\r\n\r\n".encode()
        )
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()
        await is_free(login)


async def test_c_01_cancelling_frees_the_port() -> None:
    async with login_stage(AUTO) as stage:
        login = await stage.logins.start()
        await stage.logins.cancel(login.state)
        await is_free(login)


@pytest.mark.parametrize(
    "payload", ["</script><img src=x onerror=alert(1)>", "\"><svg/onload='alert(1)'>", "<b>bold</b>\r\nX-Header: 1"]
)
async def test_c_02_what_the_issuer_says_is_escaped_on_the_page(payload: str) -> None:
    async with login_stage("{}") as stage:
        login = await stage.logins.start()
        query = f"error=access_denied&error_description={quote(payload)}&state={login.state}"
        page = await stage.browser.get(callback_of(login, query))
        assert "The login was refused" in page.text
        assert re.findall(r"<(?:img|svg|script)|<b>bold", page.text) == []
        assert "x-header" not in page.headers
        assert "script" not in page.headers["content-security-policy"]
        end = stage.logins.status(login.state)
        assert isinstance(end, LoginFailed)
        assert end.reason is Reason.DENIED


async def test_c_03_a_page_that_had_its_name_resolved_to_us_gets_nothing() -> None:
    async with login_stage(AUTO) as stage:
        login = await stage.logins.start()
        redirect = await stage.redirect_of(login.auth_url)
        page = await stage.browser.get(redirect, headers={"host": "evil.example"})
        assert (page.status_code, "evil" in page.text + str(page.headers)) == (400, False)
        assert await stage.asked() == []
        assert (await stage.browser.get(redirect)).status_code == 200


async def test_c_05_with_all_ports_taken_the_pasted_address_still_logs_in() -> None:
    taken = bind("127.0.0.1", 0)
    taken.listen()
    async with login_stage(AUTO, ports=(taken.getsockname()[1],)) as stage:
        login = await stage.logins.start()
        assert login.callback_port is None
        assert "is already in use" in str(login.notice)
        redirect = await stage.redirect_of(login.auth_url)
        assert redirect.startswith("http://127.0.0.1:1455/auth/callback?")
        assert isinstance(await stage.logins.relay(redirect), LoginDone)
    taken.close()


async def test_c_06_nothing_of_a_login_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with login_stage(AUTO) as stage:
        login = await stage.logins.start()
        redirect = await stage.redirect_of(login.auth_url)
        await stage.browser.get(redirect)
        secrets = await stage.store.secrets((await stage.account()).row_id)
    assert secrets is not None
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]  # the browser's
    told = "\n".join(f"{record.getMessage()} {record.args}" for record in ours)
    for secret in (login.state, httpx.URL(redirect).params["code"], secrets.access_token, secrets.refresh_token):
        assert secret
        assert secret not in told


async def test_c_07_a_browser_on_another_machine_ends_at_an_address_that_can_be_pasted() -> None:
    async with login_stage(AUTO) as stage:
        login = await stage.logins.start()
        nowhere = (await stage.redirect_of(login.auth_url)).removeprefix("http://")  # as its address bar shows it
        done = await stage.logins.relay(nowhere)
        assert done == LoginDone(record=await stage.account(), added=True)
        await is_free(login)


async def test_what_the_issuers_page_denies_ends_the_login() -> None:
    async with login_stage("issuer: {denies: missing_codex_entitlement}") as stage:
        login = await stage.logins.start()
        page = await stage.browser.get(login.auth_url)
        assert "access_denied: missing_codex_entitlement" in page.text
        assert stage.logins.status(login.state) == LoginFailed(
            reason=Reason.DENIED, message="access_denied: missing_codex_entitlement"
        )
        assert await stage.asked() == []


async def test_a_code_that_the_issuer_takes_no_more_is_told() -> None:
    async with login_stage("issuer: {auto: true, code_seconds: 0}") as stage:
        login = await stage.logins.start()
        page = await stage.browser.get(login.auth_url)
        assert (page.status_code, "The login failed" in page.text) == (502, True)
        end = stage.logins.status(login.state)
        assert isinstance(end, LoginFailed)
        assert (end.reason, end.refusal) == (Reason.REFUSED, Refusal.BAD_CODE)


# ---------------------------------------------------------------------------------------------------- devices


async def test_b_16_a_device_login_by_the_official_paths() -> None:
    async with login_stage("issuer: {device: {auto_after: 2, slow_down: false}}") as stage:
        device = await stage.devices.start()
        assert device.page_url == f"{stage.simulator}/codex/device"
        done = await polled(stage, device.handle)
        assert done == LoginDone(record=await stage.account(), added=True)
        assert [entry["path"] for entry in await stage.asked()] == [
            "/api/accounts/deviceauth/usercode",
            *["/api/accounts/deviceauth/token"] * 3,
            "/oauth/token",
        ]


@pytest.mark.parametrize("status", [403, 404])
async def test_b_16_a_person_enters_the_code_at_the_issuers_page(status: int) -> None:
    async with login_stage(f"issuer: {{device: {{pending_status: {status}}}}}") as stage:
        device = await stage.devices.start()
        stage.clock.ahead_seconds += 5
        assert isinstance(await stage.devices.poll(device.handle), DevicePending)
        page = await stage.browser.get(device.page_url)
        account = re.findall(r'name=account value="([^"]*)"', page.text)[0]
        await stage.browser.post(device.page_url, data={"user_code": device.user_code, "account": account})
        assert isinstance(await polled(stage, device.handle), LoginDone)


async def test_b_16_a_denied_code_ends_the_login() -> None:
    async with login_stage("{}") as stage:
        device = await stage.devices.start()
        await stage.browser.post(device.page_url, data={"user_code": device.user_code, "account": "deny"})
        end = await polled(stage, device.handle)
        assert isinstance(end, LoginFailed)
        assert (end.reason, end.refusal) == (Reason.REFUSED, Refusal.BAD_CODE)


async def test_b_16_a_hurried_device_is_slowed_down_and_gets_there() -> None:
    async with login_stage("issuer: {device: {slow_down: true, auto_after: 2}}") as stage:
        device = await stage.devices.start()
        waits = []
        for _ in range(2):  # the issuer's clock stands still beside ours
            stage.clock.ahead_seconds += 5
            waiting = await stage.devices.poll(device.handle)
            assert isinstance(waiting, DevicePending)
            waits.append(waiting.interval_seconds)
        assert waits == [5.0, 10.0]
        await stage.browser.post(f"{stage.simulator}/__clock", json={"advance_seconds": 10})
        assert isinstance(await polled(stage, device.handle), LoginDone)
        asked = [entry for entry in await stage.asked() if entry["path"].endswith("deviceauth/token")]
        assert len(asked) == 3
