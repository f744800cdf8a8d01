"""Choosing under whatever comes along: incidents of section D, and A-06 and A-07, over pool, leases and exchanges."""

import asyncio
import re
from collections import Counter, defaultdict
from contextlib import AbstractAsyncContextManager
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from codex_proxy.accounts.account import Account
from codex_proxy.accounts.affinity import AffinityMap
from codex_proxy.accounts.choice.member import EgressFault
from codex_proxy.accounts.choice.need import ChoicePolicy, Need
from codex_proxy.accounts.choice.ranking import Ranking
from codex_proxy.accounts.choice.reasons import FURTHER_BACK, Asked, NoAccount
from codex_proxy.accounts.lifecycle.states import Occurrence
from codex_proxy.accounts.lifecycle.verdict import verdict
from codex_proxy.accounts.pool import AccountPool, News
from codex_proxy.accounts.rotation import Standing, Strategy, least_used_key
from codex_proxy.canonical.blocks import Text, ToolCall, ToolResult
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot, RateLimitWindow
from codex_proxy.canonical.request import Role, Turn
from codex_proxy.canonical.target import Credential
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.ports import Route, UpstreamReply
from codex_proxy.gateway.selection import Chosen, QueuePolicy, Selection
from codex_proxy.protocols.base import UpstreamCall
from codex_proxy.transports.scripted import ScriptedReply, ScriptedTransport
from tests.gateway.scene import NOW, Client, FakeClock, Scene, answering, delta, exchange, refusing, stalling
from tests.waiting import until

MODEL, OTHER_MODEL = "gpt-5.4", "gpt-5.5"
ROW_IDS = st.sampled_from("abcde")
PLANS = ("plus", "pro")
CLOSED = {"detail": {"code": "deactivated_workspace"}}
CALL = ToolCall(call_id="call_1", name="look", arguments="{}")
TOOL_LOOP = (
    Turn(role=Role.USER, blocks=(Text(text="hi"),)),
    Turn(role=Role.ASSISTANT, blocks=(CALL,)),
    Turn(role=Role.USER, blocks=(ToolResult(call_id="call_1", parts=(Text(text="seen"),)),)),
)
LIMIT = {"error": {"type": "usage_limit_reached", "message": "used up", "resets_in_seconds": 500}}


