"""Events as lines: exact bytes, order and time."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from codex_proxy.canonical import events as ev
from codex_proxy.canonical.blocks import ToolKind
from codex_proxy.canonical.failure import Failure, FailureKind
from codex_proxy.canonical.usage import Usage
from codex_proxy.protocols.ollama.encoder import OllamaEncoder
from codex_proxy.protocols.ollama.schema import Endpoint
from codex_proxy.protocols.parts.errors.upstream_errors import BROKEN_OFF

START = ev.ResponseStarted(response_id="resp_1", model="upstream", created_at=1)
END = ev.ResponseEnded(ending=ev.Completed())
TEXT: list[ev.Event] = [
    ev.TextStarted(block=0),
    ev.TextDelta(block=0, text="Hel"),
    ev.TextDelta(block=0, text="lo"),
    ev.TextEnded(block=0, text="Hello"),
]
GENERATE = Endpoint.GENERATE


def encoder(endpoint: Endpoint = Endpoint.CHAT, *, thoughts: bool = True) -> OllamaEncoder:
    return OllamaEncoder(model="gpt-5.4", created_at=0, endpoint=endpoint, thoughts=thoughts)


def lines(events: Sequence[ev.Event], stream: OllamaEncoder | None = None) -> list[Any]:
    """The lines of a whole stream, JSON decoded."""
    stream = stream or encoder()
    wire = b"".join([stream.encode([event]) for event in events]) + stream.finish()
    assert stream.repairs == 0
    assert wire.endswith(b"\n")
    return [json.loads(line) for line in wire.decode().splitlines()]


def call(block: int, name: str, arguments: str, **more: Any) -> list[ev.Event]:
    return [
        ev.ToolCallStarted(block=block, call_id=f"c{block}", name=name, **more),
        ev.ToolCallDelta(block=block, text=arguments),
        ev.ToolCallEnded(block=block, arguments=arguments),
    ]


def test_a_text_answer_byte_for_byte() -> None:
    stream = encoder()
    usage = ev.UsageReported(usage=Usage(input_tokens=7, output_tokens=5))
    stream.tell_time(0.25)
    assert stream.encode([START, *TEXT[:2]]).decode() == (
        '{"model":"gpt-5.4","created_at":"1970-01-01T00:00:00.250000000Z",'
        '"message":{"role":"assistant","content":"Hel"},"done":false}\n'
    )
    stream.tell_time(1.5)
    assert stream.encode([*TEXT[3:], usage, END]).decode() == (
        '{"model":"gpt-5.4","created_at":"1970-01-01T00:00:01.500000000Z",'
        '"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":1500000000,'
        '"load_duration":0,"prompt_eval_count":7,"prompt_eval_duration":250000000,"eval_count":5,'
        '"eval_duration":1250000000}\n'
    )
    assert stream.finish() == b""
    assert stream.heartbeat() == b""
    assert stream.encode(TEXT) == b""
    assert stream.fail(Failure(kind=FailureKind.INTERNAL, message="late")) == b""
    assert stream.content_type == "application/x-ndjson"


def test_the_last_line_repeats_nothing() -> None:
    told = lines([START, *TEXT, *call(1, "ls", "{}"), END])
    assert "".join(line["message"]["content"] for line in told) == "Hello"
    assert told[-1]["message"] == {"role": "assistant", "content": ""}
    assert (told[-1]["done"], told[-1]["done_reason"]) == (True, "stop")


def test_calls_come_before_the_last_line_with_arguments_as_objects() -> None:
    """Interleaved upstream, told one after another in the order of their announcement."""
    first, second = call(0, "ls", '{"p": 1}'), call(1, "cat", "{}")
    told = lines([START, first[0], second[0], first[1], second[1], second[2], first[2], END])
    assert [line["message"]["tool_calls"] for line in told[:-1]] == [
        [{"id": "c0", "function": {"index": 0, "name": "ls", "arguments": {"p": 1}}}],
        [{"id": "c1", "function": {"index": 1, "name": "cat", "arguments": {}}}],
    ]
    assert told[-1]["done_reason"] == "stop"


def test_odd_arguments_are_told_as_an_object_and_noted() -> None:
    stream = encoder()
    told = lines([START, *call(0, "ls", "[1"), *call(1, "patch", "*** End", kind=ToolKind.CUSTOM), END], stream)
    arguments = [line["message"]["tool_calls"][0]["function"]["arguments"] for line in told[:-1]]
    assert arguments == [{"_raw": "[1"}, {"input": "*** End"}]
    assert [(note.path, note.weight.value) for note in stream.notes] == [("tool call 0 arguments", "lossy")]


def test_a_call_that_never_ended_is_told_with_what_came_of_it() -> None:
    told = lines([START, *call(0, "ls", '{"a":1}')[:2], END])
    assert told[0]["message"]["tool_calls"][0]["function"]["arguments"] == {"a": 1}
    failed = lines([START, *call(0, "ls", "{}")[:2]])
    assert list(failed[0]) == ["error"]


def test_thoughts_stand_beside_an_empty_content() -> None:
    thoughts: list[ev.Event] = [
        ev.ThinkingStarted(block=0),
        ev.ThinkingDelta(block=0, text="why"),
        ev.ThinkingDelta(block=0, text="how", part=1),
        ev.ThinkingDelta(block=0, text="raw", raw=True),
        ev.ThinkingEnded(block=0, summary=("why", "how")),
    ]
    told = lines([START, *thoughts, END])
    assert [line["message"] for line in told[:-1]] == [
        {"role": "assistant", "content": "", "thinking": "why"},
        {"role": "assistant", "content": "", "thinking": "\n\nhow"},
    ]
    assert len(lines([START, *thoughts, END], encoder(thoughts=False))) == 1


def test_a_prompt_is_answered_beside_the_response() -> None:
    stream = encoder(GENERATE)
    thought = ev.ThinkingDelta(block=1, text="hm")
    picture = {"type": "image_generation_call", "result": "aGk="}
    hosted = ev.HostedEnded(block=3, kind="image_generation_call", item=picture)
    told = lines([START, thought, *TEXT, hosted, *call(2, "ls", "{}"), END], stream)
    assert told[0] == told[0] | {"response": "", "thinking": "hm", "done": False}
    assert [line["response"] for line in told] == ["", "Hel", "lo", "", ""]
    assert told[3]["image"] == "aGk="
    assert told[-1]["context"] == []
    assert not any("message" in line for line in told)
    assert [(note.path, note.weight.value) for note in stream.notes] == [("tool calls", "lossy")]


@pytest.mark.parametrize("endpoint", Endpoint)
def test_a_heartbeat_is_a_line_without_content(endpoint: Endpoint) -> None:
    beat = json.loads(encoder(endpoint).heartbeat())
    content = beat.pop("response") if endpoint is GENERATE else beat.pop("message")["content"]
    assert (content, beat["done"], beat["model"]) == ("", False, "gpt-5.4")


def test_an_error_is_a_line_of_its_own() -> None:
    failure = Failure(kind=FailureKind.OVERLOADED, message='{"error":{"message":"busy"}}')
    told = lines([START, *TEXT, ev.ResponseEnded(ending=ev.Failed(failure=failure))])
    assert told[-1] == {"error": "busy"}
    assert lines([])[-1] == {"error": BROKEN_OFF.message}
    assert lines([START, *TEXT])[-1] == {"error": BROKEN_OFF.message}


def test_a_cut_answer_says_so_where_there_is_a_word() -> None:
    stream = encoder()
    told = lines([START, *TEXT, ev.ResponseEnded(ending=ev.Incomplete(reason="content_filter"))], stream)
    assert told[-1]["done_reason"] == "stop"
    assert [(note.path, note.weight.value) for note in stream.notes] == [("done_reason", "lossy")]
    told = lines([START, ev.ResponseEnded(ending=ev.Incomplete(reason="max_output_tokens"))])
    assert told[-1]["done_reason"] == "length"


def test_what_has_no_form_is_noted() -> None:
    stream = encoder()
    picture = ev.HostedEnded(block=0, kind="image_generation_call", item={"result": "aGk="})
    search = ev.HostedEnded(block=1, kind="web_search_call", item={})
    opaque = ev.OpaqueEvent(dialect="openai_responses", name="x.y", payload=b"{}")
    lines([START, picture, search, opaque, *call(2, "f", "{}", namespace="n"), END], stream)
    assert {note.path: note.weight.value for note in stream.notes} == {
        "item image_generation_call": "lossy",
        "item web_search_call": "cosmetic",
        "event x.y": "cosmetic",
        "tool call namespace": "cosmetic",
    }


def test_time_never_goes_back() -> None:
    stream = encoder()
    stream.tell_time(2)
    stream.tell_time(1)
    assert json.loads(stream.heartbeat())["created_at"] == "1970-01-01T00:00:02.000000000Z"
