"""Answers that are handed on as they came."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.gateway.attempts.delivery import Delivery
from codex_proxy.gateway.attempts.orphans import Orphanage
from codex_proxy.gateway.attempts.passing import FrameBorders, comes_whole
from codex_proxy.gateway.attempts.plan import AttemptPlan
from codex_proxy.gateway.attempts.runner import AttemptRunner
from codex_proxy.gateway.leases import MemoryLeaseBook
from codex_proxy.gateway.ports import Accepted, Route
from codex_proxy.protocols.base import CallContext, UpstreamCall
from codex_proxy.protocols.openai_chat.client import ChatClient
from codex_proxy.transports.scripted import BodyStep, Break, Piece, ScriptedReply, ScriptedTransport
from tests.gateway.scene import Client


def chunk(delta: dict[str, object], finish: str | None = None, **members: object) -> bytes:
    told = {"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **members}
    return b"data: " + json.dumps(told).encode() + b"\n\n"


ROLE, WORD, END = chunk({"role": "assistant"}), chunk({"content": "hi"}), chunk({}, "stop")
USAGE = b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}}\n\n'
DONE = b"data: [DONE]\n\n"
STREAM = b": OPENROUTER PROCESSING\n\n" + ROLE + WORD + END + DONE


async def passed(
    body: Sequence[BodyStep],
    *,
    is_whole: bool = False,
    content_type: str = "text/event-stream",
    hides_usage: bool = False,
) -> tuple[Failure | None, Client]:
    transport, client = ScriptedTransport(), Client()
    transport.add(ScriptedReply(headers={"content-type": content_type}, body=tuple(body)))
    lease = MemoryLeaseBook().try_acquire("a", None)
    assert lease is not None
    call = UpstreamCall(
        method="POST",
        path="/chat/completions",
        headers=(),
        context=CallContext(model="m", relays=False),
        left_out=(lambda data: b'"usage"' in data) if hides_usage else None,
    )
    plan = AttemptPlan(
        call=call,
        codec=ChatClient(),
        route=Route(base_url="http://vendor.invalid", account_id="a"),
        lease=lease,
        deliver=client.deliver,
        observe_limits=lambda _: None,
        passes=True,
        is_whole=is_whole,
    )
    runner = AttemptRunner(transport=transport, orphans=Orphanage())
    failure, _ = await runner.run(
        plan,
        lambda facts: Delivery(
            accept=client.accepted,
            accepted=Accepted(model="m", account_row_id="a"),
            at_end=is_whole,
            commit=lambda: None,
            observe_limits=lambda _: None,
        ),
    )
    return failure, client


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_stream_is_passed_byte_by_byte_whatever_its_pieces(size: int) -> None:
    pieces = [Piece(STREAM[start : start + size]) for start in range(0, len(STREAM), size)]
    failure, client = await passed(pieces)
    assert (failure, client.passed, client.text) == (None, STREAM, "hi")


async def test_its_events_are_known_all_the_same() -> None:
    _, client = await passed([Piece(ROLE + WORD + END + USAGE), Piece(DONE)])
    usage = [event.usage for event in client.events if isinstance(event, ev.UsageReported)]
    assert (client.ending, usage[0].output_tokens) == (ev.Completed(), 2)


async def test_counts_that_the_client_did_not_ask_for_stay_here() -> None:
    _, client = await passed([Piece(ROLE + WORD + END + USAGE), Piece(DONE)], hides_usage=True)
    assert client.passed == ROLE + WORD + END + DONE


async def test_before_content_a_failure_hands_nothing_over() -> None:
    broken = Failure(kind=FailureKind.DISCONNECTED, message="m")
    failure, client = await passed([Piece(ROLE), Break(broken)])
    assert (failure, client.passed, client.events) == (broken, b"", [])


async def test_what_breaks_off_after_content_ends_in_our_words_at_the_border_of_a_frame() -> None:
    failure, client = await passed([Piece(ROLE + WORD + b'data: {"choices":[{"del')])
    assert failure is not None
    assert client.passed == ROLE + WORD
    assert isinstance(client.ending, ev.Failed)


async def test_an_error_that_the_vendor_tells_is_passed_on_as_it_is() -> None:
    told = b'data: {"error":{"message":"overloaded","code":503}}\n\n'
    failure, client = await passed([Piece(ROLE + WORD), Piece(told)])
    assert failure is not None
    assert client.passed == ROLE + WORD + told


async def test_garbage_is_not_passed_on() -> None:
    failure, client = await passed([Piece(ROLE + WORD), Piece(b"data: {garbage\n\n")])
    assert failure is not None
    assert failure.kind is FailureKind.GARBLED
    assert client.passed == ROLE + WORD


async def test_a_whole_answer_is_passed_as_one() -> None:
    body = b'{"id":"c",  "choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}'
    failure, client = await passed([Piece(body[:20]), Piece(body[20:])], is_whole=True, content_type="application/json")
    assert (failure, client.passed) == (None, body)


async def test_one_body_in_place_of_a_stream_is_told_in_events() -> None:
    body = b'{"id":"c","choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]}'
    failure, client = await passed([Piece(body)], content_type="application/json")
    assert (failure, client.passed, client.text) == (None, b"", "hi")


def test_one_body_comes_where_it_is_expected_and_where_it_is_announced() -> None:
    json_type, stream = {"content-type": "application/json; charset=utf-8"}, {"content-type": "text/event-stream"}
    assert [comes_whole(None, json_type), comes_whole(True, {}), comes_whole(True, stream)] == [False, True, False]
    assert [comes_whole(False, json_type), comes_whole(False, {}), comes_whole(False, stream)] == [True, False, False]


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"data: x"]), max_size=30), st.integers(1, 5))
def test_whatever_the_pieces_nothing_is_lost_and_only_whole_frames_come_out(lines: list[bytes], size: int) -> None:
    stream = b"".join(lines)
    borders, told = FrameBorders(), []
    for start in range(0, len(stream), size):
        told.append(borders.feed(stream[start : start + size]))
        assert told[-1].endswith((b"\n\n", b"\r\n\r\n")) or not told[-1]
    assert b"".join(told) + borders.end() == stream