class Life(RuleBasedStateMachine):
    """Accounts come, go, run out and recover while requests take, await and leave slots."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock, self.book = FakeClock(), MemoryLeaseBook()
        self.pool = AccountPool(affinity=AffinityMap(limit=5), policy=ChoicePolicy(max_concurrent=2))
        self.selection = Selection(
            pool=self.pool, leases=self.book, clock=self.clock, queue=QueuePolicy(timeout_seconds=60)
        )
        self.tasks: list[asyncio.Task[None]] = []
        self.held: list[Chosen] = []

    def teardown(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.run()
        for chosen in self.held:
            chosen.lease.release()
        self.run()
        assert (self.book.used_count, self.book.waiting_count, len(self.book._open)) == (0, 0, 0)
        assert self.book.leaked() == ()
        assert all(member.used_slots == 0 for member in self.pool._roster.members.values())
        self.loop.close()

    def run(self) -> None:
        async def turns() -> None:
            for _ in range(6):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    # ------------------------------------------------------------------------------------------------ requests

    @rule(conversation=st.none() | st.sampled_from("xyz"), model=st.sampled_from([MODEL, OTHER_MODEL]))
    def ask(self, conversation: str | None, model: str) -> None:
        key = None if conversation is None else ("key", conversation)
        need = Need(model=model, conversation=key, client_key_id="key", is_continued=conversation == "z")
        self.tasks.append(self.loop.create_task(self._choose(need)))
        self.run()

    async def _choose(self, need: Need) -> None:
        found = await self.selection.choose(need, exclude=frozenset(), request_id="r")
        if isinstance(found, Chosen):
            self.held.append(found)

    @precondition(lambda self: self.held)
    @rule(number=st.integers(0, 9), succeeded=st.booleans())
    def answer(self, number: int, succeeded: bool) -> None:
        done = self.held.pop(number % len(self.held))
        done.lease.release()
        done.lease.release()
        if succeeded:
            news = News(occurrence=Occurrence.SUCCEEDED, generation=done.account.generation)
            self.pool.settle(done.account.row_id, news, self.clock.time)

    @precondition(lambda self: self.tasks)
    @rule(number=st.integers(0, 9))
    def leave(self, number: int) -> None:
        self.tasks.pop(number % len(self.tasks)).cancel()
        self.run()

    # ------------------------------------------------------------------------------------------------ accounts

    @rule(row_id=ROW_IDS, plan=st.sampled_from(PLANS), lasts=st.none() | st.integers(1, 90))
    def log_in(self, row_id: str, plan: str, lasts: int | None) -> None:
        expires_at = None if lasts is None else self.clock.time + lasts
        account = Account(row_id=row_id, credential=Credential(token="t"), plan=plan, expires_at=expires_at)
        self.pool.add(account, self.clock.time)
        self.run()

    @rule(row_ids=st.sets(ROW_IDS, max_size=2))
    def remove(self, row_ids: set[str]) -> None:
        self.pool.remove(row_ids)

    @rule(
        row_id=ROW_IDS,
        occurrence=st.sampled_from([each for each in Occurrence if each is not Occurrence.CANARY_SENT]),
        seconds=st.none() | st.integers(1, 90),
    )
    def happen(self, row_id: str, occurrence: Occurrence, seconds: int | None) -> None:
        until = None if seconds is None else self.clock.time + seconds
        self.pool.settle(row_id, News(occurrence=occurrence, until=until), self.clock.time)

    @rule(row_id=ROW_IDS, percent=st.sampled_from([0.0, 42.0, 100.0]), seconds=st.integers(1, 90))
    def tell(self, row_id: str, percent: float, seconds: int) -> None:
        window = RateLimitWindow(used_percent=percent, resets_at=self.clock.time + seconds, window_seconds=90)
        snapshot = RateLimitSnapshot(primary=window, limit_reached=percent == 100.0)
        self.pool.observe(row_id, snapshot, self.clock.time)

    @rule(row_id=ROW_IDS)
    def deny(self, row_id: str) -> None:
        self.pool.lacks_model(row_id, OTHER_MODEL, self.clock.time)

    @rule(row_id=ROW_IDS, seconds=st.none() | st.integers(1, 90))
    def shut(self, row_id: str, seconds: int | None) -> None:
        until = None if seconds is None else self.clock.time + seconds
        fault = EgressFault(name="paris", kind=FailureKind.UNREACHABLE, until=until)
        self.pool.set_egress([row_id], None if seconds == 1 else fault)

    @rule(slots=st.none() | st.integers(1, 3), strategy=st.sampled_from(Strategy), skip=st.booleans())
    def decide(self, slots: int | None, strategy: Strategy, skip: bool) -> None:
        self.pool.policy = ChoicePolicy(strategy=strategy, max_concurrent=slots, skip_exhausted=skip)
        self.run()

    @rule(seconds=st.sampled_from([1, 30, 90, 600]))
    def wait(self, seconds: int) -> None:
        self.clock.time += seconds
        self.pool.refresh(self.clock.time)
        self.run()

    # ------------------------------------------------------------------------------------------------ what holds

    @invariant()
    def slots_in_pool_and_book_agree(self) -> None:
        for row_id, member in self.pool._roster.members.items():
            assert member.used_slots == self.book.used(row_id)

    @invariant()
    def who_could_serve_is_who_a_fresh_look_finds(self) -> None:
        free = self._free()
        answer = self.pool.rank(Need(model=MODEL), exclude=frozenset(), now=self.clock.time)
        ranked = [] if isinstance(answer, NoAccount) else [row_id for row_id, _ in answer]
        assert sorted(ranked) == sorted(free)
        if self.pool.policy.strategy is Strategy.LEAST_USED:
            assert ranked == sorted(free, key=lambda row_id: least_used_key(self._standing(row_id)))

    @invariant()
    def everybody_has_a_reason(self) -> None:
        now = self.clock.time
        answer = self.pool.rank(Need(model=MODEL), exclude=frozenset(), now=now)
        if isinstance(answer, Ranking):
            asked = Asked(Need(model=MODEL), frozenset(), None, now)
            choice = self.pool.explained(asked, next(iter(answer)), waited_seconds=0, detail_limit=99)
            assert sum(choice.passed_over.values()) == len(self.pool) - 1
            assert len(choice.details) == sum(
                count for reason, count in choice.passed_over.items() if reason not in {FURTHER_BACK, "slots_taken"}
            )
        else:
            assert sum(answer.reasons.values()) == len(self.pool)
            assert FURTHER_BACK not in answer.reasons

    @invariant()
    def capacity_is_what_choosing_sees(self) -> None:
        capacity, standing = self.pool.capacity(self.clock.time), self.pool.standing(self.clock.time)
        free = self._free()
        assert standing.capacity_now is bool(free)
        if capacity.available_slots is not None:
            assert (capacity.available_slots > 0) is bool(free)

    @invariant()
    def homes_are_bounded_and_with_accounts_that_are_there(self) -> None:
        assert len(self.pool.affinity) <= 5
        assert all(home.row_id in self.pool for home in self.pool.affinity._homes.values())

    def _free(self) -> list[str]:
        now, policy = self.clock.time, self.pool.policy
        found = []
        for row_id, member in self.pool._roster.members.items():
            told = verdict(
                member.condition, member.facts, bucket="codex", now=now, skip_exhausted=policy.skip_exhausted
            )
            fault = member.egress
            is_shut = fault is not None and (fault.until is None or fault.until > now)
            is_full = policy.max_concurrent is not None and self.book.used(row_id) >= policy.max_concurrent
            if told.usable and not is_shut and not is_full:
                found.append(row_id)
        return found

    def _standing(self, row_id: str) -> Standing:
        member = self.pool._roster.members[row_id]
        seat = member.seats["codex"]
        return Standing(
            row_id=row_id,
            limited=seat.limited,
            used_slots=self.book.used(row_id),
            used_percent=seat.used_percent,
            resets_at=seat.resets_at,
            window_request_count=seat.request_count,
            last_used_at=member.last_used_at,
        )


TestLife = Life.TestCase
TestLife.settings = settings(stateful_step_count=30)


# ------------------------------------------------------------------------------------------ through whole exchanges


class Upstream(ScriptedTransport):
    """Answers every call, and keeps a prompt cache for each account; some calls fail, in a fixed pattern."""

    def __init__(self, *, fails_every: int = 0, failure: ScriptedReply | None = None) -> None:
        super().__init__()
        self.cached: set[tuple[str, str]] = set()
        self.hits: list[bool] = []
        self._count = 0
        self._fails_every = fails_every
        self._failure = failure or refusing(503, {"error": {"code": "server_is_overloaded", "message": "busy"}})

    def open(self, call: UpstreamCall, route: Route) -> AbstractAsyncContextManager[UpstreamReply]:
        self._count += 1
        fails = self._fails_every > 0 and self._count % self._fails_every == 0
        self.add(self._failure if fails else self._answer(call, route), account_id=route.account_id)
        return super().open(call, route)

    def _answer(self, call: UpstreamCall, route: Route) -> ScriptedReply:
        known = (route.account_id, dict(call.headers)["session-id"])
        self.hits.append(known in self.cached)
        self.cached.add(known)
        return answering("hello")


def big_scene(upstream: Upstream, *, accounts: int = 5, **policy: Any) -> Scene:
    scene = Scene(accounts="", policy=ChoicePolicy(**policy), transport=upstream)
    for number in range(accounts):
        scene.pool.add(Account(row_id=f"{number:04}", credential=Credential(token="t"), plan="plus"), NOW)
    return scene


def homes_of(scene: Scene) -> dict[str, Counter[str]]:
    """Which accounts served each conversation, by the key of its prompt cache."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for record in scene.records.all:
        found[record.request_id][record.attempts[-1].account_row_id] += 1
    return found


