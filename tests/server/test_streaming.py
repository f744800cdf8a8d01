"""When the status leaves, what fills silence, and how batches become single writes."""

import asyncio
import time
from collections.abc import Callable, Sequence

from codex_proxy.canonical.events import Event, TextDelta
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Note
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import Step
from codex_proxy.server.asgi import Message
from codex_proxy.server.streaming import SAMPLED_EVERY, Pace, StreamResponder
from tests.waiting import until


class PlainStream:
    """Encodes text deltas as their text."""

    content_type = "text/event-stream; charset=utf-8"
    notes: tuple[Note, ...] = ()
    repairs = 0

    def encode(self, events: Sequence[Event], frame: Frame | None = None) -> bytes:
        return b"".join(event.text.encode() for event in events if isinstance(event, TextDelta))

    def finish(self) -> bytes:
        return b"END"

    def fail(self, failure: Failure) -> bytes:
        return b"FAILED " + failure.message.encode()

    def heartbeat(self) -> bytes:
        return b"PING"


def responder(
    sent: list[Message], pace: Pace | None = None, *, monotonic: Callable[[], float] = time.monotonic
) -> StreamResponder:
    async def send(message: Message) -> None:
        sent.append(message)

    return StreamResponder(
        stream=PlainStream(),
        send=send,
        headers=lambda: {"x-request-id": "req_1"},
        pace=pace or Pace(),
        monotonic=monotonic,
    )


def text(*words: str) -> list[Step]:
    return [Step(None, (TextDelta(block=0, text=word),)) for word in words]


async def test_one_batch_is_one_write_after_the_status() -> None:
    sent: list[Message] = []
    answer = responder(sent)
    await answer.deliver(text("a", "b", "c"))
    await answer.finish()
    assert sent[0]["type"] == "http.response.start"
    assert (b"x-request-id", b"req_1") in sent[0]["headers"]
    assert [message["body"] for message in sent[1:]] == [b"abc", b"END"]
    assert [message["more_body"] for message in sent[1:]] == [True, False]


async def test_steps_without_bytes_write_nothing() -> None:
    sent: list[Message] = []
    answer = responder(sent)
    await answer.deliver([Step(None, ())])
    assert not answer.status_sent
    assert sent == []


async def test_silence_before_content_sends_the_status_and_then_heartbeats() -> None:
    sent: list[Message] = []
    answer = responder(sent, Pace(first_byte_grace_seconds=0.02, heartbeat_seconds=0.03))
    pulse = asyncio.ensure_future(answer.keep_alive())
    await until(lambda: len(sent) > 3)
    pulse.cancel()
    assert sent[0]["type"] == "http.response.start"
    assert {message["body"] for message in sent[1:]} == {b"PING"}


async def test_a_talking_stream_needs_no_heartbeat() -> None:
    sent: list[Message] = []
    looks: list[float] = []
    now = 0.0

    def monotonic() -> float:
        looks.append(now)
        return now

    answer = responder(sent, Pace(first_byte_grace_seconds=0.0, heartbeat_seconds=0.001), monotonic=monotonic)
    await answer.deliver(text("x"))
    pulse = asyncio.ensure_future(answer.keep_alive())
    await until(lambda: len(looks) > 5)
    assert {message["body"] for message in sent[1:]} == {b"x"}
    now = 1.0
    await until(lambda: len(sent) > 2)
    pulse.cancel()
    assert sent[2]["body"] == b"PING"


async def test_a_failure_is_the_dialects_own_last_word() -> None:
    sent: list[Message] = []
    answer = responder(sent)
    await answer.deliver(text("a"))
    await answer.fail(Failure(kind=FailureKind.DISCONNECTED, message="broke"))
    assert sent[-1] == {"type": "http.response.body", "body": b"FAILED broke", "more_body": False}


async def test_of_a_stream_the_first_gap_and_some_of_the_others_are_seen() -> None:
    async def send(message: Message) -> None:
        pass

    gaps: list[float] = []
    times = iter(float(second * second) for second in range(30))
    answer = StreamResponder(
        stream=PlainStream(), send=send, headers=dict, pace=Pace(), monotonic=lambda: next(times), gap_seen=gaps.append
    )
    for _ in range(2 + 2 * SAMPLED_EVERY):
        await answer.deliver(text("a"))
    assert gaps == [3.0, 19.0, 35.0]
