"""One attempt."""

import pytest

from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.attempts.plan import AttemptPlan
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.ports import Accepted, Route
from codex_proxy.protocols.base import ReplyFacts
from codex_proxy.protocols.codex.client import CodexClient
from codex_proxy.transports.scripted import Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import Client, answering, breaking, delta
from tests.protocols.codex.parts import request, target

ROUTE = Route(base_url="http://upstream.invalid", account_id="a")


async def attempt(
    reply: ScriptedReply, *, relays: bool = False, counters: list[RateLimitSnapshot] | None = None
) -> tuple[Failure | None, Client, ReplyFacts | None]:
    told = [] if counters is None else counters
    transport, book, codec, client = ScriptedTransport(), MemoryLeaseBook(), CodexClient(), Client()
    transport.add(reply)
    lease = book.try_acquire("a", None)
    assert lease is not None
    seen: list[ReplyFacts] = []

    def make_delivery(facts: ReplyFacts) -> Delivery:
        seen.append(facts)
        return Delivery(
            accept=client.accepted,
            accepted=Accepted(model="m", account_row_id="a"),
            at_end=False,
            commit=lambda: None,
            observe_limits=lambda _: None,
        )

    runner = AttemptRunner(transport=transport, orphans=Orphanage())
    call = codec.build_call(request(), target())
    plan = AttemptPlan(
        call=call,
        codec=codec,
        route=ROUTE,
        lease=lease,
        deliver=client.deliver,
        observe_limits=told.append,
        relays=relays,
    )
    failure, _ = await runner.run(plan, make_delivery)
    assert book.used_count == 1, "whoever ran it tells what came of it before the slot is given back"
    return failure, client, seen[0] if seen else None


async def test_an_answer_is_relayed_and_its_headers_are_read() -> None:
    failure, client, facts = await attempt(answering("hello", openai_model="gpt-5.4"))
    assert (failure, client.text) == (None, "hello")
    assert facts is not None
    assert facts.served_model == "gpt-5.4"


async def test_raw_frames_pass_only_where_they_are_to_be_relayed() -> None:
    (_, client, _), (_, relaying, _) = await attempt(answering("hello")), await attempt(answering("hello"), relays=True)
    assert client.events == relaying.events
    assert client.frames_count == 0 < relaying.frames_count


async def test_an_error_status_is_classified_without_a_delivery() -> None:
    failure, client, facts = await attempt(ScriptedReply(status=429, body=(Piece(b"{}"),)))
    assert failure is not None
    assert (failure.kind, client.events, facts) == (FailureKind.RATE_LIMITED, [], None)


@pytest.mark.parametrize("status", [200, 403, 429, 500])
async def test_counters_in_the_headers_are_told_whatever_the_status(status: int) -> None:
    counters: list[RateLimitSnapshot] = []
    headers = {"x-codex-primary-used-percent": "70", "x-codex-spark-primary-used-percent": "30"}
    await attempt(ScriptedReply(status=status, headers=headers, body=(Piece(b"{}"),)), counters=counters)
    told = [(counter.limit_id, counter.primary.used_percent) for counter in counters if counter.primary is not None]
    assert told == [("codex", 70.0), ("codex_spark", 30.0)]


async def test_a_break_after_content_is_told_as_the_answers_end() -> None:
    broken = Failure(kind=FailureKind.DISCONNECTED, message="m")
    failure, client, _ = await attempt(breaking(broken, delta("half")))
    assert failure == broken
    assert client.text == "half"
    assert client.ending is not None


async def test_no_connection_is_a_failure() -> None:
    refused = Failure(kind=FailureKind.UNREACHABLE, message="no")
    assert (await attempt(ScriptedReply(refused=refused)))[0] == refused
