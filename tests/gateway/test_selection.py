"""Choosing accounts."""

import asyncio
from typing import Any

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.choice.explanation import Explanation
from codex_proxy.accounts.choice.member import EgressFault
from codex_proxy.accounts.choice.need import Basis, ChoicePolicy, Need
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.pool import News
from codex_proxy.accounts.rotation import Strategy
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.target import Credential
from codex_proxy.gateway.selection import LOGIN, SAMPLED_EVERY, Chosen, QueuePolicy, Selection
from tests.gateway.scene import NOW, Scene
from tests.waiting import until

NEED = Need(model="gpt-5.4")
ONE_SLOT = ChoicePolicy(max_concurrent=1)
PATIENT = QueuePolicy(timeout_seconds=5)


async def choose(scene: Scene, *, need: Need = NEED, exclude: str = "", **asked: Any) -> Chosen | Failure:
    return await scene.selection.choose(need, exclude=frozenset(exclude), **asked)


async def chosen(scene: Scene, **asked: Any) -> Chosen:
    found = await choose(scene, **asked)
    assert isinstance(found, Chosen)
    return found


async def refused(scene: Scene, **asked: Any) -> Failure:
    found = await choose(scene, **asked)
    assert isinstance(found, Failure)
    return found


def limit(scene: Scene, row_ids: str, seconds: float = 500) -> None:
    for row_id in row_ids:
        news = News(occurrence=Occurrence.USAGE_LIMIT, until=scene.clock.time + seconds)
        scene.pool.settle(row_id, news, scene.clock.time)


async def test_a_busy_account_is_passed_over() -> None:
    scene = Scene(policy=ONE_SLOT)
    scene.leases.try_acquire("a", None)
    assert (await chosen(scene)).account.row_id == "b"
    assert scene.leases.used("b") == 1


async def test_the_same_account_can_be_asked_for_again() -> None:
    assert (await chosen(Scene(), again="b")).account.row_id == "b"


async def test_the_lease_says_whom_it_is_for() -> None:
    scene = Scene()
    found = await chosen(scene, request_id="req_1")
    del found
    (leak,) = scene.leases.leaked()
    assert (leak.tag.request_id, leak.tag.started_at) == ("req_1", NOW)


# ------------------------------------------------------------------------------------------- waiting for a slot


class Waiting:
    """Requests that wait, by name, and who got what in which order."""

    def __init__(self, scene: Scene, tasks: asyncio.TaskGroup) -> None:
        self.scene, self.tasks = scene, tasks
        self.served: list[tuple[str, str]] = []

    async def join(self, name: str, **asked: Any) -> asyncio.Task[None]:
        before = self.scene.leases.waiting_count
        task = self.tasks.create_task(self._choose(name, asked))
        await until(lambda: self.scene.leases.waiting_count > before)
        return task

    async def _choose(self, name: str, asked: dict[str, Any]) -> None:
        found = await choose(self.scene, **asked)
        self.served.append((name, found.account.row_id if isinstance(found, Chosen) else found.kind))


async def test_a_freed_slot_goes_to_who_waits_before_it_goes_to_anybody_who_comes() -> None:
    scene = Scene(policy=ONE_SLOT, queue=PATIENT, accounts="a")
    held = await chosen(scene)
    async with asyncio.TaskGroup() as tasks:
        waiting = Waiting(scene, tasks)
        await waiting.join("waited")
        held.lease.release()
        late = tasks.create_task(choose(scene))
        await until(lambda: waiting.served)
        assert scene.leases.waiting_count == 1
        late.cancel()
    assert waiting.served == [("waited", "a")]


async def test_who_waits_for_another_account_is_not_woken_and_keeps_its_place() -> None:
    scene = Scene(policy=ONE_SLOT, queue=PATIENT)
    held = {row_id: await chosen(scene, again=row_id) for row_id in "ab"}
    async with asyncio.TaskGroup() as tasks:
        waiting = Waiting(scene, tasks)
        await waiting.join("b again", again="b")
        await waiting.join("any")
        held["a"].lease.release()
        await until(lambda: waiting.served)
        held["b"].lease.release()
    assert waiting.served == [("any", "a"), ("b again", "b")]


