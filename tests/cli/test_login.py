"""Logging in from the command line."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.cli.asking import Gateway, GatewayRefused
from codex_proxy.cli.login import LoginScene, log_in, log_in_by_device, log_in_by_paste, take_over_cli_login
from codex_proxy.operations.login.ports import AuthorizationCode, StillWaiting
from tests.cli.gatehouse import Gatehouse, Seen
from tests.operations.accounts.household import A, B, person
from tests.operations.login.stage import ISSUER, NOW, grant, token
from tests.operations.login.test_cli_file import file_of

CODE = AuthorizationCode(code="c", verifier="v", redirect_uri=f"{ISSUER}/deviceauth/callback")


class Terminal:
    """What the owner types, and what happens while the command waits."""

    def __init__(self, gatehouse: Gatehouse, gateway: Gateway, *typed: str, again: str | None = None) -> None:
        self.seen = Seen()
        self.typed = list(typed)
        self.slept: list[float] = []
        self.waits = asyncio.Event()
        self._gatehouse = gatehouse
        self.scene = LoginScene(
            gateway=gateway, console=self.seen.console, lines=self._lines(), sleep=self._sleep, again=again
        )

    async def _lines(self) -> AsyncIterator[str]:
        for line in self.typed:
            await asyncio.sleep(0)
            yield line.replace("STATE", self.state)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.waits.set()
        self._gatehouse.house.clock.time += seconds
        await asyncio.sleep(0)

    @property
    def state(self) -> str:
        """The state in the address that was shown."""
        return self.seen.text.partition("state=")[2].partition("\n")[0].partition("&")[0]


async def test_the_browsers_redirect_ends_the_login() -> None:
    gatehouse = Gatehouse()
    gatehouse.house.issuer.grants.append(grant(person(A)))
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway)

        async def browse() -> None:
            await terminal.waits.wait()
            await gatehouse.browser.arrive(f"code=c&state={terminal.state}")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(browse())
            await log_in(terminal.scene)
    assert f"{ISSUER}/authorize?state={terminal.state}" in terminal.seen.text
    assert terminal.seen.text.endswith("logged in: aaaa@example.invalid (plus)\n")


async def test_c_07_or_the_address_that_its_owner_pastes() -> None:
    gatehouse = Gatehouse()
    gatehouse.house.issuer.grants.append(grant(person(A)))
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway, "\n", "what?\n", "127.0.0.1:1455/auth/callback?code=c&state=STATE\n")
        await log_in(terminal.scene)
    lines = terminal.seen.text.splitlines()
    assert "the address holds no state" in lines[-2]
    assert lines[-1] == "logged in: aaaa@example.invalid (plus)"


async def test_a_login_that_fails_ends_with_its_reason() -> None:
    gatehouse = Gatehouse()
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway, "http://x/?error=access_denied&state=STATE\n")
        with pytest.raises(GatewayRefused, match="access_denied"):
            await log_in(terminal.scene)
        cancelled = Terminal(gatehouse, gateway)

        async def cancel() -> None:
            await cancelled.waits.wait()
            await gatehouse.browser.cancel(cancelled.state)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(cancel())
            with pytest.raises(GatewayRefused, match="the login was cancelled"):
                await log_in(cancelled.scene)


async def test_a_login_that_the_owner_wants_none_of_is_refused_in_words() -> None:
    gatehouse = Gatehouse()
    gatehouse.house.logins_allowed = False
    async with gatehouse.open() as gateway:
        for begin in (log_in, log_in_by_device):
            with pytest.raises(GatewayRefused, match="are switched off"):
                await begin(Terminal(gatehouse, gateway).scene)


async def test_c_05_without_a_port_it_says_to_paste() -> None:
    gatehouse = Gatehouse()
    gatehouse.listener.ports.clear()
    gatehouse.house.issuer.grants.append(grant(person(A)))
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway, "http://127.0.0.1:1455/auth/callback?code=c&state=STATE\n")
        await log_in(terminal.scene)
    assert "127.0.0.1:1455 is already in use" in terminal.seen.text


async def test_a_login_of_another_command_is_finished_by_its_address() -> None:
    gatehouse = Gatehouse()
    gatehouse.house.issuer.grants.append(grant(person(A)))
    async with gatehouse.open() as gateway:
        state = (await gateway.ask("POST", "/auth/login-start"))["state"]
        terminal = Terminal(gatehouse, gateway)
        await log_in_by_paste(terminal.scene, f" http://127.0.0.1:1455/auth/callback?code=c&state={state} ")
        with pytest.raises(GatewayRefused, match="no login of this name"):
            await log_in_by_paste(terminal.scene, "http://127.0.0.1:1455/auth/callback?code=c&state=other")
    assert terminal.seen.text == "logged in: aaaa@example.invalid (plus)\n"


async def test_a_device_code_is_shown_and_waited_for() -> None:
    gatehouse = Gatehouse()
    gone = IssuerError(Refusal.UNAVAILABLE, "the issuer answered 500")
    gatehouse.house.issuer.answers.extend([StillWaiting(), gone, gone, StillWaiting(slow_down=True), CODE])
    gatehouse.house.issuer.grants.append(grant(person(A)))
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway)
        await log_in_by_device(terminal.scene)
    assert terminal.seen.text.splitlines() == [
        f"Open {ISSUER}/device and enter the code ABCD-12345",
        "the issuer answered 500",
        "logged in: aaaa@example.invalid (plus)",
    ]
    assert terminal.slept[-1] == 10.0, "slower, as the issuer wants it"


@pytest.mark.parametrize("by_device", [False, True])
async def test_an_account_logs_in_again_by_its_own_way_out(by_device: bool) -> None:
    gatehouse = Gatehouse()
    await gatehouse.house.add(A)
    gatehouse.house.issuer.answers.append(CODE)
    gatehouse.house.issuer.grants.append(grant(person(A)))
    async with gatehouse.open() as gateway:
        terminal = Terminal(
            gatehouse, gateway, "http://127.0.0.1:1455/auth/callback?code=c&state=STATE\n", again="AAAA@example.invalid"
        )
        await (log_in_by_device if by_device else log_in)(terminal.scene)
    assert terminal.seen.text.endswith("logged in: aaaa@example.invalid (plus)\n")
    assert [way for _, way in gatehouse.house.issuer.exchanged] == [A]


async def test_another_account_than_the_named_one_is_said_so() -> None:
    gatehouse = Gatehouse()
    await gatehouse.house.add(A)
    gatehouse.house.issuer.answers.append(CODE)
    gatehouse.house.issuer.grants.append(grant(person(B)))
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway, again=A)
        await log_in_by_device(terminal.scene)
    assert terminal.seen.text.splitlines()[-2:] == [
        "logged in: bbbb@example.invalid (plus)",
        f"that is another account; {A} is as it was",
    ]


@pytest.mark.parametrize("begin", [log_in, log_in_by_device])
async def test_who_is_not_there_does_not_log_in_again(begin: Callable[[LoginScene], Awaitable[None]]) -> None:
    gatehouse = Gatehouse()
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway, again="nobody")
        with pytest.raises(GatewayRefused, match="there is no account nobody"):
            await begin(terminal.scene)
    assert terminal.seen.text == ""


async def test_a_device_login_that_is_over_says_so() -> None:
    gatehouse = Gatehouse()
    gatehouse.house.issuer.answers.extend([StillWaiting()] * 200)
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway)
        with pytest.raises(GatewayRefused, match="not entered within 15 minutes"):
            await log_in_by_device(terminal.scene)


@pytest.mark.parametrize("follow", [False, True])
async def test_b_14_the_codex_clis_login_is_taken_over_and_its_refresh_token_left_there(follow: bool) -> None:
    gatehouse = Gatehouse()
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway)
        with pytest.raises(GatewayRefused, match="cannot be read"):
            await take_over_cli_login(terminal.scene, follow=follow)
        gatehouse.files.contents["/home/auth.json"] = file_of(token(person(A), issued_at=NOW - 60))
        await take_over_cli_login(terminal.scene, follow=follow)
        (account,) = (await gateway.ask("GET", "/auth/accounts"))["accounts"]
    assert terminal.seen.text == "logged in: aaaa@example.invalid (plus)\n"
    assert (account["hasRefreshToken"], account["followedFile"]) == (False, "/home/auth.json" if follow else None)


async def test_no_secret_is_shown() -> None:
    gatehouse = Gatehouse()
    told = grant(person(A), refresh_token="rt_of-the-login")
    gatehouse.house.issuer.answers.append(CODE)
    gatehouse.house.issuer.grants.append(told)
    async with gatehouse.open() as gateway:
        terminal = Terminal(gatehouse, gateway)
        await log_in_by_device(terminal.scene)
    assert told.secrets.access_token
    for secret in (told.secrets.access_token, "rt_of-the-login", "device-secret"):
        assert secret not in terminal.seen.text
