"""Device logins: how often the issuer is asked, and how they end."""

import asyncio

import pytest

from codex_proxy.accounts.issuer import IssuerError, Refusal
from codex_proxy.operations.login.device import (
    DEVICE_SECONDS,
    KEPT_SECONDS,
    MAX_DEVICE_LOGINS,
    DevicePending,
    DeviceStarted,
)
from codex_proxy.operations.login.outcomes import LoginDone, LoginFailed, LoginsOff, Reason, TooManyLogins, UnknownLogin
from codex_proxy.operations.login.ports import AuthorizationCode, StillWaiting
from tests.operations.login.stage import NOW, Stage, bad_code, grant, settled

ENTERED = AuthorizationCode(code="ac_device", verifier="v", redirect_uri="https://auth.example/deviceauth/callback")


class Login:
    """A stage with one login begun."""

    def __init__(self, stage: Stage, started: DeviceStarted) -> None:
        self.stage, self.started = stage, started

    @classmethod
    async def begin(cls) -> "Login":
        stage = Stage()
        return cls(stage, await stage.devices.start())

    async def poll(self, after: float = 5.0) -> DevicePending | LoginDone | LoginFailed:
        self.stage.clock.time += after
        return await self.stage.devices.poll(self.started.handle)


async def test_a_device_login_shows_its_code_and_keeps_the_issuers_id() -> None:
    login = await Login.begin()
    started = login.started
    assert (started.user_code, started.page_url) == ("ABCD-12345", "https://auth.example/device")
    assert (started.interval_seconds, started.expires_at) == (5.0, NOW + DEVICE_SECONDS)
    assert "device-secret" not in started.handle
    assert started.handle not in repr(started)


async def test_b_16_from_waiting_to_the_account() -> None:
    login = await Login.begin()
    login.stage.issuer.answers.extend([StillWaiting(), ENTERED])
    login.stage.issuer.grants.append(grant())
    pending = DevicePending(interval_seconds=5.0, expires_at=NOW + DEVICE_SECONDS)
    assert await login.poll() == pending
    done = await login.poll()
    assert done == LoginDone(record=await login.stage.account(), added=True)
    assert [code for code, _ in login.stage.issuer.exchanged] == [ENTERED]
    assert await login.poll() == done
    assert len(login.stage.issuer.asked) == 2


async def test_the_issuer_is_asked_no_more_often_than_it_wants() -> None:
    login = await Login.begin()
    login.stage.issuer.answers.extend([StillWaiting()] * 2)
    for _ in range(20):
        await login.poll(after=0.5)
    assert len(login.stage.issuer.asked) == 2


async def test_b_16_who_is_told_to_slow_down_does() -> None:
    login = await Login.begin()
    login.stage.issuer.answers.extend([StillWaiting(slow_down=True), StillWaiting(slow_down=True, wait_seconds=60.0)])
    told = await login.poll()
    assert isinstance(told, DevicePending)
    assert told.interval_seconds == 10.0
    await login.poll(after=5.0)
    assert len(login.stage.issuer.asked) == 1
    told = await login.poll(after=5.0)
    assert isinstance(told, DevicePending)
    assert told.interval_seconds == 60.0
    await login.poll(after=59.0)
    assert len(login.stage.issuer.asked) == 2


async def test_b_16_the_end_comes_after_fifteen_minutes() -> None:
    login = await Login.begin()
    end = await login.poll(after=DEVICE_SECONDS)
    assert isinstance(end, LoginFailed)
    assert (end.reason, login.stage.issuer.asked) == (Reason.EXPIRED, [])
    with pytest.raises(UnknownLogin):
        await login.poll(after=KEPT_SECONDS)


@pytest.mark.parametrize("refusal", [Refusal.UNAVAILABLE, Refusal.UNREACHABLE, Refusal.NO_ANSWER, Refusal.CHALLENGE])
async def test_what_passes_is_told_and_waited_out(refusal: Refusal) -> None:
    login = await Login.begin()
    login.stage.issuer.answers.extend([IssuerError(refusal, "not now"), StillWaiting()])
    told = await login.poll()
    assert isinstance(told, DevicePending)
    assert told.trouble == "not now"
    told = await login.poll()
    assert isinstance(told, DevicePending)
    assert told.trouble is None