async def test_a_14_an_account_that_is_added_serves_who_waits() -> None:
    scene = Scene(policy=ONE_SLOT, queue=PATIENT, accounts="a")
    await chosen(scene)
    async with asyncio.TaskGroup() as tasks:
        waiting = Waiting(scene, tasks)
        await waiting.join("waited")
        scene.pool.add(Account(row_id="new", credential=Credential(token="t")), NOW)
        scene.pool.refresh(NOW)
    assert waiting.served == [("waited", "new")]


async def test_a_lock_that_ends_and_a_limit_that_is_raised_serve_who_waits() -> None:
    scene = Scene(policy=ONE_SLOT, queue=PATIENT)
    limit(scene, "b", seconds=3)
    await chosen(scene)
    async with asyncio.TaskGroup() as tasks:
        waiting = Waiting(scene, tasks)
        for name in ("one", "two"):
            await waiting.join(name)
        scene.pool.refresh(NOW + 3)
        await until(lambda: waiting.served)
        scene.pool.policy = ChoicePolicy(max_concurrent=2)
        scene.pool.refresh(NOW + 3)
    assert waiting.served == [("one", "b"), ("two", "a")]


async def test_an_account_that_was_limited_meanwhile_is_not_used_by_who_was_handed_its_slot() -> None:
    scene = Scene(policy=ONE_SLOT, queue=QueuePolicy(timeout_seconds=0.05), accounts="a")
    held = await chosen(scene)
    async with asyncio.TaskGroup() as tasks:
        waiting = Waiting(scene, tasks)
        await waiting.join("waited")
        held.lease.release()
        limit(scene, "a")
    assert waiting.served == [("waited", FailureKind.USAGE_LIMIT)]
    assert scene.leases.used_count == 0


async def test_an_account_that_is_removed_meanwhile_is_not_used_by_who_was_handed_its_slot() -> None:
    scene = Scene(policy=ONE_SLOT, queue=QueuePolicy(timeout_seconds=0.05), accounts="a")
    held = await chosen(scene)
    async with asyncio.TaskGroup() as tasks:
        waiting = Waiting(scene, tasks)
        await waiting.join("waited")
        held.lease.release()
        scene.pool.remove(["a"])
    assert waiting.served == [("waited", FailureKind.NO_ACCOUNT)]
    assert scene.leases.used_count == 0


async def test_q_13_who_leaves_while_waiting_leaves_nothing_behind() -> None:
    scene = Scene(policy=ONE_SLOT, queue=PATIENT, accounts="a")
    held = await chosen(scene)
    async with asyncio.TaskGroup() as tasks:
        waiting = Waiting(scene, tasks)
        leaving = await waiting.join("leaving")
        await waiting.join("staying")
        held.lease.release()
        leaving.cancel()
    assert waiting.served == [("staying", "a")]
    assert (scene.leases.used_count, scene.leases.waiting_count) == (1, 0)


async def test_more_waiters_than_the_limit_are_turned_away_at_once() -> None:
    scene = Scene(policy=ONE_SLOT, queue=QueuePolicy(timeout_seconds=5, limit=0), accounts="a")
    scene.leases.try_acquire("a", None)
    failure = await refused(scene)
    assert (failure.kind, failure.retry_after_seconds) == (FailureKind.BUSY, 2.5)


async def test_after_the_bounded_wait_it_says_what_is_in_the_way() -> None:
    scene = Scene(policy=ONE_SLOT, queue=QueuePolicy(timeout_seconds=0.01))
    limit(scene, "b")
    await chosen(scene)
    failure = await refused(scene)
    assert (failure.kind, failure.retry_after_seconds) == (FailureKind.BUSY, 1.0)
    assert "1 limited, 1 slots taken" in failure.message


async def test_another_queue_counts_at_once() -> None:
    scene = Scene(policy=ONE_SLOT, queue=PATIENT, accounts="a")
    await chosen(scene)
    scene.selection.queue = QueuePolicy(timeout_seconds=5, limit=0)
    assert (await refused(scene)).kind is FailureKind.BUSY


# ------------------------------------------------------------------------------------------------ nobody can serve


async def test_where_nobody_is_logged_in_it_says_where_to() -> None:
    scene = Scene(accounts="")
    plain = await refused(scene)
    assert (plain.kind, LOGIN in plain.message) == (FailureKind.NO_ACCOUNT, True)
    selection = Selection(
        pool=scene.pool, leases=scene.leases, clock=scene.clock, queue=PATIENT, login=lambda: "log in at http://h/ui/"
    )
    told = await selection.choose(NEED, exclude=frozenset())
    assert isinstance(told, Failure)
    assert told.message == "no account is logged in; log in at http://h/ui/"


