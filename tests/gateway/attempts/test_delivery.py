"""One attempt's answer on its way."""

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.attempts.delivery import EMPTY, Delivery
from codex_proxy.gateway.ports import Accepted
from codex_proxy.protocols.base import Step
from tests.gateway.scene import Client

START = ev.ResponseStarted(response_id="r", model="m", created_at=0)
DONE = ev.ResponseEnded(ending=ev.Completed())


class Told:
    def __init__(self, *, at_end: bool = False) -> None:
        self.client = Client()
        self.commits = 0
        self.limits: list[RateLimitSnapshot] = []
        self.delivery = Delivery(
            accept=self.client.accepted,
            accepted=Accepted(model="m", account_row_id="a"),
            at_end=at_end,
            commit=self._commit,
            observe_limits=self.limits.append,
        )

    def _commit(self) -> None:
        self.commits += 1

    async def take(self, *events: ev.Event) -> None:
        await self.client.deliver(self.delivery.take([Step(None, (event,)) for event in events]))


async def test_nothing_is_handed_over_before_the_first_content() -> None:
    told = Told()
    await told.take(START, ev.TextStarted(block=0))
    assert (told.client.events, told.commits) == ([], 0)
    await told.take(ev.TextDelta(block=0, text="x"))
    assert len(told.client.events) == 3
    assert (told.commits, told.client.facts) == (1, Accepted(model="m", account_row_id="a"))
    await told.take(ev.TextDelta(block=0, text="y"))
    assert (told.client.text, told.commits) == ("xy", 1)


async def test_a_whole_answer_waits_for_its_end() -> None:
    told = Told(at_end=True)
    await told.take(START, ev.TextStarted(block=0), ev.TextDelta(block=0, text="x"), DONE)
    assert (told.client.events, told.delivery.failure()) == ([], None)
    await told.client.deliver(told.delivery.hand_over())
    assert told.client.text == "x"


async def test_a_compaction_is_noted_and_other_items_of_the_upstream_are_none() -> None:
    told = Told()
    await told.take(START, ev.HostedEnded(block=0, kind="web_search_call", item={}))
    assert not told.delivery.compacted
    await told.take(ev.HostedEnded(block=1, kind="compaction", item={}), ev.HostedEnded(block=2, kind="x", item={}))
    assert told.delivery.compacted


async def test_facts_are_noted_on_the_way() -> None:
    told = Told()
    usage = Usage(input_tokens=1)
    await told.take(START, ev.RateLimitsObserved(snapshot=RateLimitSnapshot()), ev.UsageReported(usage=usage), DONE)
    assert (told.delivery.usage, told.limits, told.delivery.end) == (usage, [RateLimitSnapshot()], DONE)


async def test_an_answer_without_content_is_empty_and_thoughts_alone_are_none() -> None:
    told = Told(at_end=True)
    await told.take(START, ev.ThinkingStarted(block=0), ev.ThinkingDelta(block=0, text="hm"), DONE)
    assert told.delivery.failure() == EMPTY


async def test_a_failed_ending_is_the_attempts_failure() -> None:
    told = Told()
    failure = Failure(kind=FailureKind.OVERLOADED, message="m")
    await told.take(START, ev.ResponseEnded(ending=ev.Failed(failure=failure)))
    assert told.delivery.failure() == failure


async def test_an_incomplete_answer_without_content_is_no_failure() -> None:
    told = Told()
    await told.take(START, ev.ResponseEnded(ending=ev.Incomplete(reason="max_output_tokens")))
    assert told.delivery.failure() is None