@pytest.mark.parametrize("refusal", [Refusal.BAD_CODE, Refusal.REGION, Refusal.PROTOCOL, Refusal.DEACTIVATED])
async def test_what_does_not_pass_ends_the_login(refusal: Refusal) -> None:
    login = await Login.begin()
    login.stage.issuer.answers.append(IssuerError(refusal, "never"))
    end = LoginFailed(reason=Reason.REFUSED, message="never", refusal=refusal)
    assert await login.poll() == end
    assert await login.poll() == end


async def test_a_code_that_never_left_is_sent_again_and_one_that_may_have_is_not() -> None:
    login = await Login.begin()
    login.stage.issuer.answers.append(ENTERED)
    unsent = IssuerError(Refusal.UNREACHABLE, "refused")
    login.stage.issuer.grants.extend([unsent, IssuerError(Refusal.NO_ANSWER, "silence", maybe_spent=True)])
    assert isinstance(await login.poll(), DevicePending)
    end = await login.poll()
    assert isinstance(end, LoginFailed)
    assert end.refusal is Refusal.NO_ANSWER
    assert (len(login.stage.issuer.asked), len(login.stage.issuer.exchanged)) == (1, 2)


async def test_several_who_ask_at_once_get_one_answer() -> None:
    login = await Login.begin()
    login.stage.issuer.answers.append(ENTERED)
    login.stage.issuer.grants.append(grant())
    login.stage.issuer.gate.clear()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(login.poll())
        others = [tasks.create_task(login.poll(after=0.0)) for _ in range(3)]
        await settled()
        login.stage.issuer.gate.set()
    assert isinstance(first.result(), LoginDone)
    assert [other.result() for other in others] == [first.result()] * 3
    assert (len(login.stage.issuer.asked), len(login.stage.issuer.exchanged)) == (1, 1)


async def test_who_leaves_takes_no_answer_along() -> None:
    login = await Login.begin()
    login.stage.issuer.answers.append(ENTERED)
    login.stage.issuer.grants.append(grant())
    login.stage.issuer.gate.clear()
    leaving = asyncio.get_running_loop().create_task(login.poll())
    await settled()
    leaving.cancel()
    await settled()
    login.stage.issuer.gate.set()
    await login.stage.devices.close()
    assert isinstance(await login.poll(after=0.0), LoginDone)


async def test_a_cancelled_login_asks_nobody() -> None:
    login = await Login.begin()
    end = LoginFailed(reason=Reason.CANCELLED, message="the login was cancelled")
    assert await login.stage.devices.cancel(login.started.handle) == end
    assert await login.poll() == end
    assert login.stage.issuer.asked == []


async def test_cancelling_while_an_answer_comes_keeps_what_it_brought() -> None:
    login = await Login.begin()
    login.stage.issuer.answers.append(ENTERED)
    login.stage.issuer.grants.append(grant())
    login.stage.issuer.gate.clear()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(login.poll())
        await settled()
        cancelling = tasks.create_task(login.stage.devices.cancel(login.started.handle))
        await settled()
        login.stage.issuer.gate.set()
    assert isinstance(cancelling.result(), LoginDone)


async def test_an_issuer_that_begins_none_is_told() -> None:
    stage = Stage()
    stage.issuer.device = bad_code()
    with pytest.raises(IssuerError):
        await stage.devices.start()


async def test_there_are_so_many_at_once_and_no_more() -> None:
    stage = Stage()
    logins = [await stage.devices.start() for _ in range(MAX_DEVICE_LOGINS)]
    with pytest.raises(TooManyLogins):
        await stage.devices.start()
    await stage.devices.cancel(logins[0].handle)
    await stage.devices.start()
    with pytest.raises(UnknownLogin):
        await stage.devices.poll(logins[0].handle)


async def test_a_login_of_nobody_is_unknown() -> None:
    with pytest.raises(UnknownLogin):
        await Stage().devices.poll("of-somebody-else")
    with pytest.raises(UnknownLogin):
        await Stage().devices.cancel("of-somebody-else")


async def test_none_begins_while_the_owner_wants_none() -> None:
    stage = Stage()
    stage.allowed = False
    with pytest.raises(LoginsOff):
        await stage.devices.start()
    stage.allowed = True
    await stage.devices.start()
    await stage.devices.close()
