import msgspec
import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.notes import Weight
from codex_proxy.canonical.rate_limits import RateLimitSnapshot
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import Frame, SseDecoder
from codex_proxy.protocols.anthropic.stream.decoder import AnthropicDecoder
from codex_proxy.protocols.anthropic.stream.encoder import AnthropicEncoder
from codex_proxy.protocols.base import CallContext, Step
from tests.protocols.anthropic.wire import (
    COMPLETED,
    IDS,
    STARTED,
    blocks,
    encoder,
    frame,
    opened,
    payloads,
    request,
    vendor_stream,
    written,
)

SAY: list[ev.Event] = [ev.TextStarted(block=0), ev.TextDelta(block=0, text="hi"), ev.TextEnded(block=0, text="hi")]
OVERLOADED = Failure(kind=FailureKind.OVERLOADED, message="busy")


def names(raw: bytes) -> list[str]:
    return [payload["type"] for payload in payloads(raw)]


def test_the_whole_ceremony() -> None:
    told = written([STARTED, *SAY, ev.UsageReported(usage=Usage(input_tokens=5, output_tokens=2)), COMPLETED])
    assert [payload["type"] for payload in told] == [
        "message_start",
        "ping",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    message = told[0]["message"]
    assert (message["id"], message["role"], message["model"]) == ("msg_abc", "assistant", "claude-x")
    assert (message["content"], message["stop_reason"]) == ([], None)
    assert told[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert (told[-2]["usage"]["input_tokens"], told[-2]["usage"]["output_tokens"]) == (5, 2)


def test_the_prompts_size_is_told_at_the_start() -> None:
    asked = request(messages=[{"role": "user", "content": "x" * 36}])
    sized = payloads(AnthropicEncoder(asked, IDS).encode([STARTED]))
    assert sized[0]["message"]["usage"]["input_tokens"] == 10
    ids = msgspec.structs.replace(IDS, input_tokens_estimate=7)
    handed = payloads(AnthropicEncoder(asked, ids).encode([STARTED]))
    assert handed[0]["message"]["usage"]["input_tokens"] == 7


def test_an_answer_without_counts_puts_nothing_out() -> None:
    assert written([STARTED, *SAY, COMPLETED])[-2]["usage"] == {"output_tokens": 0}


def test_parallel_calls_come_one_after_another() -> None:
    made = blocks(
        [
            ev.ThinkingStarted(block=0),
            ev.ThinkingDelta(block=0, text="T"),
            ev.ThinkingEnded(block=0, summary=("T",), signature="ENC"),
            ev.ToolCallStarted(block=1, call_id="a", name="ls"),
            ev.ToolCallStarted(block=2, call_id="b", name="cat"),
            ev.ToolCallDelta(block=1, text='{"p"'),
            ev.ToolCallDelta(block=2, text='{"f":"z"}'),
            ev.ToolCallDelta(block=1, text=':"."}'),
            ev.ToolCallEnded(block=2, arguments='{"f":"z"}'),
            ev.ToolCallEnded(block=1, arguments='{"p":"."}'),
        ]
    )
    assert [block["type"] for block in made] == ["thinking", "tool_use", "tool_use"]
    assert [(block["id"], block["pieces"]) for block in made[1:]] == [("a", '{"p":"."}'), ("b", '{"f":"z"}')]


def test_an_answer_that_calls_waits_for_tools() -> None:
    told = written(
        [
            STARTED,
            ev.ToolCallStarted(block=0, call_id="a", name="f"),
            ev.ToolCallEnded(block=0, arguments=""),
            COMPLETED,
        ]
    )
    assert told[-2]["delta"]["stop_reason"] == "tool_use"


def test_blocks_that_never_ended_are_closed_before_the_end() -> None:
    unfinished: list[ev.Event] = [
        ev.ToolCallStarted(block=0, call_id="a", name="f"),
        ev.ToolCallStarted(block=1, call_id="b", name="g"),
        ev.ToolCallDelta(block=1, text="{}"),
    ]
    told = written([STARTED, *unfinished, COMPLETED])
    assert [payload["type"] for payload in told].count("content_block_stop") == 2


@pytest.mark.parametrize(
    ("ending", "reason", "cut"),
    [
        (ev.Completed(stop_sequence="END"), "stop_sequence", "END"),
        (ev.Incomplete(reason="max_output_tokens"), "max_tokens", None),
        (ev.Incomplete(reason="content_filter"), "refusal", None),
    ],
)
def test_endings(ending: ev.Ending, reason: str, cut: str | None) -> None:
    told = written([STARTED, *SAY, ev.ResponseEnded(ending=ending, service_tier="priority")])
    assert told[-2]["delta"] == {"stop_reason": reason, "stop_sequence": cut}
    assert told[-2]["usage"]["service_tier"] == "priority"


def test_a_failure_in_mid_stream_is_an_event_of_its_own_name() -> None:
    stream = encoder()
    raw = stream.encode([STARTED, *SAY[:2]]) + stream.encode([ev.ResponseEnded(ending=ev.Failed(failure=OVERLOADED))])
    told = payloads(raw + stream.finish())
    assert told[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "busy"},
        "request_id": "req_1",
    }
    assert stream.repairs == 0
    assert stream.encode(SAY) == stream.fail(OVERLOADED) == stream.heartbeat() == b""


def test_a_prompt_too_long_in_mid_stream_is_told_so_that_clients_compact() -> None:
    failure = Failure(kind=FailureKind.CONTEXT_TOO_LONG, message="too much")
    stream = AnthropicEncoder(request(), IDS, window_of=lambda model: 100 if model == "claude-x" else None)
    (told,) = payloads(stream.fail(failure))
    assert told["error"]["message"] == "prompt is too long: 101 tokens > 100 maximum (too much)"


def test_a_stream_that_never_ended_is_an_error() -> None:
    stream = encoder()
    told = payloads(stream.encode([STARTED, *SAY]) + stream.finish())
    assert told[-1]["error"]["type"] == "api_error"
    assert names(encoder().finish()) == ["error"]


def test_silence_is_filled_with_pings() -> None:
    stream = encoder()
    assert names(stream.heartbeat()) == ["ping"]
    assert names(stream.encode([STARTED]) + stream.heartbeat()) == ["message_start", "ping", "ping"]
    stream.encode([COMPLETED])
    assert stream.heartbeat() == b""
    assert stream.repairs == 0


def test_facts_write_nothing() -> None:
    stream = encoder()
    assert stream.encode([ev.RateLimitsObserved(snapshot=RateLimitSnapshot())]) == b""
    opaque = ev.OpaqueEvent(dialect="openai_responses", name="response.brand_new", payload=b"{}")
    assert stream.encode([opaque]) == b""
    stream.encode([ev.ResponseEnded(ending=ev.Incomplete(reason="no_image"))])
    assert [(note.path, note.weight) for note in stream.notes] == [
        ("event response.brand_new", Weight.COSMETIC),
        ("stop_reason", Weight.LOSSY),
    ]


def test_a_picture_that_cannot_be_shown_is_a_loss() -> None:
    stream = encoder()
    item = {"type": "image_generation_call", "result": "aGk="}
    stream.encode([STARTED, ev.HostedEnded(block=0, kind="image_generation_call", item=item)])
    assert [(note.path, note.weight) for note in stream.notes] == [("item image_generation_call", Weight.LOSSY)]


def test_the_media_type() -> None:
    assert encoder().content_type == "text/event-stream; charset=utf-8"


# Frames of the family


def relayed(raw: bytes, stream: AnthropicEncoder | None = None) -> bytes:
    decoder = AnthropicDecoder(CallContext())
    stream = stream or encoder()
    steps = [*decoder.feed(raw), *decoder.end()]
    told = b"".join([stream.encode(step.events, step.frame) for step in steps]) + stream.finish()
    assert stream.repairs == 0
    return told


def test_frames_of_the_family_pass_as_they_came_but_for_the_model() -> None:
    raw = vendor_stream(
        frame("ping"),
        opened(
            0, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "signature_delta", "signature": "Eu"}
        ),
        opened(1, {"type": "hologram", "depth": 1}, {"type": "depth_delta", "depth": 2}),
    )
    first, rest = raw.split(b"\n\n", 1)
    told_first, told_rest = relayed(raw).split(b"\n\n", 1)
    assert told_rest == rest
    (before,), (after,) = payloads(first + b"\n\n"), payloads(told_first + b"\n\n")
    assert after["message"] == before["message"] | {"model": "claude-x"}


