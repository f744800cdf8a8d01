"""Slots: counted, handed on fairly, settled exactly once."""

import asyncio
import gc

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from codex_proxy.gateway.leases import MemoryLease, MemoryLeaseBook
from codex_proxy.gateway.ports import LeaseKind, LeaseTag, Wants

PROBE = LeaseTag(kind=LeaseKind.BACKGROUND)


def wants(book: MemoryLeaseBook, *account_ids: str) -> Wants:
    """Any of these, of which each has one slot."""
    return lambda account_id: account_id in account_ids and not book.used(account_id)


async def test_slots_are_counted_and_given_back_once() -> None:
    book = MemoryLeaseBook()
    first = book.try_acquire("a", 2)
    second = book.try_acquire("a", 2)
    assert book.try_acquire("a", 2) is None
    assert first is not None
    assert second is not None
    first.release()
    first.release()
    assert (book.used("a"), book.used_count) == (1, 1)
    second.release()
    assert (book.used("a"), book.used_count) == (0, 0)


async def test_without_a_limit_there_is_always_a_slot() -> None:
    book = MemoryLeaseBook()
    assert all(book.try_acquire("a", None) for _ in range(100))


async def test_q_21_background_work_takes_no_slot() -> None:
    book, told = MemoryLeaseBook(), []
    book.watch(lambda account_id, used: told.append((account_id, used)))
    probe = book.try_acquire("a", 1, PROBE)
    assert probe is not None
    assert (book.used("a"), book.used_count, told) == (0, 0, [])
    assert book.try_acquire("a", 1) is not None
    assert book.try_acquire("a", 1, PROBE) is not None
    probe.release()
    assert book.used("a") == 1


async def test_every_change_of_slots_is_told() -> None:
    book, told = MemoryLeaseBook(), []
    book.watch(lambda account_id, used: told.append((account_id, used)))
    leases = [book.try_acquire("a", None), book.try_acquire("a", None)]
    for lease in leases:
        assert lease is not None
        lease.release()
    assert told == [("a", 1), ("a", 2), ("a", 1), ("a", 0)]


# ------------------------------------------------------------------------------------------------------- waiting


class Line:
    """Waiters of one name each, and who was served in which order."""

    def __init__(self, book: MemoryLeaseBook, tasks: asyncio.TaskGroup) -> None:
        self.book, self.tasks = book, tasks
        self.served: list[str] = []
        self.leases: dict[str, MemoryLease] = {}

    async def join(self, name: str, *account_ids: str, seconds: float = 5.0) -> asyncio.Task[None]:
        task = self.tasks.create_task(self._wait(name, account_ids, seconds))
        await asyncio.sleep(0)
        return task

    async def _wait(self, name: str, account_ids: tuple[str, ...], seconds: float) -> None:
        with self.book.queue(wants(self.book, *account_ids)) as waiter:
            lease = await waiter.wait(seconds)
        self.served.append(name if lease is not None else f"{name} in vain")
        if lease is not None:
            self.leases[name] = lease


def taken(book: MemoryLeaseBook, *account_ids: str) -> list[MemoryLease]:
    leases = [book.try_acquire(account_id, 1) for account_id in account_ids]
    return [lease for lease in leases if lease is not None]


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_waiters_are_served_in_the_order_they_came() -> None:
    book = MemoryLeaseBook()
    first, second = taken(book, "a", "b")
    async with asyncio.TaskGroup() as tasks:
        line = Line(book, tasks)
        for name in ("one", "two"):
            await line.join(name, "a", "b")
        assert book.waiting_count == 2
        second.release()
        first.release()
        await settled()
    assert line.served == ["one", "two"]
    assert [line.leases[name].account_id for name in ("one", "two")] == ["b", "a"]
    assert (book.waiting_count, book.used_count) == (0, 2)


async def test_a_slot_goes_to_the_first_who_wants_this_account_and_others_keep_their_places() -> None:
    book = MemoryLeaseBook()
    first, second = taken(book, "a", "b")
    async with asyncio.TaskGroup() as tasks:
        line = Line(book, tasks)
        await line.join("wants a", "a")
        await line.join("wants b", "b")
        await line.join("wants any", "a", "b")
        second.release()
        await settled()
        assert line.served == ["wants b"]
        line.leases["wants b"].release()
        await settled()
        assert line.served == ["wants b", "wants any"]
        first.release()
        await settled()
    assert line.served == ["wants b", "wants any", "wants a"]


async def test_a_freed_slot_is_the_waiters_before_anybody_else_can_take_it() -> None:
    book = MemoryLeaseBook()
    (held,) = taken(book, "a")
    async with asyncio.TaskGroup() as tasks:
        line = Line(book, tasks)
        await line.join("one", "a")
        held.release()
        assert book.try_acquire("a", 1) is None
    assert line.served == ["one"]


