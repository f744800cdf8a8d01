"""Interleaved calls come out one after another."""

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.openai_chat.call_queue import CallEvent, CallQueue


def start(block: int) -> CallEvent:
    return ev.ToolCallStarted(block=block, call_id=f"c{block}", name="f")


def more(block: int, text: str = "x") -> CallEvent:
    return ev.ToolCallDelta(block=block, text=text)


def end(block: int) -> CallEvent:
    return ev.ToolCallEnded(block=block, arguments="{}")


def order(*events: CallEvent) -> list[tuple[int, str]]:
    queue = CallQueue()
    told = [told for event in events for told in queue.admit(event)]
    return [(event.block, type(event).__name__[8:]) for event in [*told, *queue.rest()]]


def test_what_does_not_interleave_passes_at_once() -> None:
    queue = CallQueue()
    for event in (start(0), more(0), end(0), start(1), more(1), end(1)):
        assert list(queue.admit(event)) == [event]


def test_a_later_call_waits_for_the_earlier_one() -> None:
    told = order(start(0), start(1), more(1), more(0), end(1), more(0), end(0), start(2))
    assert [block for block, _ in told] == [0, 0, 0, 0, 1, 1, 1, 2]


def test_a_waiting_call_goes_on_by_itself_once_it_is_its_turn() -> None:
    queue = CallQueue()
    for event in (start(0), start(1), more(1)):
        list(queue.admit(event))
    assert list(queue.admit(end(0))) == [end(0), start(1), more(1)]
    assert list(queue.admit(more(1, "y"))) == [more(1, "y")]


def test_an_answer_that_breaks_off_tells_what_waited() -> None:
    assert [block for block, _ in order(start(0), start(1), more(1), more(0))] == [0, 0, 1, 1]


def test_what_belongs_to_no_call_waits_for_none() -> None:
    assert order(more(9)) == [(9, "Delta")]
    assert order(start(0), more(9), end(0)) == [(0, "Started"), (0, "Ended")]