def test_blocks_that_interleave_are_put_in_order_and_nothing_is_lost() -> None:
    interleaved = [
        frame("content_block_start", index=0, content_block={"type": "tool_use", "id": "a", "name": "f", "input": {}}),
        frame("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": '{"x"'}),
        frame("content_block_start", index=1, content_block={"type": "tool_use", "id": "b", "name": "g", "input": {}}),
        frame("content_block_delta", index=1, delta={"type": "input_json_delta", "partial_json": "{}"}),
        frame("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": ":1}"}),
        frame("content_block_stop", index=1),
        frame("content_block_stop", index=0),
    ]
    told = payloads(relayed(vendor_stream(*interleaved, stop_reason="tool_use")))
    order = [(payload["type"], payload["index"]) for payload in told if "index" in payload]
    assert order == [
        ("content_block_start", 0),
        ("content_block_delta", 0),
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_delta", 1),
        ("content_block_stop", 1),
    ]
    assert told[-2]["delta"]["stop_reason"] == "tool_use"


def test_a_vendors_stream_that_breaks_off_is_an_error() -> None:
    broken = vendor_stream(opened(0, {"type": "text", "text": ""})).rpartition(b"event: message_delta")[0]
    assert names(relayed(broken))[-1] == "error"


def test_a_vendor_that_forgets_the_last_frame() -> None:
    raw = vendor_stream(opened(0, {"type": "text", "text": ""})).rpartition(b"event: message_stop")[0]
    assert names(relayed(raw))[-2:] == ["message_delta", "message_stop"]


def test_frames_of_another_family_are_told_in_our_words() -> None:
    stream = encoder()
    foreign = Frame("response.output_text.delta", b'{"type":"response.output_text.delta"}')
    stream.encode([STARTED, SAY[0]])
    raw = stream.encode([SAY[1]], foreign)
    assert payloads(raw)[-1]["delta"] == {"type": "text_delta", "text": "hi"}


def test_frames_that_are_damaged_are_not_passed_on() -> None:
    stream = encoder()
    for name in ("message_start", "content_block_start"):
        assert stream.encode([], Frame(name, b"{")) == b""


def test_steps_may_lose_their_frames_on_the_way() -> None:
    raw = vendor_stream(opened(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "a"}))
    steps = AnthropicDecoder(CallContext()).feed(raw)
    stream = encoder()
    bare = [Step(None if place > 1 else step.frame, step.events) for place, step in enumerate(steps)]
    told = payloads(b"".join([stream.encode(step.events, step.frame) for step in bare]))
    assert [payload["type"] for payload in told] == [frame.event for frame in SseDecoder().feed(raw)]
    assert stream.repairs == 0
