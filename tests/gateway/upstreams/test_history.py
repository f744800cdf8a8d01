"""What an exchange's record says."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.ports import Accepted
from codex_proxy.gateway.prepare import ClientBody
from codex_proxy.gateway.upstreams.candidate import Asker, Candidate
from codex_proxy.gateway.upstreams.history import History
from codex_proxy.protocols.base import Step
from tests.gateway.scene import NOW, FakeClock
from tests.protocols.codex.parts import request

BODY = b"x" * 360
LIMITED = Failure(kind=FailureKind.RATE_LIMITED, message="m")


def candidate(row_id: str, vendor: str | None = None) -> Candidate:
    return cast("Candidate", SimpleNamespace(row_id=row_id, vendor=vendor))


def delivery(*events: ev.Event) -> Delivery:
    made = Delivery(
        accept=lambda _: None,
        accepted=Accepted(model="m", account_row_id="a"),
        at_end=False,
        commit=lambda: None,
        observe_limits=lambda _: None,
    )
    made.take([Step(None, (event,)) for event in events])
    return made


class Told:
    def __init__(self, **changes: Any) -> None:
        self.clock = FakeClock()
        asker = Asker(request_id="r", client_key_id="k")
        self.history = History(asker, request(**changes), clock=self.clock, body=ClientBody(BODY))

    def after(self, seconds: float) -> History:
        self.clock.time += seconds
        return self.history


def test_attempts_say_when_by_which_way_and_for_how_long() -> None:
    told = Told()
    told.after(1).opened(candidate("a"))
    told.history.leaves_by("p")
    told.after(2).closed(LIMITED)
    told.after(3).opened(candidate("b", vendor="v"))
    told.after(4).closed(None)
    told.history.ended = True
    record = told.after(5).record()
    first, second = record.attempts
    assert (first.account_row_id, first.vendor, first.egress_name, first.failure) == ("a", None, "p", LIMITED)
    assert (first.started_seconds, first.duration_seconds) == (1, 2)
    assert (second.vendor, second.egress_name, second.failure) == ("v", None, None)
    assert (second.started_seconds, second.duration_seconds) == (6, 4)
    assert (record.started_at, record.duration_seconds, record.aborted) == (NOW, 15, False)


def test_waits_and_headers_are_timed_for_each_attempt() -> None:
    told = Told()
    told.after(1).seeks()
    told.after(2).opened(candidate("a"))
    told.after(3).closed(LIMITED)
    told.after(4).seeks()
    told.after(5).opened(candidate("b"))
    answer = delivery()
    told.after(6).answered(answer)
    assert told.history.last is answer
    told.after(7).closed(None)
    first, second = told.history.record().attempts
    assert (first.waited_seconds, first.headers_seconds) == (2, None)
    assert (second.waited_seconds, second.headers_seconds, second.duration_seconds) == (5, 6, 13)


def test_an_attempt_that_nobody_closed_is_in_the_record_and_one_that_never_began_is_not() -> None:
    told = Told()
    told.history.leaves_by("p")
    told.history.closed(LIMITED)
    told.history.opened(candidate("a"))
    record = told.after(2).record()
    assert [(one.account_row_id, one.egress_name, one.duration_seconds) for one in record.attempts] == [("a", None, 2)]
    assert record.aborted


def test_the_first_content_is_timed_from_the_start() -> None:
    told = Told()
    assert told.history.record().first_content_seconds is None
    told.after(3).committed()
    assert told.after(1).record().first_content_seconds == 3


@pytest.mark.parametrize("ended", [True, False])
def test_what_nobody_counted_is_estimated_only_of_an_answer_that_was_left(ended: bool) -> None:
    told = Told()
    told.history.last = delivery(ev.TextStarted(block=0), ev.TextDelta(block=0, text="y" * 36))
    told.history.ended = ended
    expected = Usage(input_tokens=100, output_tokens=10, estimated=True)
    assert told.history.record().usage == (None if ended else expected)


def test_what_the_upstream_counted_is_never_replaced() -> None:
    told = Told()
    counted = Usage(input_tokens=1, output_tokens=2)
    told.history.last = delivery(ev.TextDelta(block=0, text="y" * 40), ev.UsageReported(usage=counted))
    assert told.history.record().usage == counted


def test_a_new_attempt_forgets_the_former_answer() -> None:
    told = Told()
    told.history.last = delivery(ev.TextDelta(block=0, text="y"))
    assert told.history.record().delivered_count == 1
    told.history.opened(candidate("b"))
    assert (told.history.record().delivered_count, told.history.record().usage) == (0, None)


def test_the_tier_is_the_one_that_was_given() -> None:
    told = Told()
    assert told.history.record().service_tier is None
    told.history.last = delivery(ev.ResponseEnded(ending=ev.Completed(), service_tier="priority"))
    assert told.history.record().service_tier == "priority"
