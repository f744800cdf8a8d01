"""Recorded and made-up answers as events, held against the official SDK."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import Text, Thinking, ToolCall, ToolKind
from codex_proxy.canonical.failure import FailureKind
from codex_proxy.canonical.fold import fold
from codex_proxy.canonical.usage import Usage
from codex_proxy.framing.sse import DEFAULT_LIMIT_BYTES, Frame
from codex_proxy.protocols.base import CallContext, UpstreamError
from codex_proxy.protocols.ollama.decoder import Answer, OllamaDecoder
from tests.protocols.ollama.recordings import answers, chat_parts, client_of, generate_parts, load, require

STAMP = "2026-08-17T15:57:13.585297Z"


def line(content: str = "", **members: Any) -> bytes:
    head = {"model": "qwen3:4b", "created_at": STAMP}
    message = {"role": "assistant", "content": content} | members.pop("message", {})
    return json.dumps(head | {"message": message, "done": False} | members).encode() + b"\n"


def last(**members: Any) -> bytes:
    ended: dict[str, Any] = {"done": True, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 5}
    return line("", **ended | members)


def events_of(raw: bytes, context: CallContext | None = None) -> list[ev.Event]:
    decoder = OllamaDecoder(context or CallContext())
    return [event for step in [*decoder.feed(raw), *decoder.end()] for event in step.events]


def ending_of(raw: bytes) -> Any:
    (end,) = [event for event in events_of(raw) if isinstance(event, ev.ResponseEnded)]
    return end.ending


def test_thoughts_then_text_then_a_call() -> None:
    call = {"id": "call_1", "function": {"index": 0, "name": "add", "arguments": {"x": 2, "y": "ü"}}}
    raw = line(message={"thinking": "hm"}) + line("Hel") + line("lo") + line(message={"tool_calls": [call]}) + last()
    assert events_of(raw) == [
        ev.ResponseStarted(response_id="", model="qwen3:4b", created_at=1_786_982_233),
        ev.ThinkingStarted(block=0),
        ev.ThinkingDelta(block=0, text="hm"),
        ev.ThinkingEnded(block=0, summary=("hm",)),
        ev.TextStarted(block=1),
        ev.TextDelta(block=1, text="Hel"),
        ev.TextDelta(block=1, text="lo"),
        ev.TextEnded(block=1, text="Hello"),
        ev.ToolCallStarted(block=2, call_id="call_1", name="add"),
        ev.ToolCallDelta(block=2, text='{"x":2,"y":"ü"}'),
        ev.ToolCallEnded(block=2, arguments='{"x":2,"y":"ü"}'),
        ev.UsageReported(usage=Usage(input_tokens=7, output_tokens=5)),
        ev.ResponseEnded(ending=ev.Completed()),
    ]


def test_several_calls_in_a_line_and_calls_without_an_id() -> None:
    calls: list[Any] = [
        {"function": {"name": name, "arguments": told}} for name, told in (("a", {}), ("b", '{"c":1}'), ("c", None))
    ]
    told = [
        event
        for event in events_of(line(message={"tool_calls": calls}) + last())
        if isinstance(event, ev.ToolCallStarted)
    ]
    assert [call.call_id for call in told] == [f"call_20260817155713585297_{block}" for block in range(3)]
    blocks = [part.block for part in fold(events_of(line(message={"tool_calls": calls}) + last())).parts]
    assert [block.arguments for block in blocks if isinstance(block, ToolCall)] == ["{}", '{"c":1}', "{}"]


def test_free_text_tools_get_their_text_back() -> None:
    calls = [{"function": {"name": "patch", "arguments": told}} for told in ({"input": "*** End"}, {"other": 1})]
    context = CallContext(custom_tools=frozenset({"patch"}))
    told = fold(events_of(line(message={"tool_calls": calls}) + last(), context))
    blocks = [part.block for part in told.parts if isinstance(part.block, ToolCall)]
    assert [(block.kind, block.arguments) for block in blocks] == [
        (ToolKind.CUSTOM, "*** End"),
        (ToolKind.CUSTOM, '{"other":1}'),
    ]


@pytest.mark.parametrize(
    ("members", "ending"),
    [
        ({"done_reason": "length"}, ev.Incomplete(reason="max_output_tokens")),
        ({"done_reason": None}, ev.Completed()),
        ({"done_reason": "load"}, ev.Completed()),
    ],
)
def test_endings(members: dict[str, Any], ending: ev.Ending) -> None:
    assert ending_of(line("x") + last(**members)) == ending


@pytest.mark.parametrize(
    ("raw", "kind", "words"),
    [
        (b"", FailureKind.DISCONNECTED, "before the answer's end"),
        (line("half"), FailureKind.DISCONNECTED, "before the answer's end"),
        (line("half") + b'{"error":"server busy"}\n', FailureKind.OVERLOADED, "server busy"),
        (line("half") + b'{"error":{"message":"gone"}}\n', FailureKind.UPSTREAM_ERROR, "gone"),
        (line("half") + b"<html>\n" + last(), FailureKind.GARBLED, "not JSON"),
        (line("half") + b"\xff\n", FailureKind.GARBLED, "not JSON"),
    ],
)
def test_an_answer_that_did_not_end_has_failed(raw: bytes, kind: FailureKind, words: str) -> None:
    ending = ending_of(raw)
    assert isinstance(ending, ev.Failed)
    assert ending.failure.kind is kind
    assert words in ending.failure.message


@pytest.mark.parametrize(
    "odd",
    [
        b"[]", b"5", b'"x"', b"{}", b'{"message":5}', b'{"message":{"content":5,"tool_calls":[{}]}}',
        b'{"message":{"tool_calls":[{"function":{"name":5}}]}}', b'{"message":{"tool_calls":"x"}}', b'{"done":"yes"}',
    ],
)  # fmt: skip
def test_odd_lines_are_read_over(odd: bytes) -> None:
    told = fold(events_of(line("a") + odd + b"\n" + line("b") + last()))
    assert [part.block for part in told.parts] == [Text(text="ab")]
    assert told.ending == ev.Completed()


def test_nothing_follows_the_end() -> None:
    assert events_of(last() + line("late") + last()) == events_of(last())


def test_a_picture_is_an_item_of_its_own() -> None:
    raw = b'{"model":"flux","created_at":"","response":"","image":"aGk=","done":true}'
    (_, started, ended, _) = events_of(raw)
    assert isinstance(started, ev.HostedStarted)
    assert isinstance(ended, ev.HostedEnded)
    assert ended.item["result"] == "aGk="


def test_a_line_without_end_grows_only_so_far() -> None:
    decoder = OllamaDecoder(CallContext())
    with pytest.raises(UpstreamError) as caught:
        decoder.feed(b"x" * (DEFAULT_LIMIT_BYTES + 1))
    assert caught.value.failure.kind is FailureKind.GARBLED


def test_a_framed_transport_brings_lines() -> None:
    frame = Frame(None, last().strip())
    step = OllamaDecoder(CallContext()).feed_frame(frame)
    assert step.frame is frame
    assert isinstance(step.events[-1], ev.ResponseEnded)


def test_names_and_ids_are_the_clients_again() -> None:
    call = {"id": "short", "function": {"name": "short", "arguments": {}}}
    context = CallContext(model="m", tool_names={"short": "a.long.name"}, call_ids={"short": "a-long-id"})
    told = events_of(b'{"message":' + json.dumps({"tool_calls": [call]}).encode() + b',"done":true}', context)
    assert told[0] == ev.ResponseStarted(response_id="", model="m", created_at=0)
    assert told[1] == ev.ToolCallStarted(block=0, call_id="a-long-id", name="a.long.name")


@given(raw=st.binary(max_size=200), cut=st.integers(0, 200))
def test_any_bytes_in_any_pieces(raw: bytes, cut: int) -> None:
    decoder = OllamaDecoder(CallContext())
    steps = [*decoder.feed(raw[:cut]), *decoder.feed(raw[cut:]), *decoder.end()]
    assert [event for step in steps for event in step.events] == events_of(raw)
    assert isinstance(Answer(CallContext()).add(raw), tuple)


@pytest.mark.recordings
@pytest.mark.parametrize("path", answers(failed=False), ids=lambda path: path.stem[-60:])
def test_recorded_answers_say_what_the_sdk_reads(path: Path) -> None:
    require()
    recording = load(path)
    response = recording["response"]
    generates = recording["request"]["path"].endswith("/generate")
    raw = response["stream"][0].encode() if "stream" in response else json.dumps(response["body"]).encode()
    said = _generated(raw, response) if generates else _chatted(raw, response)
    told = fold(events_of(raw))
    blocks = [part.block for part in told.parts]
    calls = [(block.name, json.loads(block.arguments)) for block in blocks if isinstance(block, ToolCall)]
    thoughts = "".join(text for block in blocks if isinstance(block, Thinking) for text in block.summary)
    assert ("".join(block.text for block in blocks if isinstance(block, Text)), thoughts, calls) == said[:3]
    assert told.usage is not None
    assert (told.usage.input_tokens, told.usage.output_tokens) == said[3]
    assert told.ending == (ev.Incomplete(reason="max_output_tokens") if said[4] == "length" else ev.Completed())


def _chatted(raw: bytes, response: dict[str, Any]) -> tuple[Any, ...]:
    parts = list(chat_parts(raw)) if "stream" in response else [client_of(raw).chat(model="m", messages=[])]
    calls = [call.function for part in parts for call in part.message.tool_calls or []]
    return (
        "".join(part.message.content or "" for part in parts),
        "".join(part.message.thinking or "" for part in parts),
        [(call.name, dict(call.arguments)) for call in calls],
        (parts[-1].prompt_eval_count or 0, parts[-1].eval_count or 0),
        parts[-1].done_reason,
    )


def _generated(raw: bytes, response: dict[str, Any]) -> tuple[Any, ...]:
    parts = list(generate_parts(raw)) if "stream" in response else [client_of(raw).generate(model="m", prompt="x")]
    return (
        "".join(part.response or "" for part in parts),
        "".join(part.thinking or "" for part in parts),
        [],
        (parts[-1].prompt_eval_count or 0, parts[-1].eval_count or 0),
        parts[-1].done_reason,
    )
