"""Keeping every account's credential fresh."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.issuer import IssuerError, RefreshReason, Refusal
from codex_proxy.accounts.record import Identity
from codex_proxy.accounts.refreshing.schedule import RefreshPolicy
from codex_proxy.canonical.target import Credential
from codex_proxy.operations.refresh.exchange import Outcome
from codex_proxy.operations.refresh.refresher import RefresherParts, TokenRefresher
from tests.operations.refresh.stand_ins import DAY, WHO, Ground, Live, grant
from tests.waiting import until


class Scene:
    """A refresher over an account ``a`` that is not due for days."""

    def __init__(self, *, concurrency: int = 2) -> None:
        self.ground, self.live = Ground(), Live()
        parts = RefresherParts(
            exchange=self.ground.parts,
            live=self.live,
            policy=RefreshPolicy(concurrency=concurrency),
            jitter=lambda: 0.0,
        )
        self.refresher = TokenRefresher(parts)

    async def add(self, row_id: str, number: int = 0) -> None:
        who = Identity(issuer=WHO.issuer, account_id=row_id, user_id=row_id)
        self.refresher.learn(await self.ground.begin(row_id, number, who if row_id != "a" else WHO))

    @property
    def sent(self) -> list[str]:
        return self.ground.issuer.sent


@asynccontextmanager
async def serving(*, concurrency: int = 2) -> AsyncIterator[Scene]:
    scene = Scene(concurrency=concurrency)
    await scene.add("a")
    async with scene.refresher.serving():
        yield scene


def account(generation: int = 0) -> Account:
    return Account(row_id="a", credential=Credential(token="access"), generation=generation)


async def test_what_falls_due_is_renewed_and_told() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(grant(1, expires_at=20 * DAY))
        scene.ground.clock.time = 10 * DAY - 300
        scene.refresher.change_policy(RefreshPolicy())
        await until(lambda: scene.live.taken)
        assert (scene.sent, scene.ground.issuer.reasons) == (["refresh-0-a"], [RefreshReason.PROACTIVE])
        assert scene.live.taken[0].generation == 1
        assert scene.live.under_way == set()
        assert scene.refresher.schedule.due_at("a") == 20 * DAY - 300


async def test_b_08_everybody_who_was_refused_waits_for_one_exchange() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(grant(1))
        scene.ground.issuer.gate.clear()
        async with asyncio.TaskGroup() as tasks:
            asking = [tasks.create_task(scene.refresher.renew(account())) for _ in range(100)]
            await until(lambda: scene.sent)
            assert scene.live.under_way == {"a"}
            scene.ground.issuer.gate.set()
        assert [task.result() for task in asking] == [True] * 100
        assert (scene.sent, scene.ground.issuer.reasons) == (["refresh-0-a"], [RefreshReason.UNAUTHORIZED])


async def test_who_comes_with_an_old_credential_is_told_of_the_newer_one() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(grant(1))
        assert await scene.refresher.renew(account())
        assert await scene.refresher.renew(account())
        assert scene.sent == ["refresh-0-a"]


async def test_b_08_where_new_tokens_were_refused_again_and_again_no_more_are_fetched() -> None:
    async with serving() as scene:
        scene.live.given_up.add("a")
        assert not await scene.refresher.renew(account())
        assert scene.sent == []


async def test_a_renewal_may_be_asked_for_without_waiting() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(grant(1))
        scene.refresher.request("a")
        await until(lambda: scene.live.taken)
        assert scene.sent == ["refresh-0-a"]
    scene.refresher.request("a")
    assert not await scene.refresher.renew(account(1))
    assert scene.sent == ["refresh-0-a"]


async def test_a_client_that_leaves_does_not_take_the_exchange_along() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(grant(1))
        scene.ground.issuer.gate.clear()
        leaving = asyncio.ensure_future(scene.refresher.renew(account()))
        await until(lambda: scene.sent)
        leaving.cancel()
        scene.ground.issuer.gate.set()
        await until(lambda: scene.live.taken)
        assert scene.live.taken[0].generation == 1


async def test_a_stop_follows_what_was_sent_to_its_end() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(grant(1))
        scene.ground.issuer.gate.clear()
        asking = asyncio.ensure_future(scene.refresher.refresh("a"))
        await until(lambda: scene.sent)
        asyncio.get_running_loop().call_later(0.01, scene.ground.issuer.gate.set)
    assert (await asking).outcome is Outcome.RENEWED


async def test_no_more_exchanges_run_at_once_than_may() -> None:
    async with serving(concurrency=2) as scene:
        for name in "bcd":
            await scene.add(name)
        scene.ground.issuer.gate.clear()
        scene.ground.issuer.answers += [
            grant(number, identity=Identity(issuer=WHO.issuer, account_id=name, user_id=name))
            for number, name in enumerate("bcd", start=1)
        ]
        scene.refresher.forget("a")
        scene.ground.clock.time = 10 * DAY
        scene.refresher.change_policy(RefreshPolicy(concurrency=2))
        await until(lambda: len(scene.sent) == 2)
        await asyncio.sleep(0)
        assert (len(scene.sent), scene.live.under_way) == (2, {"b", "c"})
        scene.ground.issuer.gate.set()
        await until(lambda: len(scene.live.taken) == 3)


async def test_b_11_a_refusal_is_told_and_the_account_comes_again() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(IssuerError(Refusal.UNAVAILABLE, "502"))
        refreshed = await scene.refresher.refresh("a")
        assert (refreshed.outcome, scene.live.failures) == (Outcome.POSTPONED, [refreshed])
        assert scene.refresher.schedule.due_at("a") == 1005.0


async def test_a_dead_credential_is_told_and_never_due_again() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(IssuerError(Refusal.REFRESH_TOKEN_REVOKED, "revoked"))
        assert (await scene.refresher.refresh("a")).outcome is Outcome.DEAD
        assert len(scene.refresher.schedule) == 0
        assert scene.live.taken[0].death is not None


async def test_a_15_an_account_that_is_gone_is_dropped() -> None:
    async with serving() as scene:
        await scene.ground.store.remove(["a"], now=1.0)
        assert (await scene.refresher.refresh("a")).outcome is Outcome.GONE
        assert scene.live.dropped == ["a"]
        assert len(scene.refresher.schedule) == 0


async def test_a_defect_ends_neither_the_others_nor_the_gateway() -> None:
    async with serving() as scene:
        await scene.add("b")
        scene.ground.issuer.answers += [
            ZeroDivisionError("defect"),
            grant(1, identity=Identity(issuer=WHO.issuer, account_id="b", user_id="b")),
        ]
        assert (await scene.refresher.refresh("a")).outcome is Outcome.POSTPONED
        assert (await scene.refresher.refresh("b")).outcome is Outcome.RENEWED
        assert scene.ground.complaints == ["refresh: defect"]
        assert scene.refresher.schedule.due_at("a") is not None


async def test_b_12_after_a_jump_of_the_clock_what_fell_due_meanwhile_is_renewed() -> None:
    async with serving() as scene:
        scene.ground.issuer.answers.append(grant(1, expires_at=30 * DAY))
        scene.ground.clock.time += 12 * DAY
        await scene.add("b", number=1)  # any change wakes it; without one it looks every half minute
        await until(lambda: scene.live.taken)
        assert scene.sent[0] == "refresh-0-a"
