"""Several answers to one request."""

import asyncio
from typing import Any

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.request import Sampling
from codex_proxy.canonical.usage import ImageUsage, Usage
from codex_proxy.gateway.copies import Copies, added, joined
from codex_proxy.gateway.exchange import ExchangeInput
from codex_proxy.gateway.ports import Accepted, Responder
from codex_proxy.protocols.base import Step
from tests.gateway.scene import Client, exchange

END = ev.ResponseEnded(ending=ev.Completed(), native={"id": "r"})


def answer(text: str) -> list[ev.Event]:
    return [
        ev.ResponseStarted(response_id=text, model="m", created_at=1),
        ev.TextStarted(block=0),
        ev.TextEnded(block=0, text=text),
        ev.UsageReported(usage=Usage(input_tokens=2, image=ImageUsage(output_tokens=5))),
        END,
    ]


class Answers:
    """Answers each exchange in turn with one of a list: events, or a failure; ``None`` never ends."""

    def __init__(self, *told: list[ev.Event] | Failure | None, passing: bool = False) -> None:
        self._told = list(told)
        self._passing = passing
        self.asked: list[ExchangeInput] = []
        self.left_count = 0

    def passes(self, _exchange: ExchangeInput) -> bool:
        return self._passing

    async def run(self, asked: ExchangeInput, responder: Responder) -> Failure | None:
        self.asked.append(asked)
        told = self._told.pop(0)
        try:
            await (asyncio.Event().wait() if told is None else asyncio.sleep(0))
        except asyncio.CancelledError:
            self.left_count += 1
            raise
        if isinstance(told, Failure):
            return told
        responder.accepted(Accepted(model="m", account_row_id="a"))
        await responder.deliver([Step(None, (event,)) for event in told or ()])
        return None


async def copied(one: Answers, **changes: Any) -> tuple[Client, Failure | None]:
    client = Client()
    return client, await Copies(one).run(exchange(**{"stream": False} | changes), client)


async def test_as_many_answers_as_were_asked_for_are_told_as_one() -> None:
    one = Answers(answer("a"), answer("b"), answer("c"))
    client, failure = await copied(one, sampling=Sampling(choice_count=3, seed=7))
    assert failure is None
    assert [event.text for event in client.events if isinstance(event, ev.TextEnded)] == ["a", "b", "c"]
    assert (client.batches, client.facts) == (1, Accepted(model="m", account_row_id="a"))
    assert [asked.request_id for asked in one.asked] == ["req-1", "req-2", "req-3"]
    assert {asked.request.sampling for asked in one.asked} == {Sampling(seed=7)}


async def test_a_body_that_goes_out_as_it_is_asks_for_its_copies_itself() -> None:
    one = Answers(answer("a"), passing=True)
    _, failure = await copied(one, sampling=Sampling(choice_count=3))
    assert (failure, len(one.asked)) == (None, 1)


async def test_one_failure_fails_all_and_ends_the_others() -> None:
    limit = Failure(kind=FailureKind.USAGE_LIMIT, message="used up")
    one = Answers(answer("a"), None, limit)
    client, failure = await copied(one, sampling=Sampling(choice_count=3))
    assert (failure, client.events, client.facts) == (limit, [], None)
    assert one.left_count == 1


async def test_an_answer_that_ends_in_a_failure_fails_all() -> None:
    limit = Failure(kind=FailureKind.EMPTY_ANSWER, message="nothing")
    failed: list[ev.Event] = [ev.ResponseEnded(ending=ev.Failed(failure=limit))]
    client, failure = await copied(Answers(answer("a"), failed), sampling=Sampling(choice_count=2))
    assert (failure, client.events) == (limit, [])


async def test_a_single_answer_and_a_stream_pass_as_they_are() -> None:
    for changes in ({}, {"sampling": Sampling(choice_count=1)}, {"sampling": Sampling(choice_count=2), "stream": True}):
        one = Answers(answer("a"))
        client, failure = await copied(one, **changes)
        assert (failure, client.events) == (None, answer("a"))
        assert one.asked[0].request_id == "req"
        assert one.asked[0].request.sampling.choice_count is None


def test_blocks_stand_in_a_row_between_the_first_start_and_the_last_end() -> None:
    limits = ev.RateLimitsObserved(snapshot=RateLimitSnapshot())
    second: list[ev.Event] = [*answer("b"), ev.TextStarted(block=1)]
    told = list(joined([[limits, *answer("a")], second, answer("c")]))
    assert [event.block for event in told if isinstance(event, ev.TextStarted)] == [0, 1, 2, 3]
    assert limits in told
    assert told[0] == ev.ResponseStarted(response_id="a", model="m", created_at=1)
    assert told[-2] == ev.UsageReported(usage=Usage(input_tokens=6, image=ImageUsage(output_tokens=15)))
    assert told[-1] == ev.ResponseEnded(ending=ev.Completed())


def test_usage_is_added_up_member_by_member() -> None:
    image = ImageUsage(input_tokens=3, text_input_tokens=1, image_input_tokens=2, output_tokens=4, total_tokens=7)
    one = Usage(
        input_tokens=5,
        cached_tokens=2,
        cache_write_tokens=1,
        output_tokens=3,
        reasoning_tokens=1,
        image=image,
        estimated=True,
    )
    assert added([one, one, Usage()]) == Usage(
        input_tokens=10,
        cached_tokens=4,
        cache_write_tokens=2,
        output_tokens=6,
        reasoning_tokens=2,
        image=ImageUsage(input_tokens=6, text_input_tokens=2, image_input_tokens=4, output_tokens=8, total_tokens=14),
        estimated=True,
    )
    assert added([Usage()]) == Usage()
