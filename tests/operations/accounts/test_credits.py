"""Redeeming a reset credit."""

import json

import pytest

from codex_proxy.accounts.issuer import Grant
from codex_proxy.accounts.lifecycle.keeping import decode_condition
from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.quota.redeeming import COOLDOWN_SECONDS, Redemption
from codex_proxy.accounts.record import Identity, Secrets
from codex_proxy.accounts.store import StoreUnusable
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.accounts.credits import NothingRedeemed, RedeemedJustNow
from codex_proxy.operations.accounts.parts import AccountUnusable, UnknownAccount, UpstreamRefused
from codex_proxy.protocols.codex.reset_credits import Redeemed
from codex_proxy.transports.scripted import ScriptedReply
from tests.operations.accounts.household import UUIDS, A, Household, limits
from tests.operations.login.stage import DAY, NOW
from tests.operations.quota.stand_ins import reply

LIST = {"available_count": 1, "credits": [{"id": "c1", "status": "available", "expires_at": "2027-02-01T00:00:00Z"}]}
LOST = ScriptedReply(refused=Failure(kind=FailureKind.DISCONNECTED, message="connection lost"))


async def household() -> Household:
    house = Household()
    await house.add(A)
    return house


def sent_ids(house: Household) -> list[str]:
    return [json.loads(call.body)["redeem_request_id"] for _, call in house.transport.calls if call.method == "POST"]


def redemption(house: Household) -> Redemption | None:
    found = house.pool.condition(A)
    assert found is not None
    return found[0].redemption


async def kept(house: Household) -> Redemption | None:
    """What a restart would find."""
    return decode_condition((await house.store.load_conditions())[A]).redemption


async def test_the_credits_there_are() -> None:
    house = await household()
    house.transport.add(reply(LIST))
    told = await house.credits.list(A)
    assert (told.available_count, told.next_expires_at) == (1, "2027-02-01T00:00:00Z")


async def test_q_04_a_redeemed_credit_ends_the_lock_and_the_limits_are_asked_for() -> None:
    house = await household()
    house.pool.settle(A, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + DAY), NOW)
    house.transport.add(reply({"code": "reset"}), reply(limits(0)))
    done = await house.credits.redeem(A)
    assert done.request_id == UUIDS[0]
    assert done.quota is not None
    assert house.pool.verdicts(NOW)[A].state is State.ACTIVE
    assert house.asked == ["POST /wham/rate-limit-reset-credits/consume", "GET /wham/usage"]
    assert redemption(house) == Redemption(request_id=UUIDS[0], asked_at=NOW, settled_at=NOW)


async def test_q_04_it_is_on_disk_before_it_is_sent() -> None:
    house = await household()
    found: list[Redemption | None] = []
    house.transport.meanwhile = lambda: found.append(redemption(house))
    house.transport.add(LOST)
    with pytest.raises(UpstreamRefused):
        await house.credits.redeem(A)
    assert found == [Redemption(request_id=UUIDS[0], asked_at=NOW)] == [await kept(house)]


async def test_q_04_what_cannot_be_noted_is_not_sent() -> None:
    house = await household()
    house.store.broken = True
    with pytest.raises(StoreUnusable):
        await house.credits.redeem(A)
    assert house.asked == []


async def test_q_04_after_an_unclear_answer_the_same_one_is_asked_for_again() -> None:
    house = await household()
    house.transport.add(LOST, reply({}, 503), reply({"code": "already_redeemed"}), reply(limits(0)))
    for chosen in (None, UUIDS[1]):
        with pytest.raises(UpstreamRefused):
            await house.credits.redeem(A, chosen)
        house.clock.time += COOLDOWN_SECONDS
    done = await house.credits.redeem(A)
    assert done.request_id == UUIDS[0]
    assert sent_ids(house) == [UUIDS[0]] * 3


async def test_after_a_clear_one_the_next_has_an_id_of_its_own() -> None:
    house = await household()
    house.transport.add(reply({"code": "no_credit"}), reply({"detail": "bad"}, 400), reply({"code": "reset"}))
    house.transport.add(reply(limits(0)))
    with pytest.raises(NothingRedeemed) as caught:
        await house.credits.redeem(A)
    assert caught.value.outcome is Redeemed.NO_CREDIT
    house.clock.time += COOLDOWN_SECONDS
    with pytest.raises(UpstreamRefused):
        await house.credits.redeem(A)
    house.clock.time += COOLDOWN_SECONDS
    await house.credits.redeem(A, UUIDS[0])
    assert sent_ids(house) == [UUIDS[0], UUIDS[1], UUIDS[0]]


async def test_once_in_half_a_minute() -> None:
    house = await household()
    house.transport.add(reply({"code": "nothing_to_reset"}))
    with pytest.raises(NothingRedeemed):
        await house.credits.redeem(A)
    house.clock.time += 10
    with pytest.raises(RedeemedJustNow) as caught:
        await house.credits.redeem(A)
    assert caught.value.wait_seconds == 20
    assert len(house.asked) == 1


async def test_an_outcome_that_cannot_be_written_now_is_told_and_written_later() -> None:
    house = await household()

    def full_from_here() -> None:
        house.store.broken = True

    house.transport.meanwhile = full_from_here
    house.transport.add(reply({"code": "reset"}), reply(limits(0)))
    await house.credits.redeem(A)
    house.store.broken = False
    await house.keeper.write()
    assert await kept(house) == Redemption(request_id=UUIDS[0], asked_at=NOW, settled_at=NOW)


async def test_nobody_and_the_dead_redeem_nothing() -> None:
    house = Household()
    with pytest.raises(UnknownAccount):
        await house.credits.list(A)
    await house.add(A, Grant(identity=Identity(issuer="i"), secrets=Secrets(refresh_token="rt_never-exchanged")))
    with pytest.raises(AccountUnusable):
        await house.credits.redeem(A)
    assert house.asked == []