async def test_an_account_that_is_offered_serves_as_many_as_want_it() -> None:
    book = MemoryLeaseBook()
    async with asyncio.TaskGroup() as tasks:
        line = Line(book, tasks)
        for name in ("one", "two", "three"):
            await line.join(name, "a", seconds=0.05)
        free = iter([True, True, False])
        for waiter in tuple(book._queue):
            waiter.wants = lambda _: next(free)
        book.offer("a")
        await settled()
    assert line.served == ["one", "two", "three in vain"]
    assert book.used("a") == 2


async def test_a_wait_ends_with_its_time_and_leaves_nothing_behind() -> None:
    book = MemoryLeaseBook()
    with book.queue(wants(book, "a")) as waiter:
        assert await waiter.wait(0.001) is None
        assert book.waiting_count == 1
        assert await waiter.wait(0.001) is None
    assert book.waiting_count == 0


async def test_q_13_a_waiter_that_leaves_as_it_is_served_passes_the_slot_on() -> None:
    book = MemoryLeaseBook()
    (held,) = taken(book, "a")
    async with asyncio.TaskGroup() as tasks:
        line = Line(book, tasks)
        leaving = await line.join("leaving", "a")
        await line.join("next", "a")
        held.release()
        leaving.cancel()
        await settled()
    assert line.served == ["next"]
    assert book.used("a") == 1


async def test_a_waiter_that_leaves_with_nobody_behind_frees_the_slot() -> None:
    book = MemoryLeaseBook()
    (held,) = taken(book, "a")
    with book.queue(wants(book, "a")):
        held.release()
        assert book.used("a") == 1
    assert book.used("a") == 0


# --------------------------------------------------------------------------------------------------------- leaks


async def test_a_lease_whose_holder_is_gone_is_reported_and_its_slot_stays_taken() -> None:
    book = MemoryLeaseBook()
    tag = LeaseTag(kind=LeaseKind.WEBSOCKET, request_id="req_1", started_at=7.0)
    kept = book.try_acquire("a", None)
    lost = book.try_acquire("b", None, tag)
    assert book.leaked() == ()
    del lost
    gc.collect()
    (leak,) = book.leaked()
    assert (leak.account_id, leak.tag) == ("b", tag)
    assert (book.used("b"), kept is not None) == (1, True)


async def test_a_lease_that_was_settled_is_no_leak() -> None:
    book = MemoryLeaseBook()
    lease = book.try_acquire("a", None)
    assert lease is not None
    lease.release()
    del lease
    assert book.leaked() == ()


# ------------------------------------------------------------------------------------------- whatever comes along


class Traffic(RuleBasedStateMachine):
    """Leases are taken, waited for, given back, lost by cancelling: every slot is counted exactly once."""

    LIMIT = 2

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.book = MemoryLeaseBook()
        self.told: dict[str, int] = {}
        self.book.watch(self.told.__setitem__)
        self.held: list[MemoryLease] = []
        self.waiting: list[asyncio.Task[None]] = []

    def teardown(self) -> None:
        for task in self.waiting:
            task.cancel()
        self.run()
        for lease in self.held:
            lease.release()
        self.run()
        assert (self.book.used_count, self.book.waiting_count, len(self.book._open)) == (0, 0, 0)
        assert not any(self.told.values())
        self.loop.close()

    def run(self) -> None:
        self.loop.run_until_complete(settled())

    @rule(account_id=st.sampled_from("ab"), background=st.booleans())
    def take(self, account_id: str, background: bool) -> None:
        lease = self.book.try_acquire(account_id, self.LIMIT, PROBE if background else LeaseTag())
        if lease is not None:
            self.held.append(lease)

    @rule(number=st.integers(0, 99), times=st.integers(1, 2))
    def give_back(self, number: int, times: int) -> None:
        if self.held:
            lease = self.held.pop(number % len(self.held))
            for _ in range(times):
                lease.release()

    @rule(account_ids=st.sampled_from(["a", "b", "ab"]))
    def wait(self, account_ids: str) -> None:
        self.waiting.append(self.loop.create_task(self._wait(account_ids)))
        self.run()

    async def _wait(self, account_ids: str) -> None:
        with self.book.queue(lambda row: row in account_ids and self.book.used(row) < self.LIMIT) as waiter:
            lease = await waiter.wait(60.0)
        if lease is not None:
            self.held.append(lease)

    @rule(number=st.integers(0, 99))
    def leave(self, number: int) -> None:
        if self.waiting:
            self.waiting.pop(number % len(self.waiting)).cancel()

    @rule()
    def time_passes(self) -> None:
        self.run()

    @invariant()
    def slots_are_within_the_limit_and_told(self) -> None:
        for account_id in "ab":
            assert 0 <= self.book.used(account_id) <= self.LIMIT
            assert self.told.get(account_id, 0) == self.book.used(account_id)


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(stateful_step_count=25)
