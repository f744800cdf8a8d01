"""Choosing accounts."""

import asyncio
from typing import Any

import pytest

from codex_proxy.accounts.lifecycle import Occurrence
from codex_proxy.accounts.pool import Need, NoAccount
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.selection import Chosen, Selection, SlotPolicy, nobody
from tests.gateway.scene import NOW, Scene
from tests.waiting import until

NEED = Need(model="gpt-5.4", conversation=None)


async def choose(scene: Scene, *, exclude: str = "", only: str | None = None) -> Chosen | Failure:
    return await scene.parts.selection.choose(NEED, exclude=frozenset(exclude), only=only)


async def test_a_busy_account_is_passed_over() -> None:
    scene = Scene(slots=SlotPolicy(max_concurrent=1))
    scene.leases.try_acquire("a", None)
    chosen = await choose(scene)
    assert isinstance(chosen, Chosen)
    assert chosen.account.row_id == "b"
    assert scene.leases.used("b") == 1


async def test_the_same_account_can_be_asked_for_again() -> None:
    chosen = await choose(Scene(), only="b")
    assert isinstance(chosen, Chosen)
    assert chosen.account.row_id == "b"


async def test_a_freed_slot_goes_to_who_waits() -> None:
    scene = Scene(slots=SlotPolicy(max_concurrent=1, queue_timeout_seconds=5), accounts="a")
    held = scene.leases.try_acquire("a", None)
    waiting = asyncio.ensure_future(choose(scene))
    await until(lambda: scene.leases.waiting_count)
    assert held is not None
    held.release()
    assert isinstance(await waiting, Chosen)


async def test_more_waiters_than_the_limit_are_turned_away_at_once() -> None:
    scene = Scene(slots=SlotPolicy(max_concurrent=1, queue_timeout_seconds=5, queue_limit=0), accounts="a")
    scene.leases.try_acquire("a", None)
    failure = await choose(scene)
    assert isinstance(failure, Failure)
    assert (failure.kind, failure.retry_after_seconds) == (FailureKind.BUSY, 2.5)


@pytest.mark.parametrize(
    ("reason", "kind", "wait"),
    [
        (NoAccount(by_state={}), FailureKind.NO_ACCOUNT, None),
        (NoAccount(by_state={"limited": 2}, retry_at=NOW + 60), FailureKind.USAGE_LIMIT, 60.0),
        (NoAccount(by_state={"limited": 1, "expired": 1}, retry_at=NOW + 60), FailureKind.NO_ACCOUNT, None),
        (NoAccount(by_state={"expired": 1}), FailureKind.NO_ACCOUNT, None),
    ],
)
def test_why_nobody_can_serve(reason: NoAccount, kind: FailureKind, wait: float | None) -> None:
    failure = nobody(reason, NOW)
    assert (failure.kind, failure.retry_after_seconds) == (kind, wait)


# ------------------------------------------------------------------------------------------------- spacing


class HeldClock:
    """Time that stands still until the test moves it on."""

    def __init__(self) -> None:
        self.time = NOW
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        waker = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.time + seconds, waker))
        await waker

    async def pass_(self, seconds: float) -> None:
        self.time += seconds
        for until_time, waker in self._sleepers:
            if until_time <= self.time and not waker.done():
                waker.set_result(None)
        await settled()