async def say(scene: Scene, conversation: str) -> None:
    asked = msgspec.structs.replace(exchange(conversation=conversation), request_id=conversation)
    assert await scene.gateway.run(asked, Client()) is None


async def test_a_07_two_hundred_requests_of_five_conversations_touch_one_account_each() -> None:
    for strategy in Strategy:
        scene = big_scene(Upstream(), strategy=strategy)
        for number in range(200):
            await say(scene, f"c{number % 5}")
        assert all(len(accounts) == 1 for accounts in homes_of(scene).values())


async def test_a_07_requests_of_one_account_start_no_closer_than_the_interval() -> None:
    scene = big_scene(Upstream(), accounts=2, interval_seconds=2.0)
    scene.selection.queue = QueuePolicy(timeout_seconds=1000)
    starts: dict[str, list[float]] = defaultdict(list)
    for number in range(20):
        await say(scene, f"c{number % 5}")
        starts[scene.records.all[-1].attempts[0].account_row_id].append(scene.clock.time)
    for times in starts.values():
        assert all(later - earlier >= 2.0 for earlier, later in pairwise(times))


async def test_q_14_long_conversations_find_their_prompts_cached() -> None:
    upstream = Upstream()
    scene = big_scene(upstream)
    for _ in range(10):
        for number in range(20):
            await say(scene, f"c{number}")
    assert sum(upstream.hits) / len(upstream.hits) >= 0.8
    assert upstream.hits.count(False) == 20