async def test_a_16_where_all_are_limited_it_says_until_when_and_asks_for_no_login() -> None:
    scene = Scene()
    limit(scene, "a", 500)
    limit(scene, "b", 100)
    failure = await refused(scene)
    assert (failure.kind, failure.retry_after_seconds) == (FailureKind.USAGE_LIMIT, 100)
    assert failure.message == "no account can serve this now (2 limited)"


async def test_where_only_the_way_out_is_shut_it_is_named() -> None:
    scene = Scene()
    scene.pool.set_egress("ab", EgressFault(name="paris", kind=FailureKind.UNREACHABLE))
    failure = await refused(scene)
    assert (failure.kind, "paris" in failure.message) == (FailureKind.UNREACHABLE, True)


# --------------------------------------------------------------------------------------------------- explanations


def explained(scene: Scene, request_id: str = "req") -> Explanation:
    found = scene.selection.explanations.explain(request_id)
    assert found is not None
    return found


async def test_every_choice_is_explained() -> None:
    scene = Scene()
    limit(scene, "b")
    await chosen(scene, request_id="req")
    found = explained(scene)
    (choice,) = found.choices
    assert (found.need, choice.chosen, choice.basis, choice.at) == (NEED, "a", Basis.STRATEGY, NOW)
    assert (choice.passed_over, choice.details, choice.waited_seconds) == ({"limited": 1}, (), 0)


async def test_a_failover_and_a_refusal_name_who_was_passed_over() -> None:
    scene = Scene()
    limit(scene, "a")
    await chosen(scene, request_id="req", exclude="a")
    await refused(scene, request_id="req", exclude="ab")
    second, third = explained(scene).choices
    assert [(each.row_id, each.reason) for each in second.details] == [("a", "limited")]
    assert (third.chosen, third.passed_over) == (None, {"limited": 1, "tried_already": 1})
    assert {each.reason for each in third.details} == {"limited", "tried_already"}


async def test_a_sample_of_the_others_names_them_too() -> None:
    scene = Scene()
    limit(scene, "b")
    for number in range(SAMPLED_EVERY):
        (await chosen(scene, request_id=f"r{number}")).lease.release()
    named = [bool(explained(scene, f"r{number}").choices[0].details) for number in range(SAMPLED_EVERY)]
    assert named == [False] * (SAMPLED_EVERY - 1) + [True]


async def test_who_came_by_the_queue_is_known_as_such() -> None:
    scene = Scene(policy=ONE_SLOT, queue=PATIENT, accounts="a")
    held = await chosen(scene)
    async with asyncio.TaskGroup() as tasks:
        waiting = Waiting(scene, tasks)
        await waiting.join("waited", request_id="req")
        scene.clock.time += 2
        held.lease.release()
    (choice,) = explained(scene).choices
    assert (choice.basis, choice.chosen, choice.waited_seconds) == (Basis.QUEUE, "a", 2)


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

    def __init__(self, accounts: str = "a", **queue: Any) -> None:
        self.scene = Scene(accounts=accounts, policy=ChoicePolicy(strategy=Strategy.ROUND_ROBIN, interval_seconds=2))
        self.clock = HeldClock()
        self.selection = Selection(
            pool=self.scene.pool, leases=self.scene.leases, clock=self.clock, queue=QueuePolicy(**queue)
        )
        self.starts: list[tuple[str, str, float]] = []

    async def ask(self, name: str, *, again: str | None = None, conversation: str | None = None) -> Failure | None:
        need = Need(model="gpt-5.4", conversation=("key", conversation) if conversation else None)
        found = await self.selection.choose(need, exclude=frozenset(), again=again)
        if isinstance(found, Failure):
            return found
        self.starts.append((name, found.account.row_id, self.clock.time - NOW))
        found.lease.release()
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
        group.create_task(spaced.ask("again", again="a"))
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
    spaced = Spaced(timeout_seconds=0.01)
    await spaced.ask("one")
    failure = await spaced.ask("two")
    assert failure is not None
    assert failure.kind is FailureKind.BUSY


async def test_waiters_for_a_turn_count_against_the_limit() -> None:
    spaced = Spaced(limit=1)
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
    limit(spaced.scene, "a")
    await spaced.clock.pass_(2)
    assert await waiting is None
    assert spaced.starts == [("home", "a", 0), ("moved", "b", 2)]
    assert spaced.scene.leases.used_count == 0
