"""The owner's password."""

import asyncio

import pytest

from codex_proxy.access.dashboard.guessing import FIRST_WAIT_SECONDS, FREE_COUNT
from codex_proxy.operations.access.dashboard import (
    FactorUnusable,
    LinkUnusable,
    NoPassword,
    PasswordConfigured,
    PasswordRefused,
    TooManyGuesses,
    WrongCredentials,
)
from tests.operations.access.household import OTHER, OWNER, PASSWORD, START, STRANGER, Home


async def test_a_setup_link_sets_the_password_once() -> None:
    home = Home()
    assert not await home.dashboard.has_password()
    with pytest.raises(NoPassword):
        await home.dashboard.log_in(PASSWORD, None, OWNER)
    await home.dashboard.make_link("http://x")
    with pytest.raises(PasswordRefused):
        await home.dashboard.set_by_link("token-1", "short")
    await home.dashboard.set_by_link("token-1", PASSWORD)
    with pytest.raises(LinkUnusable):
        await home.dashboard.set_by_link("token-1", OTHER)
    session = await home.dashboard.log_in(PASSWORD, None, OWNER)
    assert (session.opened_at, session.address, session.agent) == (START, "127.0.0.1", "browser")
    with pytest.raises(WrongCredentials):
        await home.dashboard.log_in(OTHER, None, OWNER)


async def test_one_of_two_who_use_a_link_at_once_sets_the_password() -> None:
    home = Home()
    await home.dashboard.make_link("http://x")
    tries = [home.dashboard.set_by_link("token-1", password) for password in (PASSWORD, OTHER)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), LinkUnusable]


async def test_s_08_another_password_ends_every_session() -> None:
    home = Home()
    await home.dashboard.change(PASSWORD)
    for token in ("a", "b"):
        home.dashboard.sessions.open(token, await home.dashboard.log_in(PASSWORD, None, OWNER))
    assert await home.dashboard.change(OTHER) == 2
    assert home.dashboard.sessions.find("a", START) is None
    with pytest.raises(WrongCredentials):
        await home.dashboard.log_in(PASSWORD, None, OWNER)


async def test_whoever_guesses_waits_however_many_guess_at_once() -> None:
    home = Home()
    await home.dashboard.change(PASSWORD)
    guesses = (home.dashboard.log_in(f"guess number {number}", None, STRANGER) for number in range(20))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, WrongCredentials) for outcome in outcomes) == FREE_COUNT
    assert sum(isinstance(outcome, TooManyGuesses) for outcome in outcomes) == 20 - FREE_COUNT
    with pytest.raises(TooManyGuesses):
        await home.dashboard.log_in(PASSWORD, None, STRANGER)
    await home.dashboard.log_in(PASSWORD, None, OWNER)


async def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    home = Home()
    await home.dashboard.change(PASSWORD)
    for number in range(FREE_COUNT):
        with pytest.raises(WrongCredentials):
            await home.dashboard.log_in(f"guess number {number}", None, OWNER)
    home.at -= 86_400.0
    home.running += FIRST_WAIT_SECONDS
    await home.dashboard.log_in(PASSWORD, None, OWNER)


async def test_a_second_factor_is_wanted_once_it_was_confirmed() -> None:
    home = Home()
    with pytest.raises(NoPassword):
        await home.dashboard.enrol()
    await home.dashboard.change(PASSWORD)
    await home.dashboard.enrol()
    assert not await home.dashboard.wants_code()
    await home.dashboard.log_in(PASSWORD, None, OWNER)
    with pytest.raises(FactorUnusable):
        await home.dashboard.confirm("000000" if home.code() != "000000" else "111111")
    codes = await home.dashboard.confirm(home.code())
    assert await home.dashboard.wants_code()
    for code in (None, "", home.code()):
        with pytest.raises(WrongCredentials):
            await home.dashboard.log_in(PASSWORD, code, OWNER)
    await home.dashboard.log_in(PASSWORD, codes[0], OWNER)
    home.at += 30
    await home.dashboard.log_in(PASSWORD, home.code(), OWNER)


async def test_a_code_beside_a_wrong_password_is_not_used_up() -> None:
    home = Home()
    codes = await home.with_factor()
    with pytest.raises(WrongCredentials):
        await home.dashboard.log_in(OTHER, codes[0], OWNER)
    await home.dashboard.log_in(PASSWORD, codes[0], OWNER)
    with pytest.raises(WrongCredentials):
        await home.dashboard.log_in(PASSWORD, codes[0], OWNER)


async def test_a_factor_in_force_is_removed_before_another() -> None:
    home = Home()
    await home.with_factor()
    with pytest.raises(FactorUnusable, match="remove it first"):
        await home.dashboard.enrol()
    with pytest.raises(FactorUnusable, match="no second factor waits"):
        await home.dashboard.confirm("000000")
    assert [await home.dashboard.remove_factor() for _ in range(2)] == [True, False]
    await home.dashboard.log_in(PASSWORD, None, OWNER)


async def test_a_password_of_the_settings_is_changed_there() -> None:
    home = Home(configured=PASSWORD)
    assert await home.dashboard.has_password()
    await home.dashboard.log_in(PASSWORD, None, OWNER)
    with pytest.raises(PasswordConfigured):
        await home.dashboard.change(OTHER)
    with pytest.raises(PasswordConfigured):
        await home.dashboard.make_link("http://x")
    with pytest.raises(WrongCredentials):
        await home.dashboard.log_in(OTHER, None, OWNER)
    assert home.store.kept.password is None
