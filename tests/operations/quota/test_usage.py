"""Usage queries."""

import asyncio

import pytest

from codex_proxy.accounts.lifecycle.states import Occurrence, State
from codex_proxy.accounts.pool import News
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.operations.quota.usage import FRESH_SECONDS, NoSuchAccount
from codex_proxy.protocols.codex.usage import UsageReading
from codex_proxy.transports.scripted import ScriptedReply, Stall
from tests.gateway.scene import NOW
from tests.operations.quota.stand_ins import Ground, reply, usage
from tests.waiting import until


def state(ground: Ground) -> State:
    return ground.pool.verdicts(ground.clock.now())["a"].state


async def test_an_answer_is_told_to_the_pool() -> None:
    ground = Ground()
    ground.transport.add(reply(usage(42)))
    answer, body = await ground.queries.ask("a")
    assert isinstance(answer, UsageReading)
    assert b'"used_percent": 42' in body
    found = ground.pool.condition("a")
    assert found is not None
    (bucket,) = found[0].buckets
    assert bucket.primary is not None
    assert bucket.primary.used_percent == 42


async def test_q_21_a_query_takes_no_slot_and_is_no_request() -> None:
    ground = Ground()
    ground.transport.add(reply(usage(1)))
    await ground.queries.ask("a")
    assert ground.pool.capacity(NOW).used_slots == 0


async def test_the_second_path_is_asked_where_the_first_is_not_there() -> None:
    ground = Ground()
    ground.transport.add(reply({}, 404), reply(usage(1)))
    await ground.queries.ask("a")
    assert ground.asked == ["/wham/usage", "/codex/usage"]


async def test_everybody_who_asks_at_once_gets_one_answer_and_later_ones_a_new_one() -> None:
    ground = Ground()
    ground.transport.add(reply(usage(1)), reply(usage(2)))
    await asyncio.gather(*(ground.queries.ask("a") for _ in range(20)))
    assert len(ground.asked) == 1
    ground.clock.time += FRESH_SECONDS
    await ground.queries.ask("a")
    assert len(ground.asked) == 2


async def test_the_owner_may_want_it_fresh() -> None:
    ground = Ground()
    ground.transport.add(reply(usage(1)), reply(usage(2)))
    await ground.queries.ask("a")
    await ground.queries.ask("a", at_most_old_seconds=0)
    assert len(ground.asked) == 2


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [(401, FailureKind.UNAUTHORIZED, State.EXPIRED), (502, FailureKind.UPSTREAM_ERROR, State.ACTIVE)],
)
async def test_q_22_a_refused_query_means_what_it_means_elsewhere(
    status: int, kind: FailureKind, expected: State
) -> None:
    ground = Ground()
    ground.transport.add(reply({"detail": "no"}, status))
    answer, _ = await ground.queries.ask("a")
    assert isinstance(answer, Failure)
    assert (answer.kind, state(ground)) == (kind, expected)


async def test_a_refusal_is_not_believed_for_long() -> None:
    ground = Ground()
    ground.transport.add(reply({}, 502), reply(usage(1)))
    await ground.queries.ask("a")
    answer, _ = await ground.queries.ask("a")
    assert isinstance(answer, UsageReading)


async def test_q_03_a_lock_ends_before_its_time_by_a_query_that_finds_it_gone() -> None:
    ground = Ground()
    ground.pool.settle("a", News(occurrence=Occurrence.USAGE_LIMIT, until=NOW + 3600), NOW)
    ground.clock.time += 120
    assert state(ground) is State.LIMITED
    ground.transport.add(reply(usage(1)))
    await ground.queries.ask("a")
    assert state(ground) is State.ACTIVE


async def test_an_account_that_is_not_there_is_said_so() -> None:
    with pytest.raises(NoSuchAccount):
        await Ground().queries.ask("nobody")


async def test_what_is_forgotten_is_asked_anew() -> None:
    ground = Ground()
    ground.transport.add(reply(usage(1)), reply(usage(2)))
    await ground.queries.ask("a")
    ground.queries.forget("a")
    await ground.queries.ask("a")
    assert len(ground.asked) == 2


async def test_who_leaves_frees_the_way_for_the_next() -> None:
    ground = Ground(concurrency=1)
    ground.transport.add(ScriptedReply(body=(Stall(),)), reply(usage(1)))
    leaving = asyncio.ensure_future(ground.queries.ask("a"))
    await until(lambda: ground.transport.calls)
    leaving.cancel()
    answer, _ = await ground.queries.ask("a")
    assert isinstance(answer, UsageReading)


async def test_more_queries_at_once_are_let_through_as_soon_as_they_are_allowed() -> None:
    ground = Ground("a", "b", "c", concurrency=1)
    ground.transport.add(ScriptedReply(body=(Stall(),)), ScriptedReply(body=(Stall(),)), reply(usage(1)))
    stalled = [asyncio.ensure_future(ground.queries.ask(row_id)) for row_id in ("a", "b")]
    await asyncio.sleep(0.01)
    assert len(ground.asked) == 1
    ground.queries.change_concurrency(2)
    third = asyncio.ensure_future(ground.queries.ask("c"))
    await asyncio.sleep(0.01)
    assert len(ground.asked) == 2
    for each in (*stalled, third):
        each.cancel()
    await asyncio.gather(*stalled, third, return_exceptions=True)