async def test_a_thousand_accounts_hide_every_fault_and_keep_every_conversation_at_home() -> None:
    scene = big_scene(Upstream(fails_every=20), accounts=1000)
    for _ in range(4):
        async with asyncio.TaskGroup() as tasks:
            for number in range(200):
                tasks.create_task(say(scene, f"c{number}"))
    faults = sum(len(record.attempts) - 1 for record in scene.records.all)
    assert faults >= 30
    for accounts in homes_of(scene).values():
        stand_ins = sum(accounts.values()) - max(accounts.values())
        assert stand_ins <= 2
    assert sum(len(accounts) - 1 for accounts in homes_of(scene).values()) <= faults
    assert scene.leases.used_count == 0


async def test_q_18_of_many_limited_accounts_few_are_asked_and_the_earliest_end_is_told() -> None:
    scene = big_scene(Upstream(fails_every=1, failure=refusing(429, LIMIT)), accounts=40)
    failure = await scene.gateway.run(exchange(), Client())
    assert failure is not None
    assert (failure.kind, len(scene.callers), failure.retry_after_seconds) == (FailureKind.USAGE_LIMIT, 5, 1)
    for row_id in scene.pool.verdicts(NOW):
        scene.pool.settle(row_id, News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 90), NOW)
    again = await scene.gateway.run(exchange(), Client())
    assert again is not None
    assert (again.kind, len(scene.callers), again.retry_after_seconds) == (FailureKind.USAGE_LIMIT, 5, 90)


async def test_q_18_the_last_failure_names_the_earliest_end_and_not_its_own() -> None:
    scene = Scene()
    short = LIMIT["error"] | {"resets_in_seconds": 70}
    scene.transport.add(refusing(429, {"error": short}), account_id="a")
    scene.transport.add(refusing(429, LIMIT), account_id="b")
    failure = await scene.gateway.run(exchange(), Client())
    assert failure is not None
    assert (scene.callers, failure.retry_after_seconds) == (["a", "b"], 70)


async def test_a_06_a_conversation_whose_account_is_closed_shows_the_next_one_nothing_of_it() -> None:
    scene = Scene()
    scene.transport.add(answering("1", x_codex_turn_state="state-of-a"), refusing(402, CLOSED), account_id="a")
    scene.transport.add(answering("2"), account_id="b")
    await scene.ask(conversation="c")
    await scene.ask(conversation="c", turns=TOOL_LOOP)
    assert scene.callers == ["a", "a", "b"]
    _, second, third = (dict(call.headers) for _, call in scene.transport.calls)
    assert second["x-codex-turn-state"] == "state-of-a"
    told = repr(third).encode() + scene.transport.calls[2][1].body
    of_a = [second[name] for name in ("x-codex-turn-state", "session-id", "thread-id", "x-codex-window-id")]
    assert [value for value in of_a if re.search(rf"\b{value}\b".encode(), told)] == []
    assert third["session-id"].encode() in told


@given(st.lists(st.integers(0, 25), min_size=10, max_size=10))
def test_q_13_no_abort_leaves_a_slot_behind(points: list[int]) -> None:
    asyncio.run(abort_at(points))


async def abort_at(points: list[int]) -> None:
    scene = big_scene(Upstream(fails_every=7), accounts=2, max_concurrent=2)
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(scene.gateway.run(exchange(conversation=f"c{n}"), Client())) for n in range(10)]
        for turn in range(26):
            for task in (task for task, point in zip(asked, points, strict=True) if point == turn):
                task.cancel()
            await asyncio.sleep(0)
    await until(lambda: not scene.leases.used_count)
    assert (scene.leases.waiting_count, len(scene.leases._open), len(scene.orphans)) == (0, 0, 0)


async def test_q_13_a_long_stream_keeps_its_slot() -> None:
    scene = Scene(accounts="a", policy=ChoicePolicy(max_concurrent=1))
    scene.transport.add(stalling(delta("half")))
    client = Client()
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(scene.gateway.run(exchange(), client))
        await until(lambda: client.text)
        scene.clock.time += 20 * 60
        scene.pool.refresh(scene.clock.time)
        assert scene.pool.capacity(scene.clock.time).available_slots == 0
        asking.cancel()
    assert scene.leases.used_count == 0
