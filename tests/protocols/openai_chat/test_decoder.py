"""Vendors' streams: what we read is what the official SDK reads, however the bytes are cut."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai import APIError
from openai.types.chat import ChatCompletion

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text, Thinking, ToolCall
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import Response, fold
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import Frame
from codex_proxy.protocols.base import CallContext
from codex_proxy.protocols.openai_chat.decoder import Answer, ChatDecoder
from tests.protocols.openai_chat.recordings import CORPUS, load, recordings, require, sdk

CONTEXT = CallContext(model="asked")
# Two answers, one after the other, in one file: the accumulator glues the arguments of both calls to "{}{}".
TWO_ANSWERS = "ai--cerebras-cererebras-structured-output-tools-1-chunks--0"


def decode(wire: bytes, *, step: int = 997, think_tags: bool = False) -> list[ev.Event]:
    decoder = ChatDecoder(CONTEXT, think_tags=think_tags)
    steps = [made for start in range(0, len(wire), step) for made in decoder.feed(wire[start : start + step])]
    return [event for made in [*steps, *decoder.end()] for event in made.events]


def sse(*chunks: object, done: bool = True) -> bytes:
    frames = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return ("".join(frames) + ("data: [DONE]\n\n" if done else "")).encode()


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **members: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return {"id": "cmpl-1", "created": 7, "model": "vendor-model", "choices": [choice], **members}


def ending_of(events: list[ev.Event]) -> ev.Ending:
    assert isinstance(events[-1], ev.ResponseEnded)
    return events[-1].ending


def failure_of(events: list[ev.Event]) -> tuple[FailureKind, str]:
    ending = ending_of(events)
    assert isinstance(ending, ev.Failed)
    return ending.failure.kind, ending.failure.message


def ours(recording: dict[str, Any]) -> Response:
    response = recording["response"]
    if "stream" in response:
        return fold(decode(response["stream"][0].encode()))
    return fold(Answer(CONTEXT, think_tags=False).whole(json.dumps(response["body"]).encode()))


@pytest.mark.recordings
def test_the_corpus_is_there() -> None:
    require(CORPUS)
    assert len(recordings(failed=False)) >= 80


def text_of(response: Response) -> str:
    return "".join(part.block.text for part in response.parts if isinstance(part.block, Text))


def calls_of(response: Response) -> list[tuple[str, str, str]]:
    blocks = [part.block for part in response.parts]
    return [(block.call_id, block.name, block.arguments) for block in blocks if isinstance(block, ToolCall)]


def sdk_calls(message: Any) -> list[tuple[str, str, str]]:
    calls = []
    for call in message.tool_calls or []:
        if call.type == "custom":
            calls.append((call.id, call.custom.name, call.custom.input))
        else:
            calls.append((call.id, call.function.name, call.function.arguments or "{}"))
    return calls


def sdk_thoughts(message: Any) -> str:
    extra = message.model_extra or {}
    details = "".join(
        detail.get("text") or detail.get("summary") or "" for detail in extra.get("reasoning_details") or []
    )
    return extra.get("reasoning_content") or extra.get("reasoning") or details


@pytest.mark.recordings
@pytest.mark.parametrize("path", recordings(failed=False), ids=lambda path: path.stem)
def test_a_recorded_answer_says_what_the_sdk_says(path: Path) -> None:
    recording = load(path)
    response = ours(recording)
    if isinstance(response.ending, ev.Failed):
        with pytest.raises(APIError) as raised:
            sdk(recording)
        assert response.ending.failure.message == raised.value.message
        return
    expected = sdk(recording)
    choice = expected.choices[0]
    audio = choice.message.audio
    assert text_of(response) == (choice.message.content or (audio.transcript if audio else ""))
    if path.stem == TWO_ANSWERS:
        assert [(name, arguments) for _, name, arguments in calls_of(response)] == [("nonUsefulTool", "{}")] * 2
    elif choice.message.function_call is not None and choice.message.function_call.name:
        function = choice.message.function_call
        assert [call[1:] for call in calls_of(response)] == [(function.name, function.arguments)]
    else:
        assert calls_of(response) == sdk_calls(choice.message)
    thoughts = "".join("".join(part.block.summary) for part in response.parts if isinstance(part.block, Thinking))
    assert thoughts == sdk_thoughts(choice.message)
    check_end(response, choice.finish_reason)
    check_usage(response, expected)


def check_end(response: Response, word: str | None) -> None:
    if word in {"length", "content_filter"}:
        assert isinstance(response.ending, ev.Incomplete)
    else:
        assert isinstance(response.ending, ev.Completed)


def check_usage(response: Response, expected: ChatCompletion) -> None:
    told = expected.usage
    if told is None:
        assert response.usage is None
        return
    assert response.usage is not None
    assert response.usage.input_tokens == told.prompt_tokens
    details = told.completion_tokens_details
    reasoning = (details.reasoning_tokens if details else None) or 0
    apart = reasoning and told.total_tokens == told.prompt_tokens + told.completion_tokens + reasoning  # xAI
    assert response.usage.output_tokens == told.completion_tokens + (reasoning if apart else 0)
    if details is not None:
        assert response.usage.reasoning_tokens == reasoning
    if told.prompt_tokens_details is not None and told.prompt_tokens_details.cached_tokens:
        assert response.usage.cached_tokens == told.prompt_tokens_details.cached_tokens


@pytest.mark.recordings
@pytest.mark.parametrize("path", recordings(failed=False)[::7], ids=lambda path: path.stem)
def test_every_cut_of_a_recording_gives_the_same_events(path: Path) -> None:
    response = load(path)["response"]
    if "stream" not in response:
        return
    wire = response["stream"][0].encode()[:6000]
    assert decode(wire, step=1) == decode(wire, step=len(wire))


def test_an_answer_begins_with_the_vendors_model_and_ends_with_usage() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    last = {"id": "cmpl-1", "choices": [], "usage": usage, "service_tier": "priority"}
    assert decode(sse(chunk({"content": "hi"}), chunk({}, "stop"), last)) == [
        ev.ResponseStarted(response_id="cmpl-1", model="vendor-model", created_at=7),
        ev.TextStarted(block=0),
        ev.TextDelta(block=0, text="hi"),
        ev.TextEnded(block=0, text="hi"),
        ev.UsageReported(usage=Usage(input_tokens=3, output_tokens=2)),
        ev.ResponseEnded(ending=ev.Completed(), service_tier="priority"),
    ]


def test_a_finish_reason_without_done_is_an_end() -> None:
    assert ending_of(decode(sse(chunk({"content": "hi"}, "stop"), done=False))) == ev.Completed()


def test_done_without_a_finish_reason_is_an_end() -> None:
    assert ending_of(decode(sse(chunk({"content": "hi"})))) == ev.Completed()


def test_neither_is_a_broken_stream() -> None:
    kind, _ = failure_of(decode(sse(chunk({"content": "hi"}), done=False)))
    assert kind is FailureKind.DISCONNECTED
    assert failure_of(decode(b""))[0] is FailureKind.DISCONNECTED


@pytest.mark.parametrize(
    ("word", "ending"),
    [
        ("stop", ev.Completed()),
        ("eos", ev.Completed()),
        ("tool_calls", ev.Completed()),
        ("length", ev.Incomplete(reason="max_output_tokens")),
        ("model_length", ev.Incomplete(reason="max_output_tokens")),
        ("SAFETY", ev.Incomplete(reason="content_filter")),
        ("content_filter", ev.Incomplete(reason="content_filter")),
    ],
)
def test_the_vendors_finish_words(word: str, ending: ev.Ending) -> None:
    assert ending_of(decode(sse(chunk({"content": "x"}, word)))) == ending


def test_a_vendor_out_of_resources_has_failed() -> None:
    assert failure_of(decode(sse(chunk({}, "insufficient_system_resource"))))[0] is FailureKind.OVERLOADED


@pytest.mark.parametrize(
    "wire",
    [
        sse(chunk({"content": "a"}), {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}),
        b'event: error\ndata: {"error":{"message":"slow down","code":"rate_limit_exceeded"}}\n\n',
        b'event: error\ndata: {"message":"slow down","code":"rate_limit_exceeded"}\n\n',
        b'{"error":{"message":"slow down","code":"rate_limit_exceeded"}}',
        sse({"choices": [{"index": 0, "error": {"message": "slow down", "code": 429}, "finish_reason": "error"}]}),
    ],
)
def test_an_error_inside_a_200_answer_is_a_failure(wire: bytes) -> None:
    assert failure_of(decode(wire)) == (FailureKind.RATE_LIMITED, "slow down")


def test_nothing_follows_the_end() -> None:
    events = decode(sse({"error": {"message": "no"}}, chunk({"content": "late"}, "stop")))
    assert [type(event) for event in events] == [ev.ResponseStarted, ev.ResponseEnded]


def test_a_whole_completion_is_read_where_a_stream_was_asked_for() -> None:
    message = {"role": "assistant", "content": "hi"}
    body = json.dumps({"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
    assert fold(decode(body, step=5)).parts[0].block == Text(text="hi")


def test_a_frame_that_is_not_json_ends_the_answer_as_garbled() -> None:
    assert failure_of(decode(b"data: {nope\n\n"))[0] is FailureKind.GARBLED


@pytest.mark.parametrize("odd", ["null", "[]", "7", '{"choices":5}', '{"choices":[{"delta":{"content":{}}}]}'])
def test_json_of_another_shape_is_read_over(odd: str) -> None:
    events = decode(f"data: {odd}\n\n".encode() + sse(chunk({"content": "hi"}, "stop")))
    assert fold(events).parts[0].block == Text(text="hi")


def test_a_surrogate_pair_split_over_two_chunks_costs_one_character_not_the_answer() -> None:
    halves = rb'data: {"choices":[{"delta":{"content":"a\ud83d"}}]}' + b"\n\n"
    assert text_of(fold(decode(halves + sse(chunk({"content": "b"}, "stop"))))) == "a\N{REPLACEMENT CHARACTER}b"


def test_only_the_first_choice_is_read() -> None:
    second = {"choices": [{"index": 1, "delta": {"content": "other"}}]}
    assert text_of(fold(decode(sse(chunk({"content": "one"}), second, chunk({}, "stop"))))) == "one"


def test_a_framed_transport_gives_the_same_steps() -> None:
    decoder = ChatDecoder(CONTEXT)
    frame = Frame(None, json.dumps(chunk({"content": "hi"})).encode())
    step = decoder.feed_frame(frame)
    assert step.frame is frame
    assert step.events[-1] == ev.TextDelta(block=0, text="hi")


@given(st.binary(max_size=300), st.integers(1, 40))
def test_arbitrary_bytes_end_in_one_declared_way(wire: bytes, step: int) -> None:
    ends = [event for event in decode(wire, step=step) if isinstance(event, ev.ResponseEnded)]
    assert len(ends) == 1


MEMBERS = (
    *(
        "choices",
        "delta",
        "message",
        "index",
        "content",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "refusal",
        "tool_calls",
        "id",
    ),
    *("function", "custom", "name", "arguments", "input", "function_call", "annotations", "url_citation", "url"),
    *("text", "thinking", "usage", "prompt_tokens", "total_tokens", "completion_tokens_details", "error", "code"),
    *("finish_reason", "images", "image_url", "x_groq"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(MEMBERS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.lists(JSON, max_size=4))
def test_arbitrary_json_folds(chunks: list[Any]) -> None:
    events = decode(sse(*chunks), think_tags=True)
    fold(events)
    assert isinstance(events[-1], ev.ResponseEnded)