async def settled() -> None:
    """Let every task go as far as it can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Spaced:
    """A selection whose requests of one account start 2 seconds apart, and who was let go when."""

    def __init__(self, accounts: str = "a", **policy: Any) -> None:
        self.scene, self.clock = Scene(accounts=accounts), HeldClock()
        self.selection = Selection(
            pool=self.scene.pool,
            leases=self.scene.leases,
            clock=self.clock,
            policy=SlotPolicy(interval_seconds=2, **policy),
        )
        self.starts: list[tuple[str, str, float]] = []

    async def ask(self, name: str, *, only: str | None = None, conversation: str | None = None) -> Failure | None:
        need = Need(model="gpt-5.4", conversation=("key", conversation) if conversation else None)
        chosen = await self.selection.choose(need, exclude=frozenset(), only=only)
        if isinstance(chosen, Failure):
            return chosen
        self.starts.append((name, chosen.account.row_id, self.clock.time - NOW))
        chosen.lease.release()
        return None


async def test_requests_of_one_account_start_apart_and_in_the_order_they_came() -> None:
    spaced = Spaced()
    async with asyncio.TaskGroup() as group:
        for name in ("one", "two", "three"):
            group.create_task(spaced.ask(name))
        await settled()
        for _ in range(4):
            await spaced.clock.pass_(1)
    assert spaced.starts == [("one", "a", 0), ("two", "a", 2), ("three", "a", 4)]
    assert spaced.scene.leases.used_count == 0


async def test_another_account_of_equal_rank_is_taken_instead_of_waiting() -> None:
    spaced = Spaced("ab")
    for name in ("one", "two"):
        assert await spaced.ask(name) is None
    assert spaced.starts == [("one", "a", 0), ("two", "b", 0)]


async def test_requests_that_have_to_wait_are_spread_over_the_accounts() -> None:
    spaced = Spaced("ab")
    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(spaced.ask(str(number)))
        await settled()
        await spaced.clock.pass_(2)
        await spaced.clock.pass_(2)
    assert sorted(spaced.starts, key=lambda start: start[2]) == [
        ("0", "a", 0),
        ("1", "b", 0),
        ("2", "a", 2),
        ("3", "b", 2),
        ("4", "a", 4),
        ("5", "b", 4),
    ]


async def test_a_conversation_waits_for_its_home() -> None:
    spaced = Spaced("ab")
    async with asyncio.TaskGroup() as group:
        await spaced.ask("first", conversation="c")
        group.create_task(spaced.ask("second", conversation="c"))
        await settled()
        await spaced.clock.pass_(2)
    assert spaced.starts == [("first", "a", 0), ("second", "a", 2)]


async def test_a_second_try_on_the_same_account_keeps_the_distance_too() -> None:
    spaced = Spaced("ab")
    async with asyncio.TaskGroup() as group:
        await spaced.ask("try")
        group.create_task(spaced.ask("again", only="a"))
        await settled()
        await spaced.clock.pass_(2)
    assert spaced.starts == [("try", "a", 0), ("again", "a", 2)]


async def test_a_waiter_that_leaves_frees_its_slot_and_lets_the_others_move_up() -> None:
    spaced = Spaced()
    await spaced.ask("one")
    leaving = asyncio.ensure_future(spaced.ask("two"))
    staying = asyncio.ensure_future(spaced.ask("three"))
    await settled()
    assert spaced.scene.leases.used_count == 2
    leaving.cancel()
    await settled()
    assert leaving.cancelled()
    assert spaced.scene.leases.used_count == 1
    await spaced.clock.pass_(2)
    assert await staying is None
    assert spaced.starts == [("one", "a", 0), ("three", "a", 2)]


async def test_a_turn_that_comes_too_late_is_not_waited_for() -> None:
    spaced = Spaced(queue_timeout_seconds=0.01)
    await spaced.ask("one")
    failure = await spaced.ask("two")
    assert failure is not None
    assert failure.kind is FailureKind.BUSY


async def test_waiters_for_a_turn_count_against_the_limit() -> None:
    spaced = Spaced(queue_limit=1)
    await spaced.ask("one")
    waiting = asyncio.ensure_future(spaced.ask("two"))
    await settled()
    failure = await spaced.ask("three")
    assert failure is not None
    assert failure.kind is FailureKind.BUSY
    await spaced.clock.pass_(2)
    assert await waiting is None


async def test_an_account_that_was_limited_while_its_turn_was_awaited_is_left() -> None:
    spaced = Spaced("ab")
    await spaced.ask("home", conversation="c")
    waiting = asyncio.ensure_future(spaced.ask("moved", conversation="c"))
    await settled()
    spaced.scene.pool.settle("a", Occurrence.USAGE_LIMIT, generation=0, now=NOW, until=NOW + 500)
    await spaced.clock.pass_(2)
    assert await waiting is None
    assert spaced.starts == [("home", "a", 0), ("moved", "b", 2)]
    assert spaced.scene.leases.used_count == 0
