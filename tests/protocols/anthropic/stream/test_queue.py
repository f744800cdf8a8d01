from collections.abc import Sequence

from codex_proxy.canonical import events as ev
from codex_proxy.protocols.anthropic.stream.queue import BlockEvent, BlockQueue


def call(block: int) -> ev.ToolCallStarted:
    return ev.ToolCallStarted(block=block, call_id=f"c{block}", name="f")


def piece(block: int, text: str = "x") -> ev.ToolCallDelta:
    return ev.ToolCallDelta(block=block, text=text)


def end(block: int) -> ev.ToolCallEnded:
    return ev.ToolCallEnded(block=block, arguments="")


def ordered(events: Sequence[BlockEvent], queue: BlockQueue | None = None) -> list[BlockEvent]:
    queue = queue or BlockQueue()
    return [told for event in events for told in queue.admit(event)]


def test_blocks_in_order_pass_at_once() -> None:
    events: list[BlockEvent] = [call(0), piece(0), end(0), call(1), end(1)]
    assert ordered(events) == events


def test_interleaved_blocks_wait_for_each_other() -> None:
    told = ordered([call(0), call(1), piece(1), piece(0), call(2), end(1), piece(2), end(0), piece(2), end(2)])
    assert told == [call(0), piece(0), end(0), call(1), piece(1), end(1), call(2), piece(2), piece(2), end(2)]


def test_the_next_block_speaks_on_when_its_turn_comes() -> None:
    queue = BlockQueue()
    ordered([call(0), call(1)], queue)
    assert ordered([end(0)], queue) == [end(0), call(1)]
    assert queue.speaking == 1
    assert ordered([piece(1)], queue) == [piece(1)]


def test_what_never_started_or_started_twice_is_dropped() -> None:
    assert ordered([piece(0), end(0), call(0), call(0), piece(0), end(0), end(0), call(0)]) == [
        call(0),
        piece(0),
        end(0),
    ]


def test_a_running_hosted_tool_holds_nobody_up() -> None:
    item = {"type": "web_search_call"}
    started = ev.HostedStarted(block=0, kind="web_search_call", item=item)
    ended = ev.HostedEnded(block=0, kind="web_search_call", item=item)
    text: list[BlockEvent] = [ev.TextStarted(block=1), ev.TextDelta(block=1, text="x")]
    assert ordered([started, *text]) == text
    assert ordered([started, *text, ended, ended, ev.TextEnded(block=1, text="x")]) == [
        *text,
        ev.TextEnded(block=1, text="x"),
        ended,
    ]
    assert ordered([started, ev.ImagePartial(block=0, data="", index=0), ended]) == [ended]


def test_what_still_waits_at_the_end_comes_block_by_block() -> None:
    queue = BlockQueue()
    ordered([call(0), call(1), call(2), piece(2), piece(1)], queue)
    assert list(queue.rest()) == [call(1), piece(1), call(2), piece(2)]
    assert list(queue.rest()) == []
